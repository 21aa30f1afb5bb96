"""Where the fixed bytes lie: the folder `shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def tlog(*parts):
    """Return a place under the transparency-log vectors, skipping the test where they are absent."""
    folder = DATA / "09-tlog"
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is absent, and CI must not pass without it")
        pytest.skip(f"{folder} is absent")
    return folder.joinpath(*parts)
