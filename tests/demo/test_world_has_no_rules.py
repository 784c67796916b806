"""The truth must not be computed the way the product computes it, or comparing them proves nothing.

So `demo/` may hold no lead rule, no matching rule and no window: nothing that compares how far two
instants lie apart, nothing that reads records back to decide what they mean, none of the agreed
spans of days, none of the product's words for its rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"
WORLD = (
    "assortment", "bookkeeping", "cards", "company", "happen", "happen_books", "happen_cards",
    "identity", "ledger", "lives", "moscow", "picks", "prices", "regulars", "scenarios", "staff",
    "story", "tales", "words", "world",
)  # fmt: skip
MODULES = sorted(DEMO.glob("*.py"))

RULE_WORDS = re.compile(
    r"match_?rule|allocat|lead_?window|window_?days|dedup|normali[sz]e|same_?(person|event|lead)"
    r"|join(s|ed)?_?(to|lead)|lead_?rule|outstanding|attribut(e|ion)_?model"
)
AGREED_DAYS = {30, 60, 90}
AGREED_MINUTES = {10}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _is_span(node: ast.AST) -> bool:
    return any(name in ("DAY", "HOUR", "timedelta") for name in _names(node))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_module_uses_the_products_words_for_its_rules(path: Path) -> None:
    assert [name for name in _names(_tree(path)) if RULE_WORDS.search(name.lower())] == []


@pytest.mark.parametrize("name", WORLD)
def test_no_decision_depends_on_how_far_two_moments_lie_apart(name: str) -> None:
    compared = [
        ast.unparse(node)
        for node in ast.walk(_tree(DEMO / f"{name}.py"))
        if isinstance(node, ast.Compare) and _is_span(node)
    ]
    assert compared == []


@pytest.mark.parametrize("name", WORLD)
def test_none_of_the_agreed_windows_is_written_here(name: str) -> None:
    windows = []
    for node in ast.walk(_tree(DEMO / f"{name}.py")):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            units = set(_names(node))
            numbers = {
                part.value for part in (node.left, node.right) if isinstance(part, ast.Constant)
            }
            if ("DAY" in units and numbers & AGREED_DAYS) or (
                "MINUTE" in units and numbers & AGREED_MINUTES
            ):
                windows.append(ast.unparse(node))
    assert windows == []


@pytest.mark.parametrize("name", ["ledger", "tales"])
def test_the_truth_never_looks_at_a_record(name: str) -> None:
    imported = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(_tree(DEMO / f"{name}.py"))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    told = {module for module in imported if module.startswith("demo")}
    assert not any(part in module for module in told for part in ("store", "records", "story"))


def test_the_world_is_made_without_the_product() -> None:
    product = {
        "ingestion",
        "warehouse",
        "expectations",
        "alerts",
        "orchestration",
        "dagster",
        "dbt",
    }
    for path in MODULES:
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in product, path.name
            elif isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & product, path.name
