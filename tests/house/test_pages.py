"""What every template keeps to: nothing inline that the content security policy refuses, forms with their token, one
stylesheet, logical directions for scripts that run from right to left."""

import re

import pytest

from tests.house.tree import PRODUCT, ROOT, list_of

TEMPLATES = sorted(PRODUCT.rglob("templates/**/*.html"))
STYLES = sorted(path for path in PRODUCT.rglob("static/**/*.css") if "vendor" not in path.parts)
INLINE = re.compile(
    r"""\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*["']|javascript:|\shx-on\b|<script\b(?![^>]*\bsrc=)[^>]*>"""
)
ELSEWHERE = re.compile(r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//""")
FORM = re.compile(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", re.IGNORECASE | re.DOTALL)
ONE_SIDED = re.compile(
    r"(?:^|[\s;{])(?:margin|padding|border)-(?:left|right)|(?:^|[\s;{])(?:left|right)\s*:|text-align:\s*(?:left|right)"
)


def lines(paths, pattern):
    """Every line of these files in which the pattern is found."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_stands_inline():
    assert not (faults := lines(TEMPLATES, INLINE)), list_of(faults)


def test_nothing_is_fetched_from_elsewhere():
    styles = lines(STYLES, re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import"))
    assert not (faults := lines(TEMPLATES, ELSEWHERE) + styles), list_of(faults)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_every_form_that_posts_has_its_token(path):
    bare = [form[:100] for form in FORM.findall(path.read_text()) if "csrf_token" not in form]
    assert not bare, list_of(bare)


def test_there_is_one_stylesheet_with_logical_directions():
    assert len(STYLES) == 1, [str(path.relative_to(ROOT)) for path in STYLES]
    assert not (faults := lines(STYLES, ONE_SIDED)), list_of(faults)
