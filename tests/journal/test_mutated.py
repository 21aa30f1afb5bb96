"""Some thousands of the cases of `python -m tests.mutate`, the same at every run."""

from tests import mutate


def test_nothing_that_was_changed_is_believed():
    found, faults, longest = mutate.run(count=4200, seed=1)
    assert faults == []
    assert longest < mutate.MOST_SECONDS
    kinds = {kind for kind, outcome in found if outcome == "refused"}
    assert kinds == set(mutate.cases(mutate.base()))
    accepted = {outcome for kind, outcome in found if kind in {"bytes", "members", "another's key", "seal"}}
    assert accepted <= {"refused", "the same"}


def test_a_reader_that_believed_everything_would_be_found():
    """The measure itself is measured: what is taken for the original and is not it is a fault."""
    whole = mutate.base().whole
    longer = mutate.parcels.made(*mutate.SENT, held=mutate.HELD, serial=3, before=2)
    said = mutate._outcome(
        lambda _dice: mutate.bundle_case(longer, whole, honest=True), mutate.random.Random(1)
    )
    assert said == "AssertionError: accepted, and it is not what was sent"
