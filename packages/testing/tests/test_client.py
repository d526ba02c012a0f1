"""Requests to an application, from ordinary code."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Request, Response, Scope, Send
from falconws.testing import ASGIConductor, TestClient


class Echo:
    """A resource that answers with the request, and middleware that counts the runs."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def process_startup(self, scope: Scope, event: Event) -> None:
        self.log.append("up")

    async def process_shutdown(self, scope: Scope, event: Event) -> None:
        self.log.append("down")

    async def on_any(self, req: Request, resp: Response) -> None:
        self.log.append(req.method)
        resp.set_header("X-Token", req.get_header("X-Token", default="none"))
        resp.media = {"method": req.method, "params": req.params}

    on_get = on_head = on_post = on_put = on_patch = on_delete = on_options = on_any


def echoing() -> tuple[TestClient, Echo]:
    echo = Echo()
    app = App(extensions=(), middleware=echo)
    app.add_route("/", echo)
    return TestClient(app, headers={"X-Token": "1"}), echo


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
)
def test_every_method_has_functions_of_its_own(method: str) -> None:
    client, echo = echoing()
    for name in (f"simulate_{method.lower()}", method.lower()):
        result = getattr(client, name)("/", params={"a": 1})
        assert result.headers["x-token"] == "1"
        if method != "HEAD":
            assert result.json == {"method": method, "params": {"a": "1"}}
    assert echo.log == ["up", method, "down"] * 2


def test_a_request_without_arguments_is_a_get() -> None:
    client, echo = echoing()
    assert client.simulate_request().status_code == 200
    assert client.request().status_code == 200
    assert echo.log == ["up", "GET", "down"] * 2


async def test_in_a_running_loop_it_says_what_to_write_instead() -> None:
    client, echo = echoing()
    with pytest.raises(RuntimeError, match="async with client as conductor"):
        client.simulate_get("/")
    assert echo.log == []


async def test_as_a_block_it_is_a_conductor_for_one_run() -> None:
    client, echo = echoing()
    async with client as conductor:
        assert isinstance(conductor, ASGIConductor)
        for _ in range(2):
            result = await conductor.simulate_get("/")
            assert result.headers["x-token"] == "1"
    assert echo.log == ["up", "GET", "GET", "down"]


async def test_it_can_be_a_block_more_than_once() -> None:
    client, echo = echoing()
    for _ in range(2):
        async with client as conductor:
            await conductor.simulate_get("/")
    assert echo.log == ["up", "GET", "down"] * 2


def test_what_an_application_raises_comes_out() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        TestClient(app).simulate_get("/")


def test_a_responder_that_hangs_fails_and_is_shown() -> None:
    async def hanging_responder(req: Request, resp: Response) -> None:
        await asyncio.Event().wait()

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=hanging_responder))
    with pytest.raises(TimeoutError, match="in hanging_responder"):
        TestClient(app, timeout=0.05).simulate_get("/")


def test_pytest_does_not_take_it_for_a_class_of_tests() -> None:
    collected: Any = TestClient
    assert collected.__test__ is False
