from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, CORSMiddleware, HTTPForbidden, Request, Response
from falconws.core.origins import Origins
from falconws.testing import Result, TestClient

ORIGIN = "https://example.com"
OTHER = "https://example.org"
PREFLIGHT = {"Access-Control-Request-Method": "PUT"}
PRIVATE = "Access-Control-Request-Private-Network"


async def on_get(req: Request, resp: Response) -> None:
    if req.get_param("own"):
        resp.set_header("Access-Control-Allow-Origin", OTHER)
        resp.set_header("Vary", "origin")
    if req.get_param("fail"):
        raise HTTPForbidden()


async def on_options(req: Request, resp: Response) -> None:
    """Answer without saying what is allowed."""


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
    app.add_route("/silent", SimpleNamespace(on_options=on_options))
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


@pytest.mark.parametrize("allowed", [ORIGIN, [ORIGIN, "https://a"], Origins(ORIGIN)])
def test_an_allowed_origin_may_read_and_another_may_not(allowed: Any) -> None:
    for origin in (ORIGIN, f"{ORIGIN}:443"):
        result = sent(allow_origins=allowed, origin=origin)
        assert cors(result) == {"allow-origin": origin}
    for other in (None, "null", OTHER):
        assert cors(sent(allow_origins=allowed, origin=other)) == {}


@pytest.mark.parametrize("origin", [None, ORIGIN, OTHER])
def test_a_cache_is_told_once_that_the_origin_decides(origin: str | None) -> None:
    assert sent(allow_origins=ORIGIN, origin=origin).headers["vary"] == "Origin"
    assert sent(allow_credentials=ORIGIN, origin=origin).headers["vary"] == "Origin"
    result = sent(path="/?own=1", allow_origins=ORIGIN, origin=origin)
    assert result.headers["vary"] == "origin"


@pytest.mark.parametrize(
    ("allowed", "credentials", "expected"),
    [
        ("*", "*", {"allow-origin": ORIGIN, "allow-credentials": "true"}),
        ("*", ORIGIN, {"allow-origin": ORIGIN, "allow-credentials": "true"}),
        (ORIGIN, "*", {"allow-origin": ORIGIN, "allow-credentials": "true"}),
        ("*", [OTHER], {"allow-origin": "*"}),
        (ORIGIN, [OTHER], {"allow-origin": ORIGIN}),
        (OTHER, ORIGIN, {}),
    ],
)
def test_cookies_are_for_the_origins_that_may_send_them(
    allowed: Any, credentials: Any, expected: dict[str, str]
) -> None:
    result = sent(allow_origins=allowed, allow_credentials=credentials)
    assert cors(result) == expected


@pytest.mark.parametrize("exposed", ["X-A, X-B", ["X-A", "X-B"]])
def test_headers_are_exposed_that_scripts_may_read(exposed: Any) -> None:
    expected = {"allow-origin": "*", "expose-headers": "X-A, X-B"}
    assert cors(sent(expose_headers=exposed)) == expected


def test_an_origin_that_the_responder_allowed_is_kept() -> None:
    result = sent(path="/?own=1", allow_credentials=ORIGIN, expose_headers="X-A")
    assert cors(result) == {"allow-origin": OTHER, "expose-headers": "X-A"}


@pytest.mark.parametrize("path", ["/?fail=1", "/missing"])
def test_scripts_may_read_errors_too(path: str) -> None:
    assert cors(sent(path=path)) == {"allow-origin": "*"}


@pytest.mark.parametrize("argument", ["allow_origins", "allow_credentials"])
def test_the_origins_are_checked_and_can_be_read(argument: str) -> None:
    origins: Any = {argument: [ORIGIN, OTHER]}
    policy = CORSMiddleware(**origins)
    assert getattr(policy, argument) == {ORIGIN, OTHER}
    with pytest.raises(ValueError, match="give it alone"):
        CORSMiddleware(**(origins | {argument: [ORIGIN, "*"]}))


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


@pytest.mark.parametrize(
    ("requested", "allowed", "answer"),
    [("true", True, "true"), ("true", False, None), ("false", True, None)],
)
def test_a_private_network_is_opened_where_that_is_asked_for_and_allowed(
    requested: str, allowed: bool, answer: str | None
) -> None:
    headers = PREFLIGHT | {PRIVATE: requested}
    result = sent("OPTIONS", headers=headers, allow_private_network=allowed)
    assert cors(result).get("allow-private-network") == answer


@pytest.mark.parametrize("headers", [{}, {"Access-Control-Request-Method": ""}])
def test_options_that_are_no_preflight_keep_their_allow(
    headers: dict[str, str],
) -> None:
    result = sent("OPTIONS", headers=headers)
    assert cors(result) == {"allow-origin": "*"}
    assert result.headers["allow"] == "GET, PUT"


@pytest.mark.parametrize(("path", "origin"), [("/", OTHER), ("/silent", ORIGIN)])
def test_a_preflight_of_a_foreign_origin_or_of_what_allows_nothing_is_told_nothing(
    path: str, origin: str
) -> None:
    result = sent(
        "OPTIONS",
        path,
        origin=origin,
        headers=PREFLIGHT | {PRIVATE: "true"},
        allow_origins=ORIGIN,
        allow_credentials=ORIGIN,
        expose_headers="X-A",
        allow_private_network=True,
    )
    assert cors(result) == {}


def test_a_preflight_of_a_path_without_a_route_allows_no_method() -> None:
    result = sent("OPTIONS", "/missing", headers=PREFLIGHT)
    assert cors(result) == {"allow-origin": "*"}
