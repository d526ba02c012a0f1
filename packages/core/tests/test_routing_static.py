import asyncio
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any
from urllib.parse import unquote

import pytest

from falconws.core import App, Event, HTTPNotFound, Request, Response
from falconws.core.dates import http_date_to_dt
from falconws.core.response.stream import FileStream
from falconws.core.routing import StaticRoute
from falconws.testing import TestClient, create_scope

LARGE = bytes(range(256)) * 1024  # of 256 KiB; what is larger than 64 KiB is streamed
MODIFIED = 1_700_000_000
TAG = '"17979cfe71c4c618-10000"'  # of limit.bin
THEN = "Tue, 14 Nov 2023 22:13:20 GMT"
FILES = {
    "page.html": "<h1>Zoë</h1>".encode(),
    "sub/data.JSON": b"{}",
    "empty": b"",
    "limit.bin": LARGE[:65536],
    "large.bin": LARGE,
    'with "quotes".txt': b"quoted",
    "Zoë.txt": b"named",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory to serve, beside a file that is not to be served."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "public_not").mkdir()
    (tmp_path / "public_not" / "secret.txt").write_text("secret")
    public = tmp_path / "public"
    (public / "sub").mkdir(parents=True)
    for name, content in FILES.items():
        (public / name).write_bytes(content)
        os.utime(public / name, ns=(0, MODIFIED * 10**9 + 999_999_000))
    return public


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[IO[Any]]]:
    """What is opened; all of it has to be closed in the end, and opened in a thread."""
    files: list[IO[Any]] = []
    really_open, loop_thread = Path.open, threading.current_thread()

    def open_and_note(path: Path, mode: str) -> IO[Any]:
        assert threading.current_thread() is not loop_thread
        files.append(really_open(path, mode))
        return files[-1]

    monkeypatch.setattr(Path, "open", open_and_note)
    yield files
    assert [file.closed for file in files] == [True] * len(files)


def client(directory: Path, prefix: str = "/static", **kwargs: Any) -> TestClient:
    app = App(extensions=())
    app.add_static_route(prefix, directory, **kwargs)
    return TestClient(app)


async def never() -> Event:
    """Receive nothing from a client that stays."""
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


