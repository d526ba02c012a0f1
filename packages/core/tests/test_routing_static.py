from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Request, Response
from falconws.testing import TestClient

LARGE = bytes(range(256)) * 1024  # of 256 KiB: four blocks


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory to serve, beside a file that is not to be served."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "public_not").mkdir()
    (tmp_path / "public_not" / "secret.txt").write_text("secret")
    public = tmp_path / "public"
    (public / "sub").mkdir(parents=True)
    (public / "page.html").write_text("<h1>Zoë</h1>", encoding="utf-8")
    (public / "sub" / "data.JSON").write_text("{}")
    (public / "empty").write_bytes(b"")
    (public / "large.bin").write_bytes(LARGE)
    (public / "limit.bin").write_bytes(LARGE[:65536])
    (public / 'with "quotes" ä.txt').write_text("quoted")
    (public / "Zoë.txt").write_text("named")
    return public


def client(directory: Path, prefix: str = "/static", **kwargs: Any) -> TestClient:
    app = App(extensions=())
    app.add_static_route(prefix, directory, **kwargs)
    return TestClient(app)


@pytest.mark.parametrize("prefix", ["/static", "/static/"])
@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("page.html", b"<h1>Zo\xc3\xab</h1>", "text/html"),
        ("sub/data.JSON", b"{}", "application/json"),
        ("empty", b"", "application/octet-stream"),
        ("limit.bin", LARGE[:65536], "application/octet-stream"),
        ("large.bin", LARGE, "application/octet-stream"),
    ],
)
def test_a_file_is_served_with_its_type_and_its_length(
    directory: Path, prefix: str, name: str, content: bytes, content_type: str
) -> None:
    result = client(directory, prefix).get(f"/static/{name}")
    assert result.status_code == 200
    assert result.content == content
    assert result.content_type == content_type
    assert result.headers["content-length"] == str(len(content))
    assert "content-disposition" not in result.headers


@pytest.mark.parametrize(
    ("name", "length"), [("page.html", "13"), ("large.bin", "262144"), ("empty", "0")]
)
def test_a_head_is_told_the_length_and_not_sent_the_file(
    directory: Path, name: str, length: str
) -> None:
    result = client(directory).head(f"/static/{name}")
    assert (result.status_code, result.content) == (200, b"")
    assert result.headers["content-length"] == length


def test_files_are_read_and_not_written(directory: Path) -> None:
    static = client(directory)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        result = static.request(method, "/static/page.html")
        assert result.status_code == 405
        assert result.headers["allow"] == "GET, HEAD, OPTIONS"
    result = static.options("/static/page.html")
    assert (result.status_code, result.headers["allow"]) == (200, "GET, HEAD")


def test_a_directory_at_the_root_is_served_below_the_routes(directory: Path) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.text = "route"

    app = App(extensions=())
    app.add_static_route("/", directory)
    app.add_route("/page.html", SimpleNamespace(on_get=on_get))
    assert TestClient(app).get("/page.html").text == "route"
    assert TestClient(app).get("/sub/data.JSON").text == "{}"


# What is not found.

