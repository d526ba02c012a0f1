"""What holds for every test."""

import os
from typing import Any

import pytest
from hypothesis import settings

# A slow machine is no failure; and who waits for a run has fewer examples than nobody does.
settings.register_profile("patient", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=25)
settings.load_profile("patient" if "CI" in os.environ else "quick")

# What is in memory; and what measures real servers, of which one runs at a time. In between is what
# starts programs as well, some of which have a port in their text.
IN_MEMORY = ("packages/", "tests/conformance/")
SERVERS = ("tests/channels/", "tests/servers/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """With ``-n 2``, let one process run all that measures servers, one after another."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class Apart(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(IN_MEMORY):
                return nodeid.partition("::")[0]
            return "servers" if nodeid.startswith(SERVERS) else "programs"

    return Apart(config, log)