@pytest.mark.parametrize("prefix", ["/static", "/static/"])
@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.html", "text/html"),
        ("sub/data.JSON", "application/json"),
        ("empty", "application/octet-stream"),
        ("limit.bin", "application/octet-stream"),
        ("large.bin", "application/octet-stream"),
    ],
)
def test_a_file_is_served_with_its_type_and_its_length(
    directory: Path, opened: list[IO[Any]], prefix: str, name: str, content_type: str
) -> None:
    static = client(directory, prefix)
    result = static.get(f"/static/{name}")
    assert (result.status_code, result.content) == (200, FILES[name])
    assert result.content_type == content_type
    assert result.headers["content-length"] == str(len(FILES[name]))
    assert "content-disposition" not in result.headers
    head = static.head(f"/static/{name}", headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == result.headers
    assert len(opened) == 2


def test_files_are_read_and_not_written(directory: Path) -> None:
    static = client(directory)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        result = static.request(method, "/static/page.html")
        assert result.status_code == 405
        assert result.headers["allow"] == "GET, HEAD, OPTIONS"
    result = static.options("/static/page.html")
    assert (result.status_code, result.headers["allow"]) == (200, "GET, HEAD")


# What is not found.

OUTSIDE = """../secret.txt ..%2fsecret.txt sub/../../secret.txt sub/../page.html ./page.html ..
    ../public_not/secret.txt %2e%2e/secret.txt ..%5csecret.txt"""
NO_FILE = (
    "sub sub/ page.html/ missing missing/missing page.html/x sub//data.JSON /page.html"
)
NO_NAME = """page.html. page.html%20 page.html%00 page%0a.html page%1f.html page%c2%9f.html
    page.html:stream page.html%7f %ff ~ *"""
DEVICES = "NUL nul.txt NUL%20.txt conin%24 COM%C2%B9 sub/CON com1.log LPT9"
TOO_LONG = ["a" * 300, "a/" * 250 + "a", "a/" * 256 + "a"]


@pytest.mark.parametrize(
    "path", ["", *f"{OUTSIDE} {NO_FILE} {NO_NAME} {DEVICES}".split(), *TOO_LONG]
)
def test_a_path_that_is_no_file_of_the_directory_is_not_found(
    directory: Path, path: str
) -> None:
    for name in f"page.html. page.html%20 ~ {DEVICES}".split():
        (directory / unquote(name)).write_text("not to be served")
    result = client(directory).get(f"/static/{path}")
    assert result.status_code == 404
    assert result.json["title"] == "404 Not Found"


@pytest.mark.parametrize("name", "CONsole.txt com.txt com12.txt COMX .well".split())
def test_a_name_that_only_looks_like_a_device_is_served(
    directory: Path, name: str
) -> None:
    (directory / name).write_text("served")
    assert client(directory).get(f"/static/{name}").text == "served"


def test_what_nobody_writes_to_is_not_waited_for(directory: Path) -> None:
    os.mkfifo(directory / "fifo")
    assert client(directory).get("/static/fifo").status_code == 404


async def test_a_path_that_is_no_text_is_not_found(directory: Path) -> None:
    req = Request(create_scope() | {"path": "/\ud800"}, never)
    with pytest.raises(HTTPNotFound):
        await StaticRoute("/", directory)(req, Response())


@pytest.mark.parametrize("extra", [0, 1])
def test_a_path_may_be_as_long_as_512_characters(directory: Path, extra: int) -> None:
    name = "a" * 128
    deep = directory.joinpath(name, name, name)
    deep.mkdir(parents=True)
    last = "b" * (512 - 3 * 129 + extra)
    (deep / last).write_text("deep")
    result = client(directory).get(f"/static/{name}/{name}/{name}/{last}")
    assert result.status_code == (404 if extra else 200)


def test_a_link_that_leaves_the_directory_is_not_found(directory: Path) -> None:
    (directory / "out.txt").symlink_to(directory.parent / "secret.txt")
    (directory / "out").symlink_to(directory.parent / "public_not")
    (directory / "within.html").symlink_to(directory / "empty")
    (directory / "loop").symlink_to(directory / "loop")
    static = client(directory)
    for name in ("out.txt", "out/secret.txt", "loop"):
        assert static.get(f"/static/{name}").status_code == 404
    assert static.get("/static/within.html").content_type == "text/html"


def test_a_directory_that_is_a_link_itself_is_served(directory: Path) -> None:
    link = directory.parent / "link"
    link.symlink_to(directory)
    assert client(link).get("/static/page.html").status_code == 200


def test_a_path_beside_the_prefix_is_none_of_its_business(directory: Path) -> None:
    for path in ("/static", "/staticpage.html", "/static2/page.html", "/page.html"):
        assert client(directory).get(path).status_code == 404


# Conditions and ranges.


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (206, {"If-Range": TAG, "Range": "bytes=-3"}),
        (304, {"If-None-Match": TAG}),
        (304, {"If-Modified-Since": THEN, "Range": "bytes=-3"}),
        (412, {"If-Match": '"another"'}),
        (416, {"Range": "bytes=65536-"}),
    ],
)
def test_the_state_of_a_file_is_told_and_conditions_are_held_against_it(
    directory: Path, opened: list[IO[Any]], status: int, headers: dict[str, str]
) -> None:
    result = client(directory).get("/static/limit.bin", headers=headers)
    assert result.status_code == status
    assert result.headers["etag"] == TAG
    assert result.headers["last-modified"] == THEN
    assert result.headers.get("accept-ranges") == ("bytes" if status < 300 else None)
    ranges = {206: "bytes 65533-65535/65536", 416: "bytes */65536"}
    assert result.headers.get("content-range") == ranges.get(status)
    assert ("content-length" in result.headers) == (status != 304)
    assert len(opened) == 1


def test_a_file_that_is_changed_has_another_state(directory: Path) -> None:
    static = client(directory)
    os.utime(directory / "limit.bin", (0, MODIFIED + 1))
    assert static.get("/static/limit.bin").headers["etag"] == '"17979cfe71c4ca00-10000"'
    (directory / "limit.bin").write_bytes(b"")
    os.utime(directory / "limit.bin", (0, 2**33))
    headers = static.get("/static/limit.bin").headers
    assert headers["etag"] == '"7735940000000000-0"'
    # RFC 9110, 8.8.2.1: what is from the future was modified now.
    told = http_date_to_dt(headers["last-modified"]).timestamp()
    assert MODIFIED < told <= time.time()


@pytest.mark.parametrize(
    ("first", "last"), [(1, 65536), (0, 65536), (1, 262143), (262143, 262143)]
)
def test_a_part_is_sent_and_nothing_behind_it(
    directory: Path, opened: list[IO[Any]], first: int, last: int
) -> None:
    headers = {"Range": f"bytes={first}-{last}"}
    result = client(directory).get("/static/large.bin", headers=headers)
    assert (result.status_code, result.content) == (206, LARGE[first : last + 1])
    assert result.headers["content-length"] == str(last + 1 - first)
    assert result.headers["content-range"] == f"bytes {first}-{last}/262144"


# What is open.


@pytest.mark.parametrize(
    ("name", "headers", "has_path"),
    [
        ("large.bin", {}, True),
        ("large.bin", {"Range": "bytes=0-"}, False),
        ("limit.bin", {}, False),
    ],
)
async def test_a_server_that_sends_files_is_told_the_path_of_a_large_one(
    directory: Path, opened: list[IO[Any]], name: str, headers: Any, has_path: bool
) -> None:
    resp = Response()
    req = Request(create_scope(f"/{name}", headers=headers), never)
    await StaticRoute("/", directory)(req, resp)
    path = resp.stream and resp.stream.path
    await resp.close_streams()
    assert path == (str(directory / name) if has_path else None)


