"""Every page, day and night, wide and narrow, under axe-core: what a screen reader or weak eyes would stumble over."""

from importlib.resources import files

import pytest

from tests.house.tree import list_of
from tests.journeys import screenshots

pytestmark = pytest.mark.browser

RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']});
  return found.violations.map(each =>
    `${each.id}: ${each.help}: ${each.nodes.map(node => node.target.join(' ')).slice(0, 3).join(' | ')}`);
}"""


@pytest.fixture(scope="module")
def axe():
    """The checker's own script."""
    return (files("axe_playwright_python") / "axe.min.js").read_text()


@pytest.mark.parametrize(("theme", "width"), [("day", 1560), ("night", 390)])
def test_no_page_has_anything_that_axe_objects_to(browser, town, axe, theme, width):
    kept, faults = {}, []
    screenshots.prepare(browser, town)
    for name, (handle, path, act) in screenshots.pages(town).items():
        if handle not in kept:
            kept[handle] = screenshots.context(browser, town, handle, width=width, theme=theme, language="en")
        page = kept[handle].new_page()
        page.goto(town.url + path)
        if act:
            act(page)
        page.evaluate(axe)
        faults += [f"{name}: {said}" for said in page.evaluate(RUN)]
        page.close()
    for each in kept.values():
        each.close()
    assert not faults, list_of(faults)
