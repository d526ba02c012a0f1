"""Static routes beside Falcon's: which file is found, and how much of it is sent."""

from __future__ import annotations

import asyncio
import gc
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from falconws.core import dt_to_http
from tests.conformance.apps import FRAMEWORKS, both_raise
from tests.conformance.differential import Build, Exchange, ask, both, same
from tests.conformance.manifest import requirement

DIGITS = b"0123456789"
LARGE = bytes(range(256)) * 300
FILES = {
    "digits": DIGITS,
    "page.html": b"<p>",
    "data.json": b"{}",
    "script.js": b"1",
    "archive.tar.gz": b"z",
    "Zoë.txt": b"z",
    "日本.pdf": b"p",
    "a b;c,d%20.txt": b"x",
    ".hidden": b"h",
    "empty": b"",
    "large.bin": LARGE,
    "sub/page.html": b"<b>",
    "sub/deeper/style.css": b"*",
}
ODD_FILES = {
    "it's.txt": b"q",
    " led": b"l",
    "two..dots": b"d",
    "del\x7f": b"d",
    "NUL": b"n",
    "UP.HTML": b"u",
    "versioned": b"v",
}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TAG = '"0-a"'  # of digits: both write the time first, which is 0, then the size


# Falcon leaves the files of HEAD requests and of errors to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory of files that were changed at the epoch, so that their tags are alike."""
    top = tmp_path_factory.mktemp("static")
    directory = top / "public"
    for name, content in (FILES | ODD_FILES).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
        os.utime(directory / name, (0, 0))
    (top / "secret").write_bytes(b"secret")
    (directory / "link-in").symlink_to(directory / "digits")
    (directory / "link-out").symlink_to(top / "secret")
    os.utime(directory / "versioned", ns=(0, 1_700_000_000_987_654_321))
    yield directory
    gc.collect()


def serving(directory: Path, **options: Any) -> Build:
    """Give the builder of an App that serves a directory at ``/s``."""

    def build(falcon: Any) -> Any:
        app = falcon.asgi.App()
        app.add_static_route("/s", str(directory), **options)
        return app

    return build


DEVICE = re.compile(
    r"(con(in\$|out\$)?|prn|aux|nul|(com|lpt)[0-9¹²³]) *", re.IGNORECASE
)


def is_served_alike(path: str) -> bool:
    """Say whether a path is none of those in which both differ: see the requirements."""
    segments = path.split("/")
    return (
        not set("'\x7f") & set(path)
        and segments[-1] != ""
        and ".." not in path
        and not any(s[:1].isspace() for s in segments)
        and not any(s.endswith((".", " ")) for s in segments[:-1])
        and segments[-1] != "."
        and not any(DEVICE.fullmatch(s.partition(".")[0]) for s in segments)
    )


SEGMENTS = (
    st.sampled_from([*FILES, "sub", "missing", "link-in", "", "a~", "x" * 600])
    | st.text(st.sampled_from("aé.\\:*?<>|%; -_\n\x80\ufffd"), max_size=4)
    | st.text(max_size=4)
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)
CONFIGURATIONS = st.sampled_from(
    [{}, {"downloadable": True}, {"fallback_filename": "page.html"}]
)


@requirement("falcon:static:files")
@requirement("falcon:static:paths")
@requirement("falcon:static:fallback")
@requirement("falcon:static:downloadable")
@given(PATHS.filter(is_served_alike), CONFIGURATIONS, st.sampled_from(["GET", "HEAD"]))
@example("sub/page.html", {"downloadable": True}, "GET")
@example("Zoë.txt", {"downloadable": True}, "HEAD")
@example("missing/at/all", {"fallback_filename": "sub/page.html"}, "GET")
@example("large.bin", {}, "GET")
@example("sub//page.html", {}, "GET")
@settings(max_examples=200)
def test_files_are_found_by_their_paths(
    tree: Path, path: str, configuration: dict[str, Any], method: str
) -> None:
    if path not in FILES:
        method = "GET"  # The length of the JSON of an error differs.
    build = serving(tree, **configuration)
    found = same(build, Exchange(f"/s/{path}", method))
    if path in FILES:
        assert found.status == 200
        assert found.body == (FILES[path] if method == "GET" else b"")
        assert found.header("content-length") == str(len(FILES[path]))
        assert found.header("accept-ranges") == "bytes"
        assert found.header("last-modified") == "Thu, 01 Jan 1970 00:00:00 GMT"
        assert found.header("etag") == f'"0-{len(FILES[path]):x}"'
        saved = "downloadable" in configuration
        assert (found.header("content-disposition") is not None) is saved
    elif path != "link-in" and "fallback_filename" not in configuration:
        assert found.status == 404


