"""What holds for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failure; and who waits for a run has fewer examples than nobody does.
settings.register_profile("patient", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("patient" if "CI" in os.environ else "quick")

ROOT = Path(__file__).parent

# Real servers and browsers take their time, and some take a port that stands in a program: with
# `pytest -n 2 --dist loadgroup` one process runs them all, and another what is in memory.
IN_MEMORY = (ROOT / "packages", ROOT / "tests" / "conformance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(item.path.is_relative_to(folder) for folder in IN_MEMORY):
            item.add_marker(pytest.mark.xdist_group("one at a time"))
