"""The code of the product as syntax trees: what the rules of the house are held against."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "commonwatch"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Module(NamedTuple):
    """One file: its dotted name, its path, its text and its tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    def at(self, node):
        """Name a place as a person finds it."""
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"

    @property
    def room(self):
        """The part of the name that says what the file is for: `acts` of commonwatch.desks.exchange.acts.reports."""
        parts = self.name.split(".")
        return parts[3] if parts[1:2] == ["desks"] and len(parts) > 3 else parts[-1]


@cache
def modules():
    """Every module of the product but migrations."""
    found = sorted(path for path in PRODUCT.rglob("*.py") if "migrations" not in path.parts)
    return tuple(_module(path) for path in found)


@cache
def migrations():
    """Every migration."""
    return tuple(_module(path) for path in sorted(PRODUCT.rglob("migrations/0*.py")))


@cache
def tools():
    """Every file that is run alone, without the product."""
    return tuple(_module(path) for path in sorted((ROOT / "tools").glob("*.py")))


def _module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text()
    return Module(name, path, text, ast.parse(text, filename=str(path)))


def functions(module):
    """Every function and method of a module, at any depth."""
    return [node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS)]


def named(node):
    """Give a dotted expression such as `log.turn` as text; nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = named(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def imports(module, tree=None):
    """Every import as (node, the module's full name, the names taken from it)."""
    for node in ast.walk(tree or module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, ()
        elif isinstance(node, ast.ImportFrom):
            yield node, node.module or "", tuple(alias.name for alias in node.names)


def texts(module):
    """Every plain text in the code: docstrings and others, as (node, text)."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value


def list_of(faults):
    """Write faults one a line, for the message of an assertion."""
    return "\n" + "\n".join(faults)
