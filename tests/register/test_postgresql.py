"""The register and the exchange on PostgreSQL: the same tests, with the houses on databases of their own."""

from contextlib import ExitStack, contextmanager

import pytest

from commonwatch.register import node as nodes
from commonwatch.register import wall
from tests.conftest import lived_in
from tests.exchange import test_acts
from tests.postgresql import fresh_url, standing_on, template_url  # noqa: F401 - fixtures of this module
from tests.register import (
    test_admission,
    test_admit,
    test_erase,
    test_log,
    test_models,
    test_recover,
    test_repair,
    test_verify,
)
from tests.register.test_admission import alone  # noqa: F401 - a fixture of this module
from tests.register.test_repair import fetch, stored  # noqa: F401 - fixtures of this module
from tests.register.test_verify import full  # noqa: F401 - a fixture of this module
from tests.small import PACK

test_a_past_that_peers_alone_remember_comes_back_and_its_end_is_declared_lost = (
    test_recover.test_a_past_that_peers_alone_remember_comes_back_and_its_end_is_declared_lost
)

pytestmark = pytest.mark.postgresql

LEFT_OUT = {
    # puts files of SQLite back; what it shows hangs on the guard, not on the database
    "test_a_database_put_back_from_an_old_backup_opens_read_only",
    # looks into the file of SQLite
    "test_nothing_of_what_was_erased_stays_in_the_database_file",
}

# These go to the tables themselves, to look or to tamper, and so stand on the near side of the second wall. All others
# run before it as a node does.
AT_THE_TABLES = {
    "test_an_entry_stands_in_the_journal_of_its_writer_and_audience",
    "test_a_subject_keeps_its_label_for_life",
    "test_what_a_neighbour_writes_on_a_subject_does_not_move_it",
    "test_a_reference_that_some_reader_may_not_read_is_refused",
    "test_time_never_goes_back_in_a_journal",
    "test_an_import_says_when_it_was_known",
    "test_what_is_carried_folds_into_the_same_rows",
    "test_an_addition_that_arrives_before_its_subject_is_kept",
    "test_what_does_not_hold_is_not_admitted_and_leaves_nothing",
    "test_a_valid_key_does_not_help_an_entry_of_another_label",
    "test_an_entry_that_was_erased_before_it_came_is_kept_by_its_hash",
    "test_columns_of_an_erased_entry_say_nothing",
    "test_bytes_that_are_gone_without_an_entry_that_says_so_are_found",
    "test_what_another_thread_took_in_meanwhile_is_not_taken_in_twice",
    "test_an_id_that_stands_already_is_refused_and_the_pen_goes_on",
    "test_an_unknown_kind_is_kept_and_an_unfit_body_of_a_known_one_is_not",
    "test_whatever_is_erased_the_tables_are_those_of_a_rebuild",
    "test_the_entry_that_says_so_names_hash_and_ground_and_nothing_else",
    "test_a_journal_with_something_erased_is_verified_offline",
    "test_what_may_not_be_erased_is_refused_and_stays",
    "test_bytes_that_came_back_after_they_were_erased_are_found",
    "test_what_its_owner_erased_goes_here_too",
    "test_bytes_that_a_peer_still_sends_are_erased_at_once",
    "test_an_answer_beside_a_question_is_erased_alone",
    "test_what_holds_has_no_damage",
    "test_all_places_are_found_and_mended",
    "test_a_tile_is_made_anew_from_what_lies_below_it",
    "test_entries_that_are_gone_or_stand_elsewhere_are_put_back",
    "test_the_row_of_a_journal_is_mended",
    "test_what_was_erased_stays_erased_and_what_is_empty_without_a_word_is_fetched",
    "test_bytes_that_came_back_are_taken_away_again",
    "test_nothing_is_believed_that_does_not_give_the_hash",
    "test_a_journal_that_has_grown_meanwhile_is_surveyed_again",
    "test_whatever_is_damaged_at_random_is_mended",
    "test_writing_a_row_by_hand_is_refused",
    "test_flipped_bits_in_entries_and_tiles_are_found",
    "test_a_changed_column_is_found",
    "test_a_dropped_entry_is_found",
    "test_rebuilding_gives_the_same_tables",
    "test_a_row_changed_by_hand_is_named",
    "test_a_batch_is_taken_whole_or_not_at_all",
    "test_an_import_keeps_the_day_on_which_it_was_known",
    "test_confirming_what_was_told_widens_no_audience",
}

globals().update(
    {
        name: test
        for module in (
            test_log,
            test_admit,
            test_admission,
            test_erase,
            test_repair,
            test_models,
            test_verify,
            test_acts,
        )
        for name, test in vars(module).items()
        if name.startswith("test_") and name not in LEFT_OUT
    }
)


@pytest.fixture
def living(tmp_path, empty_database, fresh_url, django_db_blocker):  # noqa: F811 - the fixture imported above
    """A function that opens a house on a fresh PostgreSQL database until the test ends."""
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())

        def live(*, folder="node", alias="default", **house):
            made = lived_in(path=tmp_path / folder, alias=alias, empty=empty_database, **house)
            opened = stack.enter_context(made)
            stack.enter_context(standing_on(alias, fresh_url()))
            return opened

        yield live


@pytest.fixture
def small(request, living):
    """The Center's node of the small organisation."""
    yield from installed(request, living(pack=PACK))


@pytest.fixture
def house(request, living, packs):
    """The Center's node, hosting every party."""
    yield from installed(request, living(pack=packs["csto"]))


@pytest.fixture
def two(request, living):
    """The node of Belarus and the node of the Center, in one process."""
    belarus = living(folder="by", pack=PACK, party="BY", alias="belarus", hosted=())
    center = living(folder="crc", pack=PACK, alias="center", hosted=(), seed=2)
    with standing(request, belarus), standing(request, center):
        yield belarus, center
    for each in (belarus, center):
        with nodes.use(each.node):
            each.check()


@contextmanager
def standing(request, made):
    """Stand on the near side of the wall of a house when the test goes to its tables."""
    with ExitStack() as stack:
        if request.function.__name__ in AT_THE_TABLES:
            with nodes.use(made.node):
                stack.enter_context(wall.open())
        yield


def installed(request, made):
    nodes.install(made.node)
    try:
        with standing(request, made):
            yield made
        made.check()
    finally:
        nodes.install(None)
