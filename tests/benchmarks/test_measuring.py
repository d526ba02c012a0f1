"""That benchmarks measure what they say, and say what went wrong."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import _inprocess, _page, _uvicorn
from benchmarks.__main__ import main
from benchmarks._cases import CASES, check
from benchmarks._progress import Progress
from benchmarks._results import Results
from benchmarks._servers import Server
from benchmarks._worker import lifespan, loop_factory, serve
from benchmarks.apps import bare, falcon, falconws

HERE = (bare, falconws, falcon)  # Other peers are no dependency of the tests.


@pytest.mark.parametrize("key", CASES)
@pytest.mark.parametrize("module", HERE, ids=lambda module: module.__name__)
async def test_what_is_measured_is_answered_as_it_should_be(
    module: Any, key: str
) -> None:
    app = module.build(CASES[key].variant)
    async with lifespan(app):
        await check(app, key)
        assert await CASES[key].run(app, 3 if CASES[key].count > 1 else 1) > 0


@pytest.mark.parametrize("key", CASES)
async def test_an_application_that_answers_something_else_is_refused(key: str) -> None:
    async def wrong(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    with pytest.raises(AssertionError, match="The application answers"):
        await check(wrong, key)


def test_a_worker_gives_a_line_for_each_order_and_goes_on_after_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working = bare.build

    def build(variant: str) -> Any:
        if variant == "routes":
            raise ValueError("broken")
        return working(variant)

    monkeypatch.setattr("benchmarks.apps.bare.build", build)
    orders = [
        json.dumps({"case": case, "count": 2, "checks": True})
        for case in ("get", "routes", "post")
    ]
    out = io.StringIO()
    serve("bare", "asyncio", orders, out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert answers[0]["seconds"] > 0
    assert answers[1] == {"error": "ValueError: broken"}
    assert answers[2]["seconds"] > 0


def test_an_event_loop_is_chosen_by_its_name() -> None:
    for name in ("asyncio", "uvloop"):
        loop = loop_factory(name)()
        assert type(loop).__module__.startswith(name)
        loop.close()


def test_a_worker_that_fails_leaves_a_reason() -> None:
    with _inprocess.Worker("nobody", "asyncio") as worker:
        assert "error" in worker.ask("get", 1)


def test_a_run_writes_results_and_charts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["--tables", "sse,start", "--peers", "falconws,bare", "--rounds", "1"]
    assert main([*chosen, "--loop", "asyncio", "--output", str(tmp_path)]) == 0
    results = Results.load(tmp_path / "results.json")
    assert [table.key for table in results.tables] == ["sse", "start"]
    for row in results.tables[0].rows:
        assert {*row.cells} == {"bare", "falconws"}
        assert all(len(cell.rounds) == 1 for cell in row.cells.values())
    assert (tmp_path / "sse.svg").read_text("utf-8").startswith("<svg")
    assert "falconws" in capsys.readouterr().out


def test_results_can_be_printed_again_without_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_page, "write", lambda results: print("written"))
    assert main(["--use", str(_page.RESULTS), "--write-docs"]) == 0
    printed = capsys.readouterr().out
    assert "Targets" in printed
    assert "written" in printed


def test_some_tables_can_be_measured_again_and_the_others_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Results.load(_page.RESULTS)
    arguments = ["--quick", "--tables", "sse", "--peers", "bare", "--rounds", "1"]
    arguments += ["--use", str(_page.RESULTS), "--output", str(tmp_path)]
    assert main(arguments) == 0
    after = Results.load(tmp_path / "results.json")
    assert [each.key for each in after.tables] == [each.key for each in before.tables]
    for old, new in zip(before.tables, after.tables, strict=True):
        assert (new == old) == (new.key != "sse")


@pytest.mark.parametrize(
    "wrong", [["--tables", "none"], ["--peers", "django"], ["--rounds", "0"]]
)
def test_a_table_a_peer_or_a_number_that_is_not_there_is_refused(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(wrong)
    assert "usage" in capsys.readouterr().err


def test_without_wrk_its_table_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_uvicorn, "find_wrk", lambda: None)
    load = _uvicorn.Load(1, 0.1, "asyncio")
    table = _uvicorn.measure("server-http", ["bare"], load, Progress(io.StringIO()))
    assert table.rows == []
    assert table.skipped is not None
    assert "wrk" in table.skipped


def test_what_wrk_says_is_read_and_errors_are_not_taken_for_speed() -> None:
    said = "  12345 requests in 1.50s, 2.00MB read\nRequests/sec:   8230.00"
    assert _uvicorn.requests_of(said) == {"count": 12345.0, "seconds": 1.5}
    assert _uvicorn.requests_of("7 requests in 500.00ms")["seconds"] == 0.5
    for wrong in ("nothing", said + "\n  Non-2xx or 3xx responses: 3"):
        with pytest.raises(RuntimeError, match="wrk said"):
            _uvicorn.requests_of(wrong)


def test_progress_is_a_line_for_each_row_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    progress = Progress(out)
    for number in range(3):
        progress.show("GET", number, 2)
    progress.show("POST", 1, 2)
    progress.clear()
    assert [line.split("  ")[-1] for line in out.getvalue().splitlines()] == [
        "GET, 2 rounds",
        "POST, 2 rounds",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_server_is_started_measured_and_stopped() -> None:
    with Server("bare", "asyncio") as server:
        assert server.memory() > 0
        assert server.cpu() > 0
        assert server._process.poll() is None
    assert server._process.poll() is not None


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="does not start"):
        Server("nobody", "asyncio")
