"""How the code looks: sizes, documents, imports, words. STYLE of the house, held against every file."""

import ast
import re

import grimp
import pytest

from tests.house.tree import FUNCTIONS, ROOT, functions, imports, list_of, modules, named, texts, tools

MOST_LINES = 45
MOST_NESTING = 3
HEAVY = {"openpyxl", "weasyprint", "scipy"}
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def test_functions_have_at_most_45_lines():
    faults = []
    for module in modules() + tools():
        for node in functions(module):
            lines = node.end_lineno - node.lineno + 1
            if lines > MOST_LINES:
                faults.append(f"{module.at(node)}: {node.name} has {lines} lines, above {MOST_LINES}")
    assert not faults, list_of(faults)


def test_blocks_nest_at_most_three_deep():
    faults = [
        f"{module.at(node)}: {node.name} nests {depth} deep, above {MOST_NESTING}"
        for module in modules() + tools()
        for node in functions(module)
        if (depth := nesting(node)) > MOST_NESTING
    ]
    assert not faults, list_of(faults)


def nesting(node, *, inside=0):
    """Say how deep blocks stand in one another; `elif` is not deeper than its `if`, a function starts anew."""
    deepest = inside
    for name, children in ast.iter_fields(node):
        for child in children if isinstance(children, list) else [children]:
            if not isinstance(child, ast.AST) or isinstance(child, FUNCTIONS):
                continue
            chained = name == "orelse" and isinstance(node, ast.If) and isinstance(child, ast.If)
            step = isinstance(child, BLOCKS) and not chained
            deepest = max(deepest, nesting(child, inside=inside + step))
    return deepest


def test_every_module_and_everything_public_is_documented():
    faults = []
    for module in modules() + tools():
        if not ast.get_docstring(module.tree):
            faults.append(f"{module.path.relative_to(ROOT)}: the module has no docstring")
        faults += [f"{module.at(node)}: {name} has no docstring" for node, name in undocumented(module.tree)]
    assert not faults, list_of(faults)


def undocumented(scope, before=""):
    """Find public classes, functions and methods without a docstring; properties count, nested functions do not."""
    for node in scope.body:
        if not isinstance(node, (ast.ClassDef, *FUNCTIONS)) or node.name.startswith("_"):
            continue
        if node.name == "Meta" or any(named(each) == "overload" for each in node.decorator_list):
            continue
        name = f"{before}{node.name}"
        if not ast.get_docstring(node):
            yield node, name
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node, f"{name}.")


def test_no_module_is_called_utils():
    loose = {"utils", "util", "helpers", "misc", "common"}
    faults = [module.name for module in modules() if loose & set(module.name.split("."))]
    assert not faults, list_of(faults)


def test_imports_stand_at_the_top():
    faults = []
    for module in modules():
        for function in functions(module):
            for node, name, _names in imports(module, function):
                if name.split(".")[0] not in HEAVY and not (
                    module.room == "apps" and function.name == "ready"
                ):
                    faults.append(f"{module.at(node)}: {name} is imported inside {function.name}")
    assert not faults, list_of(faults)


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("commonwatch", cache_dir=None)


def test_no_modules_import_one_another_in_a_circle(graph):
    circles = [
        f"{name}: {' > '.join(chain)}"
        for name in sorted(graph.modules)
        for later in sorted(graph.find_modules_directly_imported_by(name))
        if (chain := graph.find_shortest_chain(later, name))
    ]
    assert not circles, list_of(circles)


LEFT_BEHIND = re.compile(
    r"\b((?-i:TODO|FIXME|XXX|HACK)|stub out|lorem ipsum|for now(?! in)|(?<![:\"'])placeholder(?![=\"'])|"
    r"simplified|not implemented|temporary hack|in a real system|in production you would)\b",
    re.IGNORECASE,
)
PLACES = re.compile(r"(?<![\w.])/(?:home|work|Users|tmp)/\w|\bC:\\\\")
WRITTEN = ("commonwatch", "organisations", "bench", "tests", "tools", "docs", ".ci")
TEXTUAL = {".py", ".yaml", ".html", ".css", ".js", ".json", ".md", ".po", ".toml", ".in", ".txt", ".sh", ""}


def written():
    """Every text of the project that a person wrote, but what was taken from elsewhere and this file."""
    tops = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith("requirements")]
    found = [path for top in WRITTEN for path in (ROOT / top).rglob("*")]
    for path in sorted({*tops, *found}):
        strange = {"vendor", "vectors", "__pycache__"} & set(path.parts)
        if path.is_file() and path.suffix in TEXTUAL and not strange and path.name != "test_shape.py":
            yield path, path.read_text()


def test_nothing_is_left_for_later_and_no_machine_is_named():
    faults = []
    for path, text in written():
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in (("a word left behind", LEFT_BEHIND), ("a machine's path", PLACES)):
                if hit := pattern.search(line):
                    faults.append(f"{path.relative_to(ROOT)}:{number}: {what}: {hit.group()!r}")
    assert not faults, list_of(faults)


def test_no_text_of_the_product_shouts_or_says_nothing():
    faults = [
        f"{module.at(node)}: {text!r}"
        for module in modules()
        for node, text in texts(module)
        if re.search(r"[A-Za-zА-Яа-я]!(\s|$)|\b(oops|sorry)\b|упс", text, re.IGNORECASE)
    ]
    assert not faults, list_of(faults)
