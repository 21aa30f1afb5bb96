"""docs/using/api.md: each of its commands is run as it stands there, against the interface."""

import json
import re
import shlex
from string import Template
from urllib.parse import urlsplit

import pytest

from commonwatch.config.cli import main
from commonwatch.desks.exchange.intake import Sent
from commonwatch.journal import receipt
from tests.exchange.test_api import Program
from tests.house.tree import ROOT

GUIDE = (ROOT / "docs" / "using" / "api.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
NODE = "https://watch.example.org"


class Shell:
    """What a programmer has before them: variables, and the last answer."""

    def __init__(self, program, clock):
        self.program, self.clock, self.answers = program, clock, []
        self.known = {"NODE": NODE, "KEY": program.key}

    def curl(self, words):
        """Send what a curl command would send, with its headers alone."""
        headers, data, address, taken = {}, None, "", iter(words)
        for word in taken:
            match word:
                case "-s":
                    continue
                case "-X":
                    assert next(taken) == "POST"
                case "-H":
                    name, value = next(taken).split(": ", 1)
                    headers[name] = value
                case "-d":
                    data = next(taken)
                case "-o":
                    next(taken)
                case _:
                    assert not address, word
                    address = word
        assert address.startswith(NODE), address
        path = address.removeprefix(NODE)
        client = self.program.client
        if data is None:
            return client.get(path, headers=headers)
        return client.post(path, data, content_type=headers.pop("Content-Type"), headers=headers)

    def run(self, block):
        text = Template(block.replace("\\\n", " ")).substitute(self.known)
        for line in re.split(r"\n(?=curl|\w+=)", text.strip()):
            words = shlex.split(line)
            if words[0] != "curl":
                continue
            self.clock.tick(minutes=1)
            answer = self.curl(words[1:])
            self.answers.append((urlsplit(words[-1]).path, answer))
            if answer.status_code == 201 and "report" in answer.json():
                self.known |= {"REPORT": answer.json()["report"], "RECEIPT": answer.json()["receipt"]}
            if (
                answer.status_code == 200
                and "json" in answer["Content-Type"]
                and answer.json().get("reports")
            ):
                last = answer.json()["reports"][-1]
                self.known |= {"PAGE": str(last["page"]), "LAST": last["report"]}


@pytest.fixture
def run(house):
    """The whole guide, run from its first command to its last; each shown answer is compared where it is shown."""
    shell, shown = Shell(Program(house, "BY", client="ministry-script"), house.clock), []
    for kind, name, block in BLOCKS:
        if kind == "sh":
            shell.run(block)
        else:
            answer = shell.answers[-1][1]
            if name == "report":
                answer = shell.program.get(f"reports/{shell.known['REPORT']}")
            shown.append((name, json.loads(block), answer.json()))
    return shell, shown


def test_every_command_of_the_guide_is_answered_as_it_says(run):
    shell, _shown = run
    assert len(shell.answers) == GUIDE.count("curl -s") == 13
    codes = [answer.status_code for _path, answer in shell.answers]
    assert codes == [200, 201, 201, 422, 200, 200, 200, 200, 200, 200, 201, 200, 200]
    pages = [shell.answers[place][1].json()["reports"] for place in (7, 8)]
    assert [[each["period"] for each in page] for page in pages] == [["2026-09-13"], ["2026-09-12"]]


def test_what_the_guide_shows_of_answers_is_in_them(run):
    _shell, shown = run
    assert [name for name, _said, _found in shown] == ["taken", "problem", "report"]
    for _name, said, found in shown:
        assert fits(said, found), (said, found)


def fits(said, found):
    """Whether an answer has every field that is shown, with its value unless that is left open."""
    if said == "…":
        return isinstance(found, str) and bool(found)
    if isinstance(said, dict):
        return isinstance(found, dict) and all(
            name in found and fits(said[name], found[name]) for name in said
        )
    if isinstance(said, list) and said:
        return bool(found) and fits(said[0], found[0])
    return said == found


def test_the_receipt_of_the_guide_is_verified_without_the_node(run):
    shell, _shown = run
    answer = shell.answers[-1][1]
    entry = shell.program.get(f"reports/{shell.known['REPORT']}").json()["entry"]
    assert receipt.verify_receipt(answer.content, vkey=None).leaf.hex()
    assert entry in shell.known["RECEIPT"]


def test_the_fields_statuses_and_commands_that_the_guide_names_exist(house):
    document = house.client().get("/api/openapi.json").json()
    said = {
        status
        for methods in document["paths"].values()
        for each in methods.values()
        for status in each["responses"]
    }
    assert set(re.findall(r"^\| (\d{3}) \|", GUIDE, re.MULTILINE)) == {each for each in said if each >= "400"}
    assert {"ref", "nil", "values", "level", "audience", "tlp"} <= set(Sent.__struct_fields__)
    for line in re.findall(r"^    commonwatch (.+)$", GUIDE, re.MULTILINE):
        words = shlex.split(line)
        command = main.get_command(None, words.pop(0))
        while hasattr(command, "commands") or hasattr(command, "list_commands"):
            command = command.get_command(None, words.pop(0))
        options = {opt for each in command.params for opt in each.opts}
        assert {word for word in words if word.startswith("--")} <= options, line
