"""Every page in the browser: no error, no breach of the content policy, nothing that sticks out of a telephone."""

import pytest

from tests.journeys import screenshots

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def drawn(browser, town):
    """The pages that are drawn for the manual."""
    screenshots.prepare(browser, town)
    return screenshots.pages(town)


def test_every_page_opens_without_an_error_in_the_console(opened, town, drawn):
    pages = {}
    for name, (handle, path, act) in drawn.items():
        if not handle:
            continue
        if handle not in pages:
            pages[handle] = opened(handle)
        answer = pages[handle].goto(town.url + path)
        assert answer.status == (404 if name == "not-found" else 200), f"{name}: {answer.status} at {path}"
        if act:
            act(pages[handle])


def test_no_page_is_wider_than_a_telephone(opened, town, drawn):
    pages, wide = {}, []
    for name, (handle, path, _act) in drawn.items():
        if not handle:
            continue
        if handle not in pages:
            pages[handle] = opened(handle)
            pages[handle].set_viewport_size({"width": 390, "height": 844})
        pages[handle].goto(town.url + path)
        width = pages[handle].evaluate("document.documentElement.scrollWidth")
        wide += [f"{name}: {width}"] if width > 390 else []
    assert wide == []


def test_no_page_breaks_when_it_is_read_from_right_to_left(opened, town, drawn):
    """Lengths are logical: with the direction turned, nothing sticks out and the head begins at the other side."""
    pages, faults = {}, []
    for name, (handle, path, _act) in drawn.items():
        if not handle:
            continue
        if handle not in pages:
            pages[handle] = opened(handle)
        for width in (390, 1560):
            pages[handle].set_viewport_size({"width": width, "height": 844})
            pages[handle].goto(town.url + path)
            pages[handle].evaluate("document.documentElement.dir = 'rtl'")
            out = pages[handle].evaluate(STICKS_OUT)
            faults += [f"{name} at {width}: {out}"] if out else []
    assert faults == []


# What is wider than the window, or begins at the left in spite of the direction.
STICKS_OUT = """() => {
  const root = document.documentElement;
  const wide = root.scrollWidth > root.clientWidth ? [`${root.scrollWidth} wide`] : [];
  const title = document.querySelector("main h1");
  const box = title && title.parentElement.getBoundingClientRect();
  const turned = !title || box.right - title.getBoundingClientRect().right < 2;
  return [...wide, ...(turned ? [] : ["its title does not begin at the right"])].join("; ");
}"""


def test_every_page_of_the_demo_says_that_its_data_are_samples(opened, town, drawn):
    pages, silent = {}, []
    for name, (handle, path, _act) in drawn.items():
        if not handle or name == "not-found":
            continue
        if handle not in pages:
            pages[handle] = opened(handle)
        pages[handle].goto(town.url + path)
        silent += [] if "SAMPLE DATA" in pages[handle].locator(".banner").inner_text() else [name]
    assert silent == []
