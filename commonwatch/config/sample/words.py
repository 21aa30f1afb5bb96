"""Sentences of the sample. Every one says that it is a sample; none names a place, a person or a real event."""

from typing import Final

CHANGED: Final = (
    "SAMPLE: Heavy rain closed two mountain roads for some hours; both are open again.",
    "SAMPLE: Traffic at the crossings was slower than usual; no queue was left by the evening.",
    "SAMPLE: A grass fire was put out before it reached houses.",
    "SAMPLE: A network of a state body was slow for an hour; the cause is being looked into.",
    "SAMPLE: Strong wind cut the power in three villages; it was back within five hours.",
    "SAMPLE: Seasonal illness rises as every year; beds are enough.",
    "SAMPLE: A river rose by forty centimetres and falls again.",
)
OUTLOOK: Final = (
    "SAMPLE: No change is expected.",
    "SAMPLE: Rain goes on until tomorrow evening.",
    "SAMPLE: Traffic will be heavier at the end of the week.",
)
MEASURES: Final = (
    "SAMPLE: Checks at the crossings go on as before.",
    "SAMPLE: Hospitals keep beds free.",
    "SAMPLE: The duty services were told.",
)
MOVEMENTS: Final = (
    "SAMPLE: Seasonal workers return home; no large group was seen.",
    "SAMPLE: More travellers than usual because of school holidays.",
)
BORDER: Final = (
    "SAMPLE: Quiet. Border representatives met as planned.",
    "SAMPLE: Goods without papers were found and kept; nobody was hurt.",
    "SAMPLE: Herders strayed and were led back; both sides agreed.",
)
DIGEST: Final = (
    "SAMPLE: Open sources report few events; nothing happened near the border of a member.",
    "SAMPLE: Open sources disagree on the number of events; the lower figure is given.",
)
FACTS: Final = (
    "SAMPLE: One exercise was announced and ended as announced.",
    "SAMPLE: Flights were fewer than in the week before.",
)
CLAIMS: Final = (
    "SAMPLE: An old picture was passed round as new; it was corrected the same day.",
    "SAMPLE: A false notice about fuel spread for two days and stopped.",
)
EMERGENCY: Final = (
    "SAMPLE: Water stands in low streets; pumps work day and night.",
    "SAMPLE: The water falls; families return to their houses.",
    "SAMPLE: Repair of the road goes on; two bridges are checked.",
)
INCIDENT: Final = (
    "SAMPLE: Letters with a false form were sent to a state body; nobody filled it in.",
    "SAMPLE: A web page answered slowly under many requests; a filter helped.",
    "SAMPLE: An old program with a known gap was found and replaced.",
)
ADVICE: Final = (
    "SAMPLE: Close the port named in the indicators and look through the logs of the last week.",
    "SAMPLE: Bring the mail server up to its present version.",
)
SIGN: Final = (
    "SAMPLE: A dam's gauge shows more than the mark allows; engineers are on their way.",
    "SAMPLE: A store of fertiliser burns; the wind carries the smoke away from houses.",
)
ILLNESS: Final = "SAMPLE: Contacts are watched; samples were sent to the laboratory."
QUESTIONS: Final = (
    "SAMPLE: Please say whether the figures of last week include the capital.",
    "SAMPLE: Please say which hours the post is manned on the holiday.",
    "SAMPLE: Please say whether the road named in your return is open to lorries.",
)
ANSWERS: Final = (
    "SAMPLE: They do; the capital is about a third of the total.",
    "SAMPLE: Round the clock, as on every day.",
    "SAMPLE: It is open in both directions.",
)
REPLIES: Final = (
    "SAMPLE: It is as reported; there is nothing to add.",
    "SAMPLE: The district was asked; what it says will follow as a supplement.",
    "SAMPLE: Yes. The figure was looked at again and stays.",
)
HANDOVER: Final = (
    "SAMPLE: Nothing is open but what the board shows.",
    "SAMPLE: One return is awaited by telephone; the post was called twice.",
)
SUMMARY: Final = (
    "SAMPLE: The situation in the area of responsibility is without marked change. Roads and crossings work.",
    "SAMPLE: Floods go down in three states. Elsewhere there is no marked change.",
)
REASONS: Final = (
    "SAMPLE: One event was counted twice.",
    "SAMPLE: A district reported after the return was sent.",
    "SAMPLE: A figure was taken from the wrong column.",
)
TAKEN_BACK: Final = "SAMPLE: Sent with the figures of the day before."
WAIVED: Final = "SAMPLE: The post moves to another building until the end of next month."
EPIDEMIC: Final = "SAMPLE: Daily figures are asked for during the season."
FLOOD: Final = "SAMPLE: Floods in three states; daily reports until the water is down."
