"""What every desk keeps to: acts, the one gate, facts of others in projections only, tables."""

import ast
import re

import pytest
from django.apps import apps
from django.db import models

from commonwatch.charter.mandates import MANDATES
from commonwatch.register import fold
from commonwatch.register.fact import KINDS
from commonwatch.register.models import Entry, Journal, Paper, Projection, Tile
from tests.house.tree import FUNCTIONS, imports, list_of, migrations, modules, named

TURNS = {"log.turn", "turn"}
OPEN_SHELVES = {
    f"commonwatch.federation.{each}"
    for each in ("serving", "views", "heads", "pulling", "hosting", "bundling", "forking", "settling")
}
# What the post room keeps of other nodes. It is asked for journals that were found on a reader's shelves, or that the
# node itself takes in; what is listed for a person is narrowed to the peers that they may see.
OF_THE_POST_ROOM = {"Contact", "Level", "Cosignature", "Evidence"}
PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
ROUND_THE_GATE = {
    ("commonwatch.federation.serving", "_stored"): "the journal was found on the reader's shelves",
    (
        "commonwatch.desks.exchange.board",
        "_newest_of",
    ): "asks the reader's shelves alone; rows come by visible_to",
}
# Ways in, of this node alone: second factors, sessions, linked identities. Those for mail stay empty.
ALLAUTHS = {"account", "mfa", "usersessions", "socialaccount"}
OF_THE_REGISTER = {"write_digests"}
ENTRANCE = "commonwatch.ui.entrance"
DJANGOS = {"auth", "contenttypes", "sessions", *ALLAUTHS}


def acts():
    """Every public act of a desk."""
    for module in (each for each in modules() if each.name.startswith("commonwatch.desks.")):
        for node in module.tree.body:
            if isinstance(node, FUNCTIONS) and not node.name.startswith("_") and is_turn(node):
                yield module, node


def is_turn(node):
    return any(named(each) in TURNS for each in node.decorator_list)


def test_there_are_acts_to_examine():
    assert {node.name for _module, node in acts()} >= {"submit_report", "correct_report", "withdraw_report"}


def test_every_act_requires_its_mandate_first():
    faults = []
    for module, node in acts():
        first = node.body[1] if len(node.body) > 1 else None
        call = first.value if isinstance(first, ast.Expr) else None
        if not isinstance(call, ast.Call) or named(call.func) != "require":
            faults.append(f"{module.at(node)}: {node.name} does not begin with require(by, …)")
            continue
        mandate = (
            call.args[1].value if len(call.args) == 2 and isinstance(call.args[1], ast.Constant) else None
        )
        desk = module.name.split(".")[2]
        if mandate not in MANDATES or not mandate.startswith(f"{desk}."):
            faults.append(
                f"{module.at(call)}: {mandate!r} is no mandate of {desk}; charter/mandates.py lists them"
            )
    assert not faults, list_of(faults)


def test_every_act_of_the_porter_requires_a_mandate_before_it_writes():
    """Pairs find the proposal first: its act is the mandate. The register's own work has nobody to ask."""
    known = 0
    faults = []
    for module in (each for each in modules() if each.name.startswith("commonwatch.access.")):
        for node in module.tree.body:
            if not isinstance(node, FUNCTIONS) or not is_turn(node) or node.name in OF_THE_REGISTER:
                continue
            known += 1
            calls = [
                named(each.value.func)
                for each in node.body
                if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)
            ]
            if not calls or calls[0] != "require":
                faults.append(f"{module.at(node)}: {node.name} does something before it requires a mandate")
    assert known >= 10
    assert not faults, list_of(faults)


def test_projections_are_read_through_the_gate_by_the_porter_too():
    guarded = {model.__name__ for model in projections()} | {"Entry"}
    faults = []
    for module in (each for each in modules() if each.name.startswith("commonwatch.access.")):
        above = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(module.tree):
            if (
                not isinstance(node, ast.Attribute)
                or node.attr != "objects"
                or named(node.value) not in guarded
            ):
                continue
            step = above[node]
            if not isinstance(step, ast.Attribute) or step.attr != "visible_to":
                faults.append(f"{module.at(node)}: {named(node)} is read past visible_to")
    assert not faults, list_of(faults)


def test_every_act_names_its_refusals():
    known = {
        node.name for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)
    }
    faults = []
    for module, node in acts():
        said = ast.get_docstring(node) or ""
        refusals = re.findall(r"[A-Z]\w+", " ".join(re.findall(r":raises ([\w, \n]+):", said)))
        if not refusals:
            faults.append(f"{module.at(node)}: {node.name} does not say which refusals it raises")
        faults += [
            f"{module.at(node)}: {node.name} raises {each}, which is not" for each in {*refusals} - known
        ]
    assert not faults, list_of(faults)


def test_only_acts_write():
    faults = [
        f"{module.at(node)}: {named(node.func)} outside acts"
        for module in modules()
        if module.name.startswith("commonwatch.desks.") and module.room != "acts"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and named(node.func) in {"log.append", "log.append_many", "append", "append_many"}
    ]
    assert not faults, list_of(faults)


