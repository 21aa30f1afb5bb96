"""A bounded run of `make flip`: no flipped byte goes unnoticed."""

import re
import subprocess
import sys

import pytest

from tests.house.tree import ROOT


@pytest.mark.parametrize(
    ("words", "count"),
    [(("--database", "150"), 150), (("--folder", "--sample", "20000"), 20_000)],
    ids=["database", "folder"],
)
def test_no_flipped_byte_goes_unnoticed(words, count):
    command = [sys.executable, "-m", "tests.flip", *words, "--seed", "11"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf" {count:,} bytes flipped: .*; missed 0$", done.stdout.strip())