@requirement("falcon:static:paths")
@requirement("falcon:static:fallback")
@pytest.mark.parametrize(
    ("path", "without", "content"),
    [
        ("/s/missing", 404, b"<p>"),
        ("/s/sub", 404, b"<p>"),
        ("/s/", 404, b"<p>"),
        ("/s", 404, b"<p>"),
        ("/sx", 404, None),
        ("/s/a//b", 404, None),
        ("/s/a\\b", 404, None),
        ("/s/a\x01", 404, None),
        ("/s/a.", 404, None),
        ("/s/a ", 404, None),
        ("/s/" + "a" * 513, 404, None),
        ("/s/../secret", 404, None),
    ],
)
def test_a_fallback_is_for_paths_that_may_be_followed(
    tree: Path, path: str, without: int, content: bytes | None
) -> None:
    assert same(serving(tree), Exchange(path)).status == without
    found = same(serving(tree, fallback_filename="page.html"), Exchange(path))
    assert found.status == (200 if content else 404)
    assert content in (None, found.body)


@requirement("falcon:static:media-types")
@requirement("falcon:static:endings")
def test_the_media_type_is_that_of_the_ending(tree: Path) -> None:
    types = {
        "page.html": "text/html",
        "script.js": "text/javascript",
        "archive.tar.gz": "application/gzip",
        "Zoë.txt": "text/plain",
        "digits": "application/octet-stream",
        ".hidden": "application/octet-stream",
    }
    for name, media_type in types.items():
        found = same(serving(tree), Exchange(f"/s/{name}"))
        assert found.header("content-type") == media_type
    theirs, ours = both(serving(tree), Exchange("/s/UP.HTML"))
    assert theirs.header("content-type") == "application/octet-stream"
    assert ours.header("content-type") == "text/html"


@requirement("falcon:static:media-types")
@requirement("falcon:static:media-types-table")
def test_the_table_of_media_types_is_pythons_and_can_be_set(tree: Path) -> None:
    theirs, ours = (f.asgi.App().resp_options.static_media_types for f in FRAMEWORKS)
    common = ".css .csv .gif .html .jpg .js .json .md .mjs .mp4 .pdf .png .svg .txt .wasm .webp .woff2 .xml .yaml .zip"
    for ending in common.split():
        assert ours[ending] == theirs[ending]

    def build(falcon: Any) -> Any:
        app = serving(tree)(falcon)
        app.resp_options.static_media_types = {".html": "text/x-own"}
        return app

    assert same(build, Exchange("/s/page.html")).header("content-type") == "text/x-own"


@requirement("falcon:static:last-added-first")
@requirement("falcon:static:arguments")
def test_the_route_that_was_added_last_comes_first(tree: Path) -> None:
    def build(falcon: Any) -> Any:
        app = falcon.asgi.App()
        app.add_static_route("/s/sub", tree)
        app.add_static_route("/s/", str(tree))
        app.add_static_route("/s/deep", str(tree / "sub"))
        return app

    assert same(build, Exchange("/s/deep/page.html")).body == b"<b>"
    assert same(build, Exchange("/s/sub/page.html")).body == b"<b>"
    assert same(build, Exchange("/s/sub/digits")).status == 404


@requirement("falcon:static:arguments")
@pytest.mark.parametrize(
    ("prefix", "name", "options"),
    [
        ("s", "", {}),
        ("/s", "", {"fallback_filename": "missing"}),
        ("/s", "", {"fallback_filename": "sub"}),
    ],
)
def test_a_static_routes_arguments_are_checked(
    tree: Path, prefix: str, name: str, options: dict[str, Any]
) -> None:
    def act(falcon: Any) -> None:
        falcon.asgi.App().add_static_route(prefix, str(tree / name), **options)

    both_raise("ValueError", act)


# Conditions and ranges.

