"""The page on writing a pack tells the truth: its example is a sound pack, and its command finds faults."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from commonwatch.charter.pack import load

HOUSE = Path(__file__).resolve().parents[2]
PAGE = (HOUSE / "docs" / "adopting" / "write-a-pack.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    for name, content in re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, flags=re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def judge(folder):
    command = [sys.executable, "-m", "commonwatch.charter", str(folder)]
    return subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)


def test_the_example_of_the_page_is_a_sound_pack(folder):
    pack = load(folder)
    assert pack.center == "HQ"
    assert not pack.party("NORTH").takes_part("weather", date(2025, 7, 1))
    assert pack.readers("all-ports", originator="NORTH", on=date(2025, 7, 1)) == ("HQ", "NORTH")


def test_the_command_of_the_page_says_nothing_of_a_sound_pack(folder):
    done = judge(folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_of_the_page_prints_each_fault_on_a_line(folder):
    path = folder / "parties.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Europe/Oslo", "Asia/Oslo"), encoding="utf-8")
    done = judge(folder)
    assert done.returncode == 1
    assert done.stdout.strip() == (
        f"{folder}/parties.yaml:6: parties[NORTH].zone: There is no time zone “Asia/Oslo”. "
        "Did you mean “Europe/Oslo”?"
    )


def test_the_command_without_a_folder_says_what_to_name():
    done = subprocess.run(
        [sys.executable, "-m", "commonwatch.charter"], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Name the folder" in done.stderr
