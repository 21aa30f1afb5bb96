"""Commands run as a person runs them: in a process of their own, on a home of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Shell:
    """A shell in which `commonwatch` is at hand, with a home."""

    def __init__(self, home):
        self.home = home

    def __call__(self, *words, typed="", **env):
        """Run the command and return what it said and its code; a warning on the way would show as an error."""
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "commonwatch", *map(str, words)],
            cwd=ROOT,
            env=self.env(**env),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def env(self, **more):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COMMONWATCH", "DATABASE"))
        }
        return kept | {
            "COMMONWATCH_HOME": str(self.home),
            "TERM": "dumb",
            "PYTHONIOENCODING": "utf-8",
            **more,
        }

    def well(self, *words, **more):
        """Run a command that is expected to be done, and return what it said."""
        done = self(*words, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory):
    """A home as `init` makes it."""
    home = tmp_path_factory.mktemp("fresh") / "home"
    Shell(home).well("init")
    return home


@pytest.fixture
def shell(fresh_home, tmp_path):
    """A shell with a node of its own."""
    home = tmp_path / "home"
    shutil.copytree(fresh_home, home, copy_function=shutil.copy2)
    return Shell(home)