POSITIONS = st.integers(0, 12)
RANGES = st.one_of(
    st.tuples(POSITIONS, POSITIONS).map(lambda pair: f"bytes={min(pair)}-{max(pair)}"),
    POSITIONS.map("bytes={}-".format),
    st.integers(1, 12).map("bytes=-{}".format),
    st.just("lines=1-2"),
)


def part_of(content: bytes, header: str) -> bytes | None:
    """Give the part that a valid range asks for; None for one beyond the end."""
    unit, _, spec = header.partition("=")
    if unit != "bytes" or not content:
        return content
    first, _, last = spec.partition("-")
    if not first:
        return content[-int(last) :]
    part = content[int(first) : int(last) + 1 if last else None]
    return part or None


@requirement("falcon:static:range")
@requirement("falcon:static:range-beyond")
@given(st.sampled_from(["digits", "empty", "large.bin"]), RANGES)
@example("digits", "bytes=0-3")
@example("digits", "bytes=-99")
@example("digits", "bytes=10-")
@example("large.bin", "bytes=-70000")
@example("empty", "bytes=0-1")
def test_a_range_gets_its_part(tree: Path, name: str, header: str) -> None:
    exchange = Exchange(f"/s/{name}", headers=[("Range", header)])
    found = same(serving(tree), exchange)
    part = part_of(FILES[name], header)
    if part is None:
        assert found.status == 416
        assert found.header("content-range") == f"bytes */{len(FILES[name])}"
        return
    assert found.body == part
    assert found.header("content-length") == str(len(part))
    partial = header.startswith("bytes") and name != "empty"
    assert found.status == (206 if partial else 200)
    assert (found.header("content-range") is not None) is partial


TAGS = st.sampled_from([TAG, f"W/{TAG}", '"x"', 'W/"x"', '"a,b"'])
TIMES = st.integers(-2, 2).map(lambda days: dt_to_http(EPOCH + timedelta(days=days)))


@requirement("falcon:static:not-modified")
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "If-None-Match": st.lists(TAGS, min_size=1).map(", ".join) | st.just("*"),
            "If-Modified-Since": TIMES,
            "Range": RANGES,
        },
    ),
    st.sampled_from(["GET", "HEAD"]),
)
@example({"If-None-Match": TAG, "If-Modified-Since": dt_to_http(EPOCH)}, "GET")
@example({"If-None-Match": '"x"', "If-Modified-Since": dt_to_http(EPOCH)}, "GET")
@example({"If-Modified-Since": "Wed, 31 Dec 1969 23:59:59 GMT"}, "GET")
def test_what_a_client_has_is_not_sent_again(
    tree: Path, conditions: dict[str, str], method: str
) -> None:
    if method == "HEAD":
        conditions = {k: v for k, v in conditions.items() if k != "Range"}
    exchange = Exchange("/s/digits", method, headers=conditions.items())
    found = same(serving(tree), exchange)
    tags = conditions.get("If-None-Match")
    if tags is not None:
        known = tags == "*" or TAG in tags
    else:
        known = "If-Modified-Since" in conditions and "1969" not in str(conditions)
    assert (found.status == 304) is known
    assert found.header("etag") == TAG
    assert not known or (found.body, found.header("content-length")) == (b"", None)


@requirement("falcon:static:not-modified")
@requirement("falcon:static:etag")
def test_a_tag_is_that_of_one_version(tree: Path) -> None:
    theirs, ours = both(serving(tree), Exchange("/s/versioned"))
    assert theirs.header("etag") == '"6553f100-1"'
    assert ours.header("etag") == '"17979cfe710868b1-1"'
    assert theirs.header("last-modified") == ours.header("last-modified")
    tags = f"{theirs.header('etag')}, {ours.header('etag')}"
    found = same_but_for_etag(tree, "/s/versioned", {"If-None-Match": tags})
    assert found == 304


def same_but_for_etag(tree: Path, path: str, headers: dict[str, str]) -> int | None:
    theirs, ours = both(serving(tree), Exchange(path, headers=headers.items()))
    assert ours.status == theirs.status
    return ours.status


