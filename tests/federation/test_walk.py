"""What `make nodes` walks through holds: three real nodes, a stick, a fork, a restore."""

from tests import walk


def test_three_nodes_are_walked_through_a_report_a_stick_a_fork_and_a_restore(tmp_path):
    walk.walk(tmp_path)
    assert len(list((tmp_path / "evidence").iterdir())) == 1
