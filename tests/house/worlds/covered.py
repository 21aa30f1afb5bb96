"""What a crawl has covered: every address by every method, opened to somebody; and whether every mask is needed."""

from collections import Counter, defaultdict

from tests.house.worlds.catalogue import CATALOGUE, HOW_TO_ENTER, METHODS
from tests.house.worlds.crawl import routes, uncovered
from tests.house.worlds.masks import MASKS, masked

NEVER_OPEN = (
    "{route}: no viewer was ever let in, so nothing was compared. Give it arguments or a body that fits in"
    " tests/house/worlds/catalogue.py, or say there why it is `shut`."
)
NOT_NEEDED = "the mask “{mask}” hides no difference any more: take it out of tests/house/worlds/masks.py"
NOT_ASKED = "{route}: never asked by {methods}"


def how_to_enter(names):
    """The sentence that says how to enter addresses into the catalogue."""
    return HOW_TO_ENTER.format(routes=", ".join(names), first=names[0])


class Seen:
    """What several runs have asked, taken together."""

    def __init__(self):
        self.counts = defaultdict(Counter)
        self.opened, self.needed = set(), set()

    def add(self, run):
        """Note what a run has asked, and which masks it needed."""
        for one, other in zip(run.whole, run.plain, strict=False):
            self.counts[one.asked.route, one.asked.method][one.status] += 1
            if _opens(one):
                self.opened.add(one.asked.route)
            self.needed |= {
                mask.name for mask in MASKS if mask.name not in self.needed and _needs(mask, one, other)
            }

    def wanting(self):
        """Say what was not covered, and which masks are not needed."""
        names = uncovered()
        said = [how_to_enter(names)] if names else []
        for route in self._present():
            left = [each for each in METHODS if (route, each) not in self.counts]
            if left:
                said.append(NOT_ASKED.format(route=route, methods=", ".join(left)))
            if route not in self.opened and not CATALOGUE[route].shut:
                said.append(NEVER_OPEN.format(route=route))
        return said + [NOT_NEEDED.format(mask=each.name) for each in MASKS if each.name not in self.needed]

    def says(self):
        """Count the addresses covered."""
        every = {each.name for each in routes()}
        done = {
            each
            for each in self._present()
            if all((each, method) in self.counts for method in METHODS)
            and (each in self.opened or CATALOGUE[each].shut)
        }
        return f"routes covered {len(done)} of {len(every)}"

    def statuses(self):
        """List how each address answered each method."""
        return "\n".join(
            f"  {route} {method} {dict(sorted(counts.items()))}"
            for (route, method), counts in sorted(self.counts.items())
        )

    @staticmethod
    def _present():
        return sorted({each.name for each in routes()} & set(CATALOGUE))


def _opens(record):
    """Whether an answer is more than a closed door."""
    to = dict(record.headers).get("Location", "")
    return record.status < 400 and not (to.startswith("/sign-in/") and record.asked.route != "ui:sign-out")


def _needs(mask, one, other):
    """Whether two answers that are alike differ once a mask is left out."""
    if mask.where == "body" and not mask.pattern.search(one.body.decode("latin-1")):
        return False
    others = tuple(each for each in MASKS if each is not mask)
    return masked(one) == masked(other)._replace(step=one.step) and masked(one, others) != masked(
        other, others
    )
