"""Count what a person does on a journey: clicks and keys, step by step; told at the end of the run."""

from contextlib import contextmanager

COUNTS = """
addEventListener("click", (event) => { if (event.isTrusted && event.detail > 0) counted("click"); }, true);
addEventListener("keydown", (event) => { if (event.isTrusted && !event.repeat) counted("key"); }, true);
"""


class Steps:
    """The steps of one journey: how many clicks and keys each took."""

    def __init__(self, journey, told):
        self.journey, self.told = journey, told
        self.clicks = self.keys = 0

    def watch(self, page):
        """Count what is done on a page and on those to which it leads."""
        page.expose_binding("counted", lambda _source, what: self._count(what))
        page.add_init_script(COUNTS)
        page.reload()
        return page

    def _count(self, what):
        if what == "click":
            self.clicks += 1
        else:
            self.keys += 1

    @contextmanager
    def step(self, name):
        """Do one step, and note what it took."""
        clicks, keys = self.clicks, self.keys
        yield
        self.told.append((self.journey, name, self.clicks - clicks, self.keys - keys))


def table(rows):
    """Write steps as lines: the journey once, then each step with its clicks and keys, then their sum."""
    lines, before = [], None
    for journey, name, clicks, keys in [*rows, (None, "", 0, 0)]:
        if journey != before:
            done = [row for row in rows if row[0] == before]
            if done:
                lines.append(f"  {sum(row[2] for row in done):>6}  {sum(row[3] for row in done):>5}  in all")
            if journey:
                lines += [journey, "  clicks   keys"]
            before = journey
        if journey:
            lines.append(f"  {clicks:>6}  {keys:>5}  {name}")
    return lines