def readers():
    """Modules that serve people and programs: there every row passes the gate."""
    served = ("commonwatch.desks.", "commonwatch.federation.", "commonwatch.ui.")
    return [module for module in modules() if module.name.startswith(served)]


def test_rows_are_read_through_the_gate_only():
    papers = {model.__name__ for model in apps.get_models() if issubclass(model, Paper)}
    faults = []
    for module in readers():
        above = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
        faults += [
            f"{module.at(node)}: {named(node)} is read past visible_to"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute)
            and node.attr == "objects"
            and not gated(node, above, papers, module)
        ]
    assert not faults, list_of(faults)


def gated(node, above, papers, module):
    """Say whether a read passes the gate, or is of the account's own papers, or of journals by the reader's reach."""
    model, step = named(node.value), above[node]
    following = step.attr if isinstance(step, ast.Attribute) else ""
    if following == "visible_to":
        return True
    if model == "Journal":
        return module.name in OPEN_SHELVES
    if model not in papers:
        return False
    if model in OF_THE_POST_ROOM:
        return module.name.startswith("commonwatch.federation.")
    call = above[step]
    own = isinstance(call, ast.Call) and any(whose(each) for each in call.keywords)
    return own or (model == "Account" and module.name == ENTRANCE)


def whose(keyword):
    """Say whether a condition narrows papers to those of the account at work."""
    return (keyword.arg or "").startswith("account") or (
        keyword.arg == "handle" and named(keyword.value) == "by.account"
    )


def test_no_reader_goes_round_the_gate():
    ways = {"_default_manager", "_base_manager", "get_model", "raw", "cursor", "connections", "connection"}
    faults = [
        f"{module.at(node)}: {name} goes round the gate"
        for module in readers()
        for statement in module.tree.body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
        and (module.name, getattr(statement, "name", "")) not in ROUND_THE_GATE
        for node in ast.walk(statement)
        if (name := named(node).rpartition(".")[2]) in ways
    ]
    assert not faults, list_of(faults)


def test_those_that_may_go_round_the_gate_exist():
    there = {(module.name, getattr(node, "name", "")) for module in modules() for node in module.tree.body}
    assert there >= set(ROUND_THE_GATE)


def test_a_desk_knows_another_by_its_facts_in_its_projection_only():
    faults = []
    for module in modules():
        if not module.name.startswith("commonwatch.desks."):
            continue
        own = ".".join(module.name.split(".")[:3])
        for node, name, names in imports(module):
            for full in {name, *(f"{name}.{each}" for each in names)}:
                other = ".".join(full.split(".")[:3])
                if not full.startswith("commonwatch.desks.") or other == own or full.count(".") < 3:
                    continue
                if module.room != "projection" or full.split(".")[3] != "facts":
                    faults.append(f"{module.at(node)}: {full} belongs to another desk")
    assert not faults, list_of(faults)


def test_every_table_is_a_projection_a_paper_or_the_registers_own():
    loose = [
        model._meta.label
        for model in apps.get_models()
        if not issubclass(model, Projection | Paper)
        and model not in {Journal, Entry, Tile}
        and model._meta.app_label not in DJANGOS
    ]
    assert not loose, f"neither projection nor paper: {loose}"


def projections():
    return [model for model in apps.get_models() if issubclass(model, Projection)]


def test_projections_hold_texts_whole_numbers_and_yes_or_no():
    faults = [
        f"{model.__name__}.{field.name} is a {type(field).__name__}"
        for model in projections()
        for field in model._meta.concrete_fields
        if not isinstance(field, PLAIN) and field.name != "journal"
    ]
    assert not faults, list_of(faults)


def test_no_constraint_of_a_projection_spans_audiences():
    faults = [
        f"{model.__name__}: {constraint.name}"
        for model in projections()
        for constraint in model._meta.constraints
        if "journal" not in getattr(constraint, "fields", ())
    ]
    faults += [
        f"{model.__name__}.{field.name} is unique"
        for model in projections()
        for field in model._meta.concrete_fields
        if field.unique and not field.primary_key
    ]
    assert not faults, list_of(faults)


@pytest.mark.parametrize("model", projections(), ids=lambda model: model.__name__)
def test_a_projection_refuses_to_be_written(model):
    for way in (
        "create",
        "update",
        "delete",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
    ):
        with pytest.raises(Exception, match="folded from entries"):
            getattr(model.objects.all(), way)()


def test_every_fact_of_a_desk_folds_into_something():
    folded = {kind for kind in KINDS if fold._RULES.get(kind)}
    loose = {kind for kind, fact in KINDS.items() if ".desks." in fact.__module__} - folded
    assert not loose, f"facts that no projector folds: {sorted(loose)}"


def test_migrations_import_nothing_of_ours():
    faults = [
        f"{module.at(node)}: {name}"
        for module in migrations()
        for node, name, _names in imports(module)
        if name.startswith("commonwatch")
    ]
    assert not faults, list_of(faults)
