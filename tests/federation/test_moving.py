"""By the command line, with real processes: a hosted party moves to a node of its own; a node changes its key."""

import json
import re
import subprocess
import sys

import pytest

from tests.walk import ROOT, Failed, Walk, environment

PASSWORD = "SAMPLE long and not in any list"


def card_of(at, party):
    done = subprocess.run(
        [sys.executable, "-m", "commonwatch", "peer", "card", "--address", at.address(party), "--home", at.home[party]],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    path = at.place / f"{party}.card"
    path.write_text(done.stdout)
    return path, re.search(r"Fingerprint: ([\d ]+)", done.stderr)[1]


def by_two(at):
    """Name two persons of the Center who may change keys; their accounts are made on first use."""
    if not (at.place / "people").exists():
        for handle in ("crc-one", "crc-two"):
            words = ("user", "add", handle, "--party", "CRC", "--office", "head", "--password-stdin")
            at.run("CRC", *words, typed=f"{PASSWORD}\n")
        (at.place / "people").touch()
    persons = [word for handle in ("crc-one", "crc-two") for word in ("--person", f"CRC/head={handle}")]
    return [*persons, "--ground", "SAMPLE: own node", "--passwords-stdin"], f"{PASSWORD}\n{PASSWORD}\n"


def test_a_party_moves_by_the_command_line(tmp_path):
    at = Walk(tmp_path, quiet=True)
    at.run("CRC", "init", "--pack", "csto", "--party", "CRC")
    at.report("BY", 12, home="crc")
    made = at.run("BY", "init", "--pack", "csto", "--party", "BY", "--moves")
    assert "Nothing is written here before its record was taken over" in made
    card, heard = card_of(at, "BY")
    at.run("CRC", "peer", "add", card, "--as", "CRC/head", "--heard", heard)

    words, typed = by_two(at)
    with pytest.raises(Failed, match="two different persons"):
        at.run("CRC", "key", "hand-over", "BY", *words[:2], *words[4:], "--card", tmp_path / "x", typed=typed)
    said = at.run("CRC", "key", "hand-over", "BY", *words, "--card", tmp_path / "before.card", typed=typed)
    digits = re.search(r"read to them: ([\d ]+)", said)[1]
    with pytest.raises(Failed, match="does not write for BY"):
        at.report("BY", 13, home="crc")
    with at.serving("CRC"):
        over = (
            "key",
            "take-over",
            tmp_path / "before.card",
            "--heard",
            digits,
            "--address",
            at.address("CRC"),
        )
        came = json.loads(at.run("BY", *over, "--json"))
        assert (came["party"], came["host"]) == ("BY", "CRC")
        assert came["entries"] >= 4
        at.introduce("BY", "CRC")
        at.run("BY", "peer", "pull")
        at.report("BY", 14)
        with at.serving("BY"):
            assert "entries of" in at.run("CRC", "peer", "pull", "BY")
    for party in ("CRC", "BY"):
        at.run(party, "verify")
        at.run(party, "doctor")


def test_a_node_changes_its_key_by_the_command_line(tmp_path):
    at = Walk(tmp_path, quiet=True)
    at.run("CRC", "init", "--pack", "csto", "--party", "CRC")
    words, typed = by_two(at)
    before = (at.home["CRC"] / "keys" / "CRC.seed").read_bytes()
    said = at.run("CRC", "key", "change", "CRC", *words, typed=typed)
    assert "csto/CRC/real/" in said
    assert (at.home["CRC"] / "keys" / "CRC.seed").read_bytes() != before
    at.run("CRC", "verify")
    assert "CRC.retired-1 signs nothing any more" in at.run("CRC", "doctor")
    at.run("CRC", "rebuild")
    at.report("BY", 12, home="crc")
    at.run("CRC", "verify")
