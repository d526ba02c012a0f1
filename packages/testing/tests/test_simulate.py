"""Requests to an application by functions."""

from __future__ import annotations

import pytest

from falconws.core import Receive, Scope, Send
from falconws.testing import simulate

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Mirror:
    """An application that answers with method, path and query, and counts its runs."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                self.log.append(phase)
                await send({"type": f"lifespan.{phase}.complete"})
            return
        self.log.append(scope["method"])
        facts = (scope["method"], scope["path"], scope["query_string"].decode())
        headers = [(b"x-facts", "|".join(facts).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_function_of_its_own(method: str) -> None:
    function = getattr(simulate, f"simulate_{method.lower()}")
    mirror = Mirror()
    result = function(mirror, "/rooms", params={"a": 1})
    assert result.headers["x-facts"] == f"{method}|/rooms|a=1"
    assert mirror.log == ["startup", method, "shutdown"]
    assert function(mirror).headers["x-facts"] == f"{method}|/|"


def test_any_method_can_be_sent() -> None:
    result = simulate.simulate_request(Mirror(), "report", "/a", query_string="b=1")
    assert result.headers["x-facts"] == "REPORT|/a|b=1"
    assert simulate.simulate_request(Mirror()).headers["x-facts"] == "GET|/|"


def test_an_argument_that_there_is_not_is_named() -> None:
    mirror = Mirror()
    with pytest.raises(TypeError, match="no argument 'quary_string'"):
        simulate.simulate_get(mirror, "/", quary_string="a")  # type: ignore[call-arg]
    assert mirror.log == []


async def test_in_a_running_loop_it_says_what_to_use_instead() -> None:
    with pytest.raises(RuntimeError, match="running event loop"):
        simulate.simulate_get(Mirror())
