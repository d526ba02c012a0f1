"""The two-way check: no requirement without a test, no test without a requirement."""

import ast
from pathlib import Path

from tests.conformance.document import PAGE, written
from tests.conformance.requirements import REQUIREMENTS

HERE = Path(__file__).parent


def named_requirements() -> dict[str, list[str]]:
    """Give the requirements that the tests of this folder name, by test."""
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name.startswith("test_"):
                    found[f"{path.name}::{node.name}"] = _names(node)
    return found


def _names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    return [
        argument.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "requirement"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def test_every_requirement_has_a_test() -> None:
    tested = {name for names in named_requirements().values() for name in names}
    untested = [r.id for r in REQUIREMENTS if r.id not in tested]
    assert untested == []


def test_every_test_names_requirements_that_exist() -> None:
    known = {requirement.id for requirement in REQUIREMENTS}
    for test, names in named_requirements().items():
        assert names, f"{test} names no requirement"
        assert set(names) <= known, f"{test} names what is no requirement"


def test_no_two_requirements_have_one_name() -> None:
    ids = [requirement.id for requirement in REQUIREMENTS]
    assert len(ids) == len(set(ids))


def test_a_requirement_says_where_it_is_written() -> None:
    for requirement in REQUIREMENTS:
        assert requirement.url.startswith("https://"), requirement.id
        assert requirement.behaviour.endswith("."), requirement.id


def test_the_page_on_moving_from_falcon_lists_every_difference() -> None:
    page = PAGE.read_text()
    assert written(page) == page, "run python -m tests.conformance.document"