class Waiting(StaticRoute):
    """Opens a file when it may."""

    begun: asyncio.Event
    loop: asyncio.AbstractEventLoop
    go = threading.Event()

    def _open(self, req: Request, stream: FileStream) -> Any:
        self.loop.call_soon_threadsafe(self.begun.set)
        self.go.wait(5)
        return super()._open(req, stream)


async def test_a_file_is_closed_that_is_opened_after_the_request_was_cancelled(
    directory: Path, opened: list[IO[Any]]
) -> None:
    route = Waiting("/static", directory)
    route.begun, route.loop = asyncio.Event(), asyncio.get_running_loop()
    route.loop.set_default_executor(ThreadPoolExecutor(1))
    req = Request(create_scope("/static/large.bin"), never)
    task = asyncio.create_task(route(req, Response()))
    await route.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    route.go.set()
    await asyncio.to_thread(int)  # behind it in the queue
    assert len(opened) == 1


# Options.


def test_routes_go_first_and_then_what_was_added_last(directory: Path) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.text = "route"

    app = App(extensions=())
    app.add_static_route("/", directory)
    app.add_static_route("/sub", directory.parent / "public_not")
    app.add_route("/page.html", SimpleNamespace(on_get=on_get))
    served = {"/page.html": "route", "/sub/secret.txt": "secret", "/empty": ""}
    assert {path: TestClient(app).get(path).text for path in served} == served


@pytest.mark.parametrize("path", ["", "/", "/missing", "/sub", "/rooms/7", "/rooms/7/"])
def test_the_fallback_is_served_for_a_path_that_has_no_file(
    directory: Path, path: str
) -> None:
    result = client(directory, fallback_filename="page.html").get(f"/static{path}")
    assert (result.status_code, result.text) == (200, "<h1>Zoë</h1>")
    assert result.content_type == "text/html"


def test_the_fallback_does_not_cover_for_a_path_that_leaves_the_directory(
    directory: Path,
) -> None:
    static = client(directory, fallback_filename="page.html")
    assert static.get("/static/../secret.txt").status_code == 404
    assert static.get("/static/sub/data.JSON").text == "{}"
    assert static.get("/staticpage").status_code == 404


@pytest.mark.parametrize("fallback", ["{}/../secret.txt", "../secret.txt"])
def test_the_fallback_may_be_anywhere_until_it_is_gone(
    directory: Path, fallback: str
) -> None:
    static = client(directory, fallback_filename=fallback.format(directory))
    assert static.get("/static/missing").text == "secret"
    (directory.parent / "secret.txt").unlink()
    assert static.get("/static/missing").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}])
@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("page.html", 'filename="page.html"'),
        ("Zo%C3%AB.txt", "filename=Zoe_.txt; filename*=UTF-8''Zo%C3%AB.txt"),
        ("missing", r'filename="with \"quotes\".txt"'),
    ],
)
def test_a_downloadable_file_is_saved_under_its_name(
    directory: Path, name: str, filename: str, headers: dict[str, str]
) -> None:
    fallback = 'with "quotes".txt'
    static = client(directory, downloadable=True, fallback_filename=fallback)
    result = static.get(f"/static/{name}", headers=headers)
    assert result.headers["content-disposition"] == f"attachment; {filename}"


def test_the_types_of_files_are_options() -> None:
    app = App(extensions=())
    here = Path(__file__)
    app.resp_options.static_media_types = {here.suffix: "text/x-mine"}
    app.add_static_route("/", here.parent)
    assert TestClient(app).get(f"/{here.name}").content_type == "text/x-mine"


def test_a_static_route_says_what_it_serves(directory: Path) -> None:
    route = StaticRoute("/static", directory)
    assert repr(route) == f"<StaticRoute: '/static/' from '{directory}'>"
    route = StaticRoute("/", directory, True, "page.html")
    assert repr(route) == (
        f"<StaticRoute: '/' from '{directory}', or '{directory}/page.html', to be saved>"
    )


@pytest.mark.parametrize(
    ("prefix", "name", "fallback", "message"),
    [
        ("static", ".", None, "must begin with a slash"),
        ("/static", "missing", None, "no directory"),
        ("/static", "page.html", None, "no directory"),
        ("/static", ".", "missing", "no fallback file"),
        ("/static", ".", "sub", "no fallback file"),
    ],
)
def test_a_static_route_that_cannot_work_is_refused_where_it_is_added(
    directory: Path, prefix: str, name: str, fallback: str | None, message: str
) -> None:
    app = App(extensions=())
    with pytest.raises(ValueError, match=message):
        app.add_static_route(prefix, directory / name, fallback_filename=fallback)
    assert app.static_routes == []
