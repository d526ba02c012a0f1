from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, CORSMiddleware, HTTPForbidden, Request, Response
from falconws.testing import Result, TestClient

ORIGIN = "https://example.com"
OTHER = "https://example.org"
PREFLIGHT = {"Access-Control-Request-Method": "PUT"}


async def on_get(req: Request, resp: Response) -> None:
    if req.get_param("own"):
        resp.set_header("Access-Control-Allow-Origin", OTHER)
    if req.get_param("fail"):
        raise HTTPForbidden()


def sent(
    method: str = "GET",
    path: str = "/",
    *,
    origin: str | None = ORIGIN,
    headers: dict[str, str] | None = None,
    **policy: Any,
) -> Result:
    app = App(extensions=(), middleware=CORSMiddleware(**policy))
    app.add_route("/", SimpleNamespace(on_get=on_get, on_put=on_get))
    fields = (headers or {}) | ({} if origin is None else {"Origin": origin})
    return TestClient(app).request(method, path, headers=fields)


def cors(result: Result) -> dict[str, str]:
    """The headers that are CORS's own, without their prefix."""
    prefix = "access-control-"
    return {
        name.removeprefix(prefix): value
        for name, value in result.headers.items()
        if name.startswith(prefix)
    }


def test_every_origin_may_read_by_default_and_none_may_send_cookies() -> None:
    result = sent()
    assert cors(result) == {"allow-origin": "*"}
    # One answer for all: a cache need not tell them apart.
    assert "vary" not in result.headers
    app = App(extensions=(), cors_enable=True)
    result = TestClient(app).get("/", headers={"Origin": ORIGIN})
    assert cors(result) == {"allow-origin": "*"}


def test_a_request_without_an_origin_is_told_nothing() -> None:
    assert cors(sent(origin=None)) == {}


@pytest.mark.parametrize("allowed", [ORIGIN, [ORIGIN, "https://other.example"]])
def test_an_allowed_origin_may_read_and_another_may_not(allowed: Any) -> None:
    assert cors(sent(allow_origins=allowed)) == {"allow-origin": ORIGIN}
    assert cors(sent(allow_origins=allowed, origin=OTHER)) == {}


@pytest.mark.parametrize("origin", [None, ORIGIN, OTHER])
def test_a_cache_is_told_that_the_origin_decides(origin: str | None) -> None:
    assert sent(allow_origins=ORIGIN, origin=origin).headers["vary"] == "Origin"
    result = sent(allow_origins="*", allow_credentials=ORIGIN, origin=origin)
    assert result.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("credentials", "origin", "expected"),
    [
        ("*", ORIGIN, {"allow-origin": ORIGIN, "allow-credentials": "true"}),
        (ORIGIN, ORIGIN, {"allow-origin": ORIGIN, "allow-credentials": "true"}),
        ([OTHER], ORIGIN, {"allow-origin": ORIGIN}),
    ],
)
def test_cookies_are_for_the_origins_that_may_send_them(
    credentials: Any, origin: str, expected: dict[str, str]
) -> None:
    assert cors(sent(allow_credentials=credentials, origin=origin)) == expected


@pytest.mark.parametrize("exposed", ["X-A, X-B", ["X-A", "X-B"]])
def test_headers_are_exposed_that_scripts_may_read(exposed: Any) -> None:
    assert cors(sent(expose_headers=exposed)) == {
        "allow-origin": "*",
        "expose-headers": "X-A, X-B",
    }


def test_an_origin_that_the_responder_allowed_is_kept() -> None:
    assert cors(sent(path="/?own=1")) == {"allow-origin": OTHER}


@pytest.mark.parametrize("path", ["/?fail=1", "/missing"])
def test_scripts_may_read_errors_too(path: str) -> None:
    assert cors(sent(path=path)) == {"allow-origin": "*"}


@pytest.mark.parametrize("argument", ["allow_origins", "allow_credentials"])
def test_a_star_among_origins_is_a_value_error(argument: str) -> None:
    with pytest.raises(ValueError, match=f"{argument} is '\\*' or origins"):
        CORSMiddleware(**{argument: [ORIGIN, "*"]})


# Preflight requests.


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [({}, "*"), ({"Access-Control-Request-Headers": "X-A, X-B"}, "X-A, X-B")],
)
def test_a_preflight_is_told_methods_and_headers(
    requested: dict[str, str], allowed: str
) -> None:
    result = sent("OPTIONS", headers=PREFLIGHT | requested)
    assert result.status_code == 200
    assert cors(result) == {
        "allow-origin": "*",
        "allow-methods": "GET, PUT",
        "allow-headers": allowed,
        "max-age": "86400",
    }
    assert "allow" not in result.headers


def test_options_that_are_no_preflight_keep_their_allow() -> None:
    result = sent("OPTIONS")
    assert cors(result) == {"allow-origin": "*"}
    assert result.headers["allow"] == "GET, PUT"


def test_a_preflight_of_a_foreign_origin_is_told_nothing() -> None:
    assert (
        cors(sent("OPTIONS", origin=OTHER, headers=PREFLIGHT, allow_origins=ORIGIN))
        == {}
    )


def test_a_preflight_of_a_path_without_a_route_allows_no_method() -> None:
    result = sent("OPTIONS", "/missing", headers=PREFLIGHT)
    assert result.status_code == 404
    assert cors(result) == {"allow-origin": "*"}


def test_a_preflight_that_allows_nothing_is_told_nothing() -> None:
    async def on_options(req: Request, resp: Response) -> None:
        """Answer without saying what is allowed."""

    policy = CORSMiddleware(allow_credentials="*", expose_headers="X-A")
    app = App(extensions=(), middleware=policy)
    app.add_route("/", SimpleNamespace(on_options=on_options))
    result = TestClient(app).options("/", headers=PREFLIGHT | {"Origin": ORIGIN})
    assert result.status_code == 200
    assert cors(result) == {}
