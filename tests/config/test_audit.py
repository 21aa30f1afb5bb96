"""The dated list of what the product stands on."""

from datetime import date, timedelta

from commonwatch.config.commands import audit

TODAY = date(2026, 9, 14)
PINNED = {"first": audit.Pin("1.0", ()), "second": audit.Pin("2.0", ("first",))}
LISTED = {name: audit.Looked(pin.version, TODAY, "all of it") for name, pin in PINNED.items()}


def test_every_dependency_is_listed_with_what_it_is_trusted_with():
    pinned, listed = audit.pins(audit.PINS.read_text()), audit.looks(audit.LIST.read_text())
    assert len(pinned) > 20
    assert {name: pin.version for name, pin in pinned.items()} == {
        name: look.version for name, look in listed.items()
    }
    assert all(len(look.trusted) > 8 for look in listed.values())


def test_what_was_looked_at_lately_needs_no_word():
    assert audit.findings(PINNED, LISTED, today=TODAY + audit.LASTS) == []


def test_a_look_that_is_too_old_is_said():
    late = audit.findings(PINNED, LISTED, today=TODAY + audit.LASTS + timedelta(days=1))
    assert len(late) == 2
    assert "first 1.0 was looked at on 2026-09-14, more than 90 days ago." in late


def test_what_is_new_changed_or_gone_is_said():
    pinned = {"first": audit.Pin("1.1", ()), "third": audit.Pin("3.0", ())}
    assert audit.findings(pinned, LISTED, today=TODAY) == [
        "first is 1.1; looked at was 1.0.",
        "third 3.0 was never looked at.",
        "second is listed and no longer used.",
    ]


def test_what_was_looked_at_is_written_into_the_page():
    head = "# List\n\n| package | version | looked at | trusted with |\n|---|---|---|---|\n"
    page = f"{head}| gone | 0 | 2020-01-01 | x |\n\nEnd.\n"
    listed = audit.looked_at({"first", "second"}, PINNED, audit.looks(page), today=TODAY)
    text = audit.written(page, listed)
    assert audit.looks(text)["second"] == audit.Looked("2.0", TODAY, "comes with first")
    assert "gone" not in text
    assert text.startswith("# List\n")
    assert text.endswith("\nEnd.\n")


def test_the_command_finds_nothing_to_say_of_this_source(shell):
    assert "each looked at" in shell.well("audit")
