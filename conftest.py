"""What holds for every test."""

import os
from typing import Any

import pytest
from hypothesis import settings

# A slow machine is no failure; and who waits for a run has fewer examples than nobody does.
settings.register_profile("patient", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("patient" if "CI" in os.environ else "quick")

# Real servers and browsers take their time, and some take a port that stands in a program.
IN_MEMORY = ("packages/", "tests/conformance/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """With ``-n 2``, let one process run all real servers, and another what is in memory."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Apart(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(IN_MEMORY):
                return nodeid.partition("::")[0]
            return "one at a time"

    return Apart(config, log)
