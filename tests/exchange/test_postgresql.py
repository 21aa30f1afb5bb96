"""Searching and counting on PostgreSQL: what the database looks at by itself it must read as SQLite does."""

import pytest

from tests.exchange import test_acts, test_compliance, test_nils, test_reports_page
from tests.postgresql import fresh_url, template_url
from tests.register.test_postgresql import house, living

__all__ = ["fresh_url", "house", "living", "runs_of_four", "template_url"]
pytestmark = pytest.mark.postgresql

runs_of_four = test_reports_page.runs_of_four
test_a_mark = test_reports_page.test_the_database_reads_a_mark_as_the_rule_does
test_a_search = test_reports_page.test_reading_marks_bit_by_bit_finds_what_a_look_at_every_report_finds
test_a_run_of_nils = test_nils.test_a_report_of_content_ends_the_run_and_a_missing_day_does_not
test_what_is_counted = test_compliance.test_what_is_counted_is_what_a_look_at_each_duty_gives
test_two_reports = test_acts.test_two_reports_for_one_period_are_flagged_to_who_sees_both
