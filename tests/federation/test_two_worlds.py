"""What a peer is told must not depend on what it may not read: two nodes that differ only in that, byte by byte."""

from commonwatch.register import node as nodes
from tests.federation.nodes import Within, pull, several
from tests.register.conftest import CENTER, write


class Heard(Within):
    """A line that keeps every answer as it came."""

    def __init__(self, house):
        super().__init__(house)
        self.kept = []
        self.change = self.keep

    def keep(self, path, answer):
        self.kept.append((path, answer.status, answer.headers.get("etag"), answer.body))
        return answer


def history(found, *, whole):
    """What Belarus writes; in the whole world also what Kazakhstan may not read."""
    belarus = found["BY"]
    line = Heard(belarus)
    with nodes.use(belarus.node):
        write(by=belarus.officer(party="BY"), times=3)
    pull(found["KZ"], belarus, line)
    if whole:
        with nodes.use(belarus.node):
            write(by=belarus.officer(party="BY"), subject="report/BY/narrow", label=CENTER, times=5)
    pull(found["CRC"], belarus)
    pull(belarus, found["CRC"])
    pull(found["KZ"], belarus, line)
    return line.kept


def test_a_peer_is_told_the_same_with_and_without_what_it_may_not_read(
    tmp_path, empty_database, django_db_blocker
):
    kept = []
    for whole in (True, False):
        with (
            django_db_blocker.unblock(),
            several(tmp_path / str(whole), empty_database, parties=("CRC", "BY", "KZ")) as found,
        ):
            kept.append(history(found, whole=whole))
    assert kept[0] == kept[1]
    assert kept[0][-1][1] == 200, "the cosignature of the Center has come meanwhile"