PATHS = [
    "../secret.txt",
    "..%2fsecret.txt",
    "sub/../../secret.txt",
    "sub/../page.html",
    "./page.html",
    "..",
    "../public_not/secret.txt",
    "%2e%2e/secret.txt",
    "..%5csecret.txt",
    "sub//data.JSON",
    "/page.html",
    "sub",
    "sub/",
    "page.html/",
    "page.html.",
    "page.html%20",
    "page.html%00",
    "page%0a.html",
    "page.html:stream",
    "page.html%7f",
    "%ff",
    "~",
    "*",
    "missing",
    "missing/missing",
    "page.html/x",
    "NUL",
    "nul.txt",
    "sub/CON",
    "com1.log",
    "LPT9",
    "a" * 300,
    "a/" * 250 + "a",
    "a/" * 256 + "a",
    "",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_is_no_file_of_the_directory_is_not_found(
    directory: Path, path: str
) -> None:
    for name in ("NUL", "CON", "com1.log", "page.html.", "~"):
        (directory / name).write_text("not to be served")
    result = client(directory).get(f"/static/{path}")
    assert result.status_code == 404
    assert result.json["title"] == "404 Not Found"


@pytest.mark.parametrize(
    "name", ["CONsole.txt", "com.txt", "com12.txt", "COMX", ".well"]
)
def test_a_name_that_only_looks_like_a_device_is_served(
    directory: Path, name: str
) -> None:
    (directory / name).write_text("served")
    assert client(directory).get(f"/static/{name}").text == "served"


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
    (directory / "within.txt").symlink_to(directory / "page.html")
    (directory / "loop").symlink_to(directory / "loop")
    static = client(directory)
    for name in ("out.txt", "out/secret.txt", "loop"):
        assert static.get(f"/static/{name}").status_code == 404
    assert static.get("/static/within.txt").content_type == "text/html"


def test_a_directory_that_is_a_link_itself_is_served(directory: Path) -> None:
    link = directory.parent / "link"
    link.symlink_to(directory)
    assert client(link).get("/static/page.html").status_code == 200


def test_a_path_beside_the_prefix_is_none_of_its_business(directory: Path) -> None:
    for path in ("/static", "/staticpage.html", "/static2/page.html", "/page.html"):
        assert client(directory).get(path).status_code == 404


# Options.


def test_the_route_that_was_added_last_serves(directory: Path) -> None:
    app = App(extensions=())
    app.add_static_route("/static", directory)
    app.add_static_route("/static/sub", directory.parent / "public_not")
    assert TestClient(app).get("/static/sub/secret.txt").text == "secret"
    assert TestClient(app).get("/static/page.html").status_code == 200


@pytest.mark.parametrize("path", ["", "/", "/missing", "/sub", "/rooms/7", "/rooms/7/"])
def test_the_fallback_is_served_for_a_path_that_has_no_file(
    directory: Path, path: str
) -> None:
    result = client(directory, fallback_filename="page.html").get(f"/static{path}")
    assert result.status_code == 200
    assert result.text == "<h1>Zoë</h1>"
    assert result.content_type == "text/html"


def test_the_fallback_does_not_cover_for_a_path_that_leaves_the_directory(
    directory: Path,
) -> None:
    static = client(directory, fallback_filename="page.html")
    assert static.get("/static/../secret.txt").status_code == 404
    assert static.get("/static/sub/data.JSON").text == "{}"
    assert static.get("/staticpage").status_code == 404


def test_a_fallback_that_is_gone_is_not_found(directory: Path) -> None:
    static = client(directory, fallback_filename="empty")
    (directory / "empty").unlink()
    assert static.get("/static/missing").status_code == 404


@pytest.mark.parametrize(
    ("name", "filename"), [("page.html", "page.html"), ("Zo%C3%AB.txt", "Zo?.txt")]
)
def test_a_downloadable_file_is_saved_under_its_name(
    directory: Path, name: str, filename: str
) -> None:
    result = client(directory, downloadable=True).get(f"/static/{name}")
    assert result.headers["content-disposition"] == f'attachment; filename="{filename}"'


def test_a_fallback_with_quotes_in_its_name_cannot_end_the_header(
    directory: Path,
) -> None:
    static = client(
        directory, downloadable=True, fallback_filename='with "quotes" ä.txt'
    )
    assert static.get("/static/x").headers["content-disposition"] == (
        'attachment; filename="with _quotes_ ?.txt"'
    )


def test_the_types_of_files_are_options() -> None:
    app = App(extensions=())
    here = Path(__file__)
    app.resp_options.static_media_types = {here.suffix: "text/x-mine"}
    app.add_static_route("/", here.parent)
    assert TestClient(app).get(f"/{here.name}").content_type == "text/x-mine"


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
