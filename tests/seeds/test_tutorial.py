"""The tutorial, step by step: servers and clients."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .conftest import both_protocols

if TYPE_CHECKING:
    from tests.conftest import Serve
    from tests.seeds.conftest import RunClient

PATIENCE = 30.0


@pytest.fixture
def tutorial(programs: Path) -> Path:
    return programs / "tutorial"


def test_hello_is_answered_in_json(serve: Serve, tutorial: Path) -> None:
    server = serve("app:app", tutorial / "hello")

    response = httpx.get(f"{server.url}/hello")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"hello": "world"}


@pytest.mark.parametrize("step", ["echo", "date", "reports", "logger"])
def test_hello_is_answered_beside_the_sockets(
    serve: Serve, tutorial: Path, step: str
) -> None:
    server = serve("app:app", tutorial / step)

    assert httpx.get(f"{server.url}/hello").json() == {"hello": "world"}


@both_protocols
async def test_text_is_echoed(serve: Serve, tutorial: Path) -> None:
    server = serve("app:app", tutorial / "echo")

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/echo") as ws:
        await ws.send("hello")
        assert await ws.recv() == "Received the following text: hello"
        await ws.send("again")
        assert await ws.recv() == "Received the following text: again"


def test_the_client_shows_what_the_echo_says(
    serve: Serve, run_client: RunClient, tutorial: Path, port_8000: int
) -> None:
    serve("app:app", tutorial / "echo", port=port_8000)

    done = run_client(tutorial / "echo" / "client.py", "Hi", "there", "Q")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "Enter a message (q to exit): Received the following text: Hi\n"
        "Enter a message (q to exit): Received the following text: there\n"
        "Enter a message (q to exit): "
    )


async def test_a_message_comes_back_in_json_with_the_date(
    serve: Serve, tutorial: Path
) -> None:
    server = serve("app:app", tutorial / "date")

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/echo") as ws:
        await ws.send("Hi")
        answer = await ws.recv(decode=None)

    assert isinstance(answer, str), "JSON goes in a text message."
    media = json.loads(answer)
    assert media.keys() == {"message", "date"}
    assert media["message"] == "Hi"
    assert datetime.fromisoformat(media["date"]).tzinfo is None


def test_the_client_shows_the_json_with_the_date(
    serve: Serve, run_client: RunClient, tutorial: Path, port_8000: int
) -> None:
    serve("app:app", tutorial / "date", port=port_8000)

    done = run_client(tutorial / "echo" / "client.py", "Hi", "q")

    assert done.returncode == 0, done.stderr
    answer, _ = done.stdout.removeprefix("Enter a message (q to exit): ").split("\n")
    assert json.loads(answer)["message"] == "Hi"


@pytest.mark.parametrize("step", ["reports", "logger"])
async def test_a_report_is_found_by_its_name(
    serve: Serve, tutorial: Path, step: str
) -> None:
    server = serve("app:app", tutorial / step)

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/reports") as ws:
        await ws.send("report3")
        assert json.loads(await ws.recv()) == {"report": "Report 3"}


@pytest.mark.parametrize("step", ["reports", "logger"])
async def test_a_report_that_does_not_exist_is_an_error_and_not_the_end(
    serve: Serve, tutorial: Path, step: str
) -> None:
    server = serve("app:app", tutorial / step)

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/reports") as ws:
        await ws.send("report5")
        assert json.loads(await ws.recv()) == {"error": "report not found"}
        await ws.send("report1")
        assert json.loads(await ws.recv()) == {"report": "Report 1"}


def test_the_reports_client_asks_until_its_input_ends(
    serve: Serve, run_client: RunClient, tutorial: Path, port_8000: int
) -> None:
    server = serve("app:app", tutorial / "reports", port=port_8000)

    done = run_client(tutorial / "reports" / "reports_client.py", "report1", "report5")

    assert done.stdout == (
        'Name of the log: {"report":"Report 1"}\n'
        'Name of the log: {"error":"report not found"}\n'
        "Name of the log: "
    )
    # The program has no way out; without a terminal the end of its input is one.
    assert done.stderr.rstrip().endswith("EOFError: EOF when reading a line")
    server.wait_for("'title': 'Report 1'")


async def test_the_middleware_prints_a_line_for_each_connection(
    serve: Serve, tutorial: Path
) -> None:
    server = serve("app:app", tutorial / "logger")

    async with asyncio.timeout(PATIENCE):
        for path in ("/echo", "/reports"):
            async with connect(f"{server.ws_url}{path}"):
                server.wait_for(f"(?m)^WebSocket connection established on {path}$")


def test_a_request_over_http_is_none_of_the_middleware_s_business(
    serve: Serve, tutorial: Path
) -> None:
    server = serve("app:app", tutorial / "logger")

    assert httpx.get(f"{server.url}/hello").json() == {"hello": "world"}
    server.stop()

    assert "established" not in server.output


async def test_reports_are_for_those_whose_first_message_is_the_token(
    serve: Serve, tutorial: Path
) -> None:
    server = serve("app:app", tutorial / "authentication")

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/reports") as ws:
        await ws.send("very secure token")
        await ws.send("report2")
        assert json.loads(await ws.recv()) == {"report": "Report 2"}
        await ws.send("report5")
        assert json.loads(await ws.recv()) == {"error": "report not found"}

    server.wait_for("Client with token 'very secure token' Authenticated")
    server.wait_for("WebSocket connection established on '/reports'")
    server.wait_for("selected report: {'title': 'Report 2'")


async def test_a_wrong_token_closes_the_connection_with_1008(
    serve: Serve, tutorial: Path
) -> None:
    server = serve("app:app", tutorial / "authentication")

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/reports") as ws:
        await ws.send("a guess")
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()

    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008
    assert "Authenticated" not in server.output


async def test_the_echo_takes_no_token(serve: Serve, tutorial: Path) -> None:
    server = serve("app:app", tutorial / "authentication")

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/echo") as ws:
        await ws.send("Hi")
        assert json.loads(await ws.recv())["message"] == "Hi"


def test_the_reports_client_sends_its_token_first(
    serve: Serve, run_client: RunClient, tutorial: Path, port_8000: int
) -> None:
    directory = tutorial / "authentication"
    server = serve("app:app", directory, port=port_8000)

    done = run_client(directory / "reports_client.py", "report4", "report5", "q")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        'Name of the log (q to exit): {"report":"Report 4"}\n'
        'Name of the log (q to exit): {"error":"report not found"}\n'
        "Name of the log (q to exit): "
    )
    server.wait_for("Client with token 'very secure token' Authenticated")


@both_protocols
def test_a_reports_client_with_another_token_is_told_of_a_policy_violation(
    serve: Serve,
    run_client: RunClient,
    tutorial: Path,
    port_8000: int,
    tmp_path: Path,
) -> None:
    directory = tutorial / "authentication"
    serve("app:app", directory, port=port_8000)
    text = (directory / "reports_client.py").read_text(encoding="utf-8")
    client = tmp_path / "reports_client.py"
    client.write_text(text.replace("very secure", "other"), encoding="utf-8")

    done = run_client(client, "report4", "q")

    assert done.returncode == 1
    # The words of the document.
    assert done.stderr.rstrip().endswith(
        "websockets.exceptions.ConnectionClosedError: received 1008 (policy violation); "
        "then sent 1008 (policy violation)"
    )


@pytest.mark.parametrize("path", ["/", "/index.html", "/anything/else"])
def test_every_path_without_a_resource_gets_the_page_with_the_echo_client(
    serve: Serve, tutorial: Path, path: str
) -> None:
    directory = tutorial / "authentication"
    server = serve("app:app", directory)

    response = httpx.get(f"{server.url}{path}")

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "text/html"
    assert response.content == (directory / "static" / "index.html").read_bytes()


def test_a_resource_goes_before_the_page(serve: Serve, tutorial: Path) -> None:
    server = serve("app:app", tutorial / "authentication")

    assert httpx.get(f"{server.url}/hello").json() == {"hello": "world"}
