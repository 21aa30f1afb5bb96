"""Facts are for ever: what was written under a kind stays readable, so a kind never changes its shape.

`facts.lock` holds every kind with its fields. A new kind is added to it by `python -m tests.house.test_facts`; a kind
that has changed is a fault, whatever the lock says: it becomes a new version (`….v2`) with a reader for the old.
"""

import os
import sys
from pathlib import Path

import msgspec

LOCK = Path(__file__).with_name("facts.lock")


def declared():
    """Every kind as its lines in the lock: the kind, then its fields with type and default, in order."""
    from commonwatch.register.fact import KINDS

    return {kind: shape(fact) for kind, fact in KINDS.items() if fact.__module__.startswith("commonwatch.")}


def shape(fact):
    """Describe a fact's fields as written: name, type, default."""
    return [
        f"{field.encode_name}: {typed(field.type)}{default_of(field)}"
        for field in msgspec.structs.fields(fact)
    ]


def typed(kind):
    """Name a type as Python writes it, without the modules it comes from."""
    said = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else repr(kind)
    return said.replace("collections.abc.", "").replace("typing.", "")


def default_of(field):
    if field.default_factory is not msgspec.NODEFAULT:
        return f" = {field.default_factory()!r}"
    return "" if field.default is msgspec.NODEFAULT else f" = {field.default!r}"


def locked():
    """Read the lock."""
    found, kind = {}, ""
    for line in LOCK.read_text().splitlines():
        if line.startswith("  "):
            found[kind].append(line.strip())
        elif line:
            kind = line
            found[kind] = []
    return found


def written(facts):
    """Write facts as the lock's text."""
    return "\n".join("\n".join([kind, *(f"  {line}" for line in facts[kind]), ""]) for kind in sorted(facts))


def test_no_fact_has_changed_its_shape():
    now, before = declared(), locked()
    changed = [
        f"{kind}: {was} became {now[kind]}"
        for kind, was in before.items()
        if kind in now and now[kind] != was
    ]
    assert not changed, (
        "entries of these kinds are written already and must stay readable; write a new version beside the old "
        f'(@fact("….v2")) and fold both: {changed}'
    )


def test_no_fact_has_gone():
    gone = sorted(locked().keys() - declared().keys())
    assert not gone, f"entries of these kinds may be written already; keep their facts and projectors: {gone}"


def test_every_fact_is_in_the_lock():
    new = sorted(declared().keys() - locked().keys())
    assert not new, f"new facts: {new}. Look at them once more, then run: python -m tests.house.test_facts"


def main():
    """Add new kinds to the lock; those in it stay as they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonwatch.config.settings")
    import django

    django.setup()
    known = locked() if LOCK.exists() else {}
    LOCK.write_text(written(declared() | known))
    print(f"{len(declared().keys() - known.keys())} new kinds in {LOCK.name}")


if __name__ == "__main__":
    sys.exit(main())


def test_no_fact_holds_a_float_or_a_figure_without_bounds_that_a_sender_chooses():
    """The composer of entries rests on it: a body that reads back as its fact is strict JSON."""
    lock = LOCK.read_text()
    assert "float" not in lock
    assert "Any" not in lock
