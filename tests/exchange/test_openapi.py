"""The document of the interface for programs, and the interface held to it: by its examples and by odd questions."""

import re

import jsonschema
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from commonwatch.config.programs import api
from commonwatch.desks.exchange.intake import Sent
from tests.exchange.test_api import D1, Program
from tests.exchange.test_release import release, report
from tests.traffic import scenes

EXAMPLES = 12  # of each operation, in each manner; all of it takes some twenty seconds
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = sorted(each.name for each in api.urls[0] if each.name not in {"api-root", "openapi-json"})


@pytest.fixture
def document(house):
    return house.client().get("/api/openapi.json").json()


@pytest.fixture
def belarus(house):
    return Program(house, "BY")


def operations(document):
    return {
        each["operationId"]: (path, method, each)
        for path, methods in document["paths"].items()
        for method, each in methods.items()
    }


def test_the_document_is_openapi(document):
    assert document["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document).validate()


def test_every_address_of_the_interface_is_in_the_document_and_nothing_else(document):
    routes = {
        (each.name, re.sub(r"<(?:\w+:)?(\w+)>", r"/api/{\1}", str(each.pattern))) for each in api.urls[0]
    }
    routes = {(name, f"/api/{path.replace('/api/{', '{')}") for name, path in routes}
    said = {(name, path) for name, (path, _method, _each) in operations(document).items()}
    assert said == {(name, path) for name, path in routes if name in OPERATIONS}


def test_every_operation_says_what_it_takes_answers_and_refuses(document):
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    tags = {each["name"] for each in document["tags"]}
    for name, (_path, method, each) in operations(document).items():
        assert each["summary"], name
        assert each["description"], name
        assert set(each["tags"]) <= tags, name
        for parameter in each["parameters"]:
            assert parameter["description"], (name, parameter["name"])
            assert "example" in parameter, (name, parameter["name"])
        assert {"401", "422", "429"} <= set(each["responses"]), name
        if method == "post":
            assert {"400", "403", "404", "409", "413", "503"} <= set(each["responses"]), name


def test_every_field_of_a_structure_is_described(document):
    schemas = document["components"]["schemas"]
    assert set(schemas["Sent"]["properties"]) == set(Sent.__struct_fields__)
    own = {
        name
        for name in schemas
        if name not in {"TypeForm", "Schedule", "Field", "Check", "Last", "When", "Codelist", "Code"}
    }
    for name in own:
        for field, schema in schemas[name]["properties"].items():
            inner = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
            assert any("description" in each or "$ref" in each for each in inner), (name, field)


def test_every_example_fits_its_schema(document):
    looked = 0
    for path, _method, each in operations(document).values():
        answers = each["responses"].items()
        for content in [
            *each.get("requestBody", {"content": {}})["content"].values(),
            *(content for _status, answer in answers for content in answer.get("content", {}).values()),
        ]:
            schema = content["schema"] | {"components": document["components"]}
            given_ = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
            for example in given_:
                jsonschema.validate(example, schema)
                looked += 1
        for status, answer in answers:
            of_problem = answer.get("content", {}).get("application/problem+json")
            if of_problem:
                assert {one["value"]["status"] for one in of_problem["examples"].values()} == {int(status)}, (
                    path
                )
    assert looked > 60


def test_every_example_is_taken_by_the_interface(document, house, belarus):
    known = operations(document)

    def example(name):
        return known[name][2]["requestBody"]["content"]["application/json"]["example"]

    key = belarus.post("reports", example("submit")).json()["report"]
    assert belarus.post("reports", example("submit")).status_code == 200
    assert belarus.post(f"reports/{key}/correct", example("correct") | {"ref": "other"}).status_code == 200
    assert belarus.post(f"reports/{key}/withdraw", example("withdraw")).status_code == 200
    assert Program(house, "KZ").post("reports/batch", example("submit_batch")).status_code == 201
    for each in ("answer", "refuse"):
        asked = scenes.ask(house)
        sent = belarus.post(f"questions/{asked}/{each}", example(f"{each}_question"))
        assert sent.status_code == 200, sent.content
    relayed = scenes.relay(house, scenes.notice(house, "KZ"), recipients=["BY"])
    assert belarus.post(f"relays/{relayed}/acknowledge", {}).status_code == 200
    for name, (path, method, each) in known.items():
        if method == "get" and not {"{report}", "{release}", "{question}", "{relay}"} & set(path.split("/")):
            asks = {one["name"]: one["example"] for one in each["parameters"] if one["in"] != "header"}
            address = path.removeprefix("/api/").format(code=asks.pop("code", ""))
            query = "&".join(f"{name}={value}" for name, value in asks.items())
            assert belarus.get(f"{address}?{query}").status_code == 200, name


@pytest.fixture
def asked(house, belarus):
    """The interface in process, with a key, and the names of some reports and releases that are there."""
    narrow = report(house)
    there = [
        narrow.subject,
        belarus.post("reports", D1 | {"period": "2026-09-13", "ref": ""}).json()["report"],
        release(house, narrow).release,
        scenes.ask(house, report=narrow.subject, readers="all"),
        scenes.relay(house, scenes.notice(house, "KZ"), recipients=["BY"]),
        "report/KZ/01a09e49-5080-7d35-9c1b-d24196b5ac83",
    ]
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    known = {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}
    return known, there, {"Authorization": f"Bearer {belarus.key}"}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_odd_questions_are_answered_as_the_document_says(asked, name, mode):
    known, there, headers = asked
    operation = known[name]

    @given(data=st.data())
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def ask(data):
        case = data.draw(operation.as_strategy(generation_mode=mode))
        for parameter in {"report", "release", "question", "relay"} & set(case.path_parameters or ()):
            if data.draw(st.booleans()):
                case.path_parameters[parameter] = data.draw(st.sampled_from(there))
        if mode is GenerationMode.POSITIVE and name == "submit" and data.draw(st.booleans()):
            case.body = D1 | {key: value for key, value in case.body.items() if key in {"note", "ref", "nil"}}
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


ODD = ("\0", "\x7f\x01", "\ufffe", "𐍈" * 3, "a" * 5000, "'", "%", "../..", "-1", "1e400", "null", "[]", "９")


@pytest.mark.parametrize(
    "name",
    [
        each
        for each in OPERATIONS
        if not each.startswith(("submit", "with", "corr", "answer", "refuse", "ack"))
    ],
)
def test_odd_texts_in_an_address_are_never_a_fault_of_ours(document, belarus, name):
    path, _method, each = operations(document)[name]
    names = [one["name"] for one in each["parameters"] if one["in"] != "header"]
    statuses = set()
    for parameter in names:
        for odd in (*ODD, str(2**63), str(-(2**63) - 1), "9" * 5000):
            place = path.removeprefix("/api/").format(
                report="x", release="x", question="x", relay="x", code="D1"
            )
            if f"{{{parameter}}}" in path:
                place = path.removeprefix("/api/").format(**{parameter: quoted(odd)})
            answer = belarus.get(f"{place}?{parameter}={quoted(odd)}")
            statuses.add(answer.status_code)
            assert str(answer.status_code) in {*each["responses"], "404"}, (
                parameter,
                odd,
                answer.content[:200],
            )
    assert statuses <= {200, 404, 422}


def quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())