@requirement("falcon:static:conditions")
@requirement("falcon:static:if-range")
@requirement("falcon:static:head-range")
@requirement("falcon:static:odd-ranges")
@requirement("falcon:static:odd-dates")
@requirement("falcon:static:etag-syntax")
@pytest.mark.parametrize(
    ("method", "headers", "theirs", "ours"),
    [
        ("GET", {"If-Match": '"x"'}, 200, 412),
        ("GET", {"If-Match": f"W/{TAG}"}, 200, 412),
        ("HEAD", {"If-Match": f'"x", {TAG}'}, 200, 200),
        ("GET", {"If-Match": "*"}, 200, 200),
        ("GET", {"If-Unmodified-Since": "Wed, 31 Dec 1969 23:59:59 GMT"}, 200, 412),
        ("GET", {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200, 200),
        ("GET", {"Range": "bytes=0-3", "If-Range": TAG}, 206, 206),
        ("GET", {"Range": "bytes=0-3", "If-Range": f"W/{TAG}"}, 206, 200),
        ("GET", {"Range": "bytes=0-3", "If-Range": '"x"'}, 206, 200),
        ("GET", {"Range": "bytes=0-3", "If-Range": dt_to_http(EPOCH)}, 206, 206),
        ("GET", {"Range": "bytes=99-", "If-Range": '"x"'}, 416, 200),
        ("HEAD", {"Range": "bytes=0-3"}, 206, 200),
        ("HEAD", {"Range": "bytes=99-"}, 416, 200),
        ("GET", {"Range": "bytes=0-1,3-4"}, 400, 200),
        ("GET", {"Range": "bytes=5-3"}, 400, 200),
        ("GET", {"Range": "bytes=a"}, 400, 200),
        ("GET", {"Range": "bytes=+1-2"}, 206, 200),
        ("GET", {"Range": "bytes=-0"}, 400, 416),
        ("GET", {"Range": "Bytes=0-3"}, 200, 206),
        ("GET", {"If-Modified-Since": "yesterday"}, 400, 200),
        ("GET", {"If-Modified-Since": "Thursday, 01-Jan-70 00:00:00 GMT"}, 400, 304),
        ("GET", {"If-Modified-Since": "Thu Jan  1 00:00:00 1970"}, 400, 304),
        ("GET", {"If-None-Match": "0-a"}, 304, 200),
    ],
)
def test_every_condition_is_obeyed_and_what_is_no_condition_is_none(
    tree: Path, method: str, headers: dict[str, str], theirs: int, ours: int
) -> None:
    found = both(serving(tree), Exchange("/s/digits", method, headers=headers.items()))
    assert [each.status for each in found] == [theirs, ours]
    if ours in (200, 206) and method == "GET":
        assert found[1].body == (DIGITS if ours == 200 else DIGITS[:4])


# Where both differ.


@requirement("falcon:static:methods")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_files_are_there_to_be_read(tree: Path, method: str) -> None:
    theirs, ours = both(serving(tree), Exchange("/s/digits", method))
    if method == "OPTIONS":
        assert (theirs.status, ours.status) == (200, 200)
        assert [a.header("allow") for a in (theirs, ours)] == ["GET", "GET, HEAD"]
        return
    assert (theirs.status, theirs.body, ours.status) == (200, DIGITS, 405)
    assert ours.header("allow") == "GET, HEAD, OPTIONS"


@requirement("falcon:static:names")
@requirement("falcon:static:links")
@requirement("falcon:static:dots")
@requirement("falcon:static:trailing-slash")
@pytest.mark.parametrize(
    ("path", "theirs", "ours"),
    [
        ("it's.txt", 404, 200),
        (" led", 404, 200),
        ("two..dots", 404, 200),
        ("del\x7f", 200, 404),
        ("NUL", 200, 404),
        ("link-in", 200, 200),
        ("link-out", 200, 404),
        ("./digits", 200, 404),
        ("sub/../digits", 200, 404),
        ("digits/", 200, 404),
    ],
)
def test_a_file_has_one_path_and_none_leads_out_of_the_directory(
    tree: Path, path: str, theirs: int, ours: int
) -> None:
    found = both(serving(tree), Exchange(f"/s/{path}"))
    assert [each.status for each in found] == [theirs, ours]


@requirement("falcon:static:fifos")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")  # Falcon would wait for somebody who writes into it.
    app = serving(tmp_path)(falconws.core)
    assert asyncio.run(ask(app, Exchange("/s/fifo"))).status == 404
