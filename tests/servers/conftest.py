"""Starts servers, and reports what was measured on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from .serving import Served, serving

# A machine that is busy is this many times slower than one that is not.
TOLERANCE = 5

Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that serves a program, and stop what it started at the end."""
    with ExitStack() as stack:

        def run(source: str, name: str, command: str | None = None) -> Served:
            return stack.enter_context(serving(source, tmp_path, name, command))

        yield run


Measured = Callable[..., None]

# What a test has measured goes with its report, from whichever process runs it.
_MEASURED = "measured"


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Measured:
    """Give a function that reports a figure, and fails if it is a multiple of its bound."""

    def note(what: str, server: str, figure: float, bound: float, unit: str) -> None:
        row = [what, server, f"{figure:.2f} {unit}", f"{bound:g} {unit}"]
        request.node.user_properties.append((_MEASURED, row))
        assert figure < bound * TOLERANCE

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [
        row
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, row in report.user_properties
        if name == _MEASURED
    ]
    if not rows:
        return
    terminalreporter.section("measured on real servers")
    for what, server, figure, bound in rows:
        terminalreporter.line(f"{what:<58} {server:<16} {figure:>10}  (bound {bound})")
