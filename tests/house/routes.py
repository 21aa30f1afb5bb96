"""Every address of the house, and who may open it. A new one is entered here before the tests let it pass.

EVERYBODY: also who has not signed in. OFFICES: who sits in an office, each seeing what its journals give it.
STEP: a step of signing in or of proving oneself, which leads on whoever is not at it.
READERS, ADMINISTRATORS: who may read the logs of its party, or administers its people; other offices are refused.
NOBODY: answers 404 to all. `asks` says how: by GET, or by POST alone (then a GET is answered 405).
`gives`: what reports say, and so a line is left in the log of reading.
"""

from typing import NamedTuple

EVERYBODY, OFFICES, STEP, NOBODY = "everybody", "offices", "step", "nobody"
READERS, ADMINISTRATORS = "readers of the logs", "administrators of people"


class Route(NamedTuple):
    who: str
    asks: str = "GET"
    gives: bool = False


PAGE = Route(OFFICES)
GIVES = Route(OFFICES, gives=True)
ACT = Route(OFFICES, "POST")
OPEN = Route(EVERYBODY)

ROUTES = {
    "health": OPEN,
    "api:api-root": Route(NOBODY),
    "api:openapi-json": OPEN,
    "api:submit": ACT,
    "api:submit_batch": ACT,
    "api:list_reports": GIVES,
    "api:one": GIVES,
    "api:versions": GIVES,
    "api:list_releases": GIVES,
    "api:one_release": GIVES,
    "api:correct": ACT,
    "api:withdraw": ACT,
    "api:due": PAGE,
    "api:types": PAGE,
    "api:one_type": PAGE,
    "ui:sign-in": OPEN,
    "ui:demo": Route(EVERYBODY, "POST"),
    "ui:sign-out": Route(EVERYBODY, "POST"),
    "ui:no-office": Route(STEP),
    "ui:join": OPEN,
    "ui:account": PAGE,
    "ui:seat": ACT,
    "ui:password": PAGE,
    "ui:second-factor": PAGE,
    "ui:end-others": ACT,
    "ui:end-session": ACT,
    "ui:new-key": PAGE,
    "ui:revoke-key": ACT,
    "account_login": OPEN,
    "account_reauthenticate": Route(STEP),
    "mfa_authenticate": Route(STEP),
    "mfa_index": PAGE,
    "mfa_list_webauthn": PAGE,
    "mfa_reauthenticate": Route(STEP),
    "mfa_reauthenticate_webauthn": Route(STEP),
    "mfa_activate_totp": PAGE,
    "mfa_deactivate_totp": Route(STEP),
    "mfa_add_webauthn": PAGE,
    "mfa_remove_webauthn": Route(STEP),
    "mfa_view_recovery_codes": Route(STEP),
    "mfa_generate_recovery_codes": PAGE,
    "ui:reads": Route(READERS),
    "ui:own-reads": PAGE,
    "ui:events": Route(READERS),
    "ui:people": PAGE,
    "ui:person": Route(ADMINISTRATORS),
    "ui:audiences": PAGE,
    "ui:pairs": PAGE,
    "ui:pair": GIVES,
    "ui:theme": Route(EVERYBODY, "POST"),
    "ui:mode": Route(OFFICES, "POST"),
    "ui:language": Route(EVERYBODY, "POST"),
    "federation:journals": OPEN,
    "federation:checkpoint": OPEN,
    "federation:key": OPEN,
    "federation:tile": Route(EVERYBODY, gives=True),
    "exchange:watch": PAGE,
    "exchange:mine": PAGE,
    "exchange:duty": PAGE,
    "exchange:new": GIVES,
    "exchange:draft": ACT,
    "exchange:nil": ACT,
    "exchange:sheet": PAGE,
    "exchange:template": PAGE,
    "exchange:report": GIVES,
    "exchange:correct": GIVES,
    "exchange:withdraw": ACT,
    "exchange:confirm": ACT,
    "exchange:seen": ACT,
    "exchange:label": PAGE,
    "exchange:release-label": PAGE,
    "exchange:release-report": GIVES,
    "exchange:release": GIVES,
    "exchange:withdraw-release": ACT,
    "exchange:receipt": GIVES,
    "exchange:types": PAGE,
    "exchange:type": PAGE,
    "exchange:waivers": PAGE,
    "exchange:end-waiver": ACT,
    "exchange:active": PAGE,
    "exchange:series": GIVES,
    "exchange:compliance": PAGE,
    "exchange:compliance-sheet": PAGE,
    "exchange:quarantine": PAGE,
    "exchange:quarantined": PAGE,
    "notices:notices": PAGE,
    "notices:ladder": PAGE,
    "notices:webhooks": Route(ADMINISTRATORS),
    "notices:again": ACT,
    "notices:ways": PAGE,
}


def rule(name):
    """The rule of an address; one that is not listed yet is examined as a page of offices."""
    return ROUTES.get(name, PAGE)
