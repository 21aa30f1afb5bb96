"""What the documents say: commands and files exist, and a figure stands beside the command that measures it."""

import re

from tests.house.tree import ROOT, list_of

MEASURED = re.compile(
    r"\d[\d,.  ]*\s*(?:×|reports?/s|entries/s|records/s|requests/s|rows/s|pages/s|/s\b|ms\b|µs\b|seconds?\b|s\b(?! ))"
)
COMMAND = re.compile(r"`(make [a-z]|python -m |commonwatch |\.venv/bin/)")


def documents():
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return [path for path in sorted(found) if path.name != "CHANGELOG.md"]


def test_every_figure_of_the_readme_names_its_command():
    readme = ROOT / "README.md"
    paragraphs = re.split(r"\n\s*\n", readme.read_text()) if readme.exists() else []
    faults = [
        paragraph[:100]
        for paragraph in paragraphs
        if MEASURED.search(paragraph) and not COMMAND.search(paragraph)
    ]
    assert not faults, list_of(["figures without the command that measures them:", *faults])


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    faults = [
        f"{path.relative_to(ROOT)}: make {target}"
        for path in documents()
        for target in re.findall(r"`(?:[A-Z]+=\S+ )*make ([a-z-]+)", path.read_text())
        if target not in targets
    ]
    assert not faults, list_of(faults)


def test_every_link_to_a_file_leads_somewhere():
    faults = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text())
        if not (path.parent / target).exists()
    ]
    assert not faults, list_of(faults)


def test_every_page_of_docs_that_the_code_names_exists():
    named = re.compile(r"docs/[a-z0-9/_-]+\.md")
    faults = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in sorted((ROOT / "commonwatch").rglob("*.py"))
        for target in named.findall(path.read_text())
        if not (ROOT / target).exists()
    ]
    assert not faults, list_of(faults)


def test_every_setting_is_described():
    described = (ROOT / "docs/operating/settings.md").read_text()
    asked = re.compile(r"environ(?:\.get\(|\[|\.setdefault\()\"([A-Z_]+)\"|envvar=\"([A-Z_]+)\"")
    names = {
        first or second
        for path in (ROOT / "commonwatch").rglob("*.py")
        for first, second in asked.findall(path.read_text())
    }
    assert "COMMONWATCH_HOME" in names
    missing = [name for name in sorted(names - {"DJANGO_SETTINGS_MODULE"}) if f"`{name}`" not in described]
    assert not missing, f"docs/operating/settings.md does not describe {missing}"
