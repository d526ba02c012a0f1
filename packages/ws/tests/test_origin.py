import logging
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import App, CORSMiddleware, Origins, Request
from falconws.testing import ASGIConductor, create_scope_ws
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions, WebSockets
from falconws.ws.origin import OriginPolicy


def handshake(
    origin: str | None, host: str = "chat.example", scheme: str = "ws", **headers: str
) -> Request:
    sent = {"Host": host, **{n.replace("_", "-"): v for n, v in headers.items()}}
    if origin is not None:
        sent["Origin"] = origin
    scope = create_scope_ws("/", scheme=scheme, headers=sent)
    return Request(scope, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        (None, "chat.example", "ws"),
        ("http://chat.example", "chat.example", "ws"),
        ("http://chat.example", "chat.example:80", "ws"),
        ("http://chat.example:80", "chat.example", "ws"),
        ("https://chat.example", "chat.example", "wss"),
        ("HTTPS://Chat.Example", "CHAT.example:443", "wss"),
        ("https://chat.example", "chat.example", "ws"),  # behind a proxy that ends TLS
        ("http://chat.example:8000", "chat.example:8000", "ws"),
        ("http://[2001:db8::1]:8000", "[2001:DB8::1]:8000", "ws"),
        ("http://localhost:8000", "127.0.0.1:8000", "ws"),
        ("http://127.0.0.1:8000", "[::1]:8000", "ws"),
        ("http://[::1]", "localhost", "ws"),
    ],
)
def test_a_page_of_the_same_host_may_connect(
    origin: str | None, host: str, scheme: str
) -> None:
    assert OriginPolicy().allows(handshake(origin, host, scheme))


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("https://evil.example", "chat.example", "wss"),
        ("http://chat.example.evil.example", "chat.example", "ws"),
        ("http://evil-chat.example", "chat.example", "ws"),
        ("http://sub.chat.example", "chat.example", "ws"),
        ("http://chat.example@evil.example", "chat.example", "ws"),
        ("http://chat.example/", "chat.example", "ws"),
        ("http://chat.example:8000", "chat.example", "ws"),
        ("http://chat.example", "chat.example:8000", "ws"),
        ("http://chat.example", "chat.example", "wss"),
        ("http://localhost:8000", "127.0.0.1:9000", "ws"),
        ("http://localhost", "chat.example", "ws"),
        ("http://localhost.evil.example", "localhost", "ws"),
        ("ftp://chat.example", "chat.example:21", "ws"),
        ("chrome-extension://chat.example", "chat.example", "ws"),
        ("null", "null", "ws"),
        ("", "chat.example", "ws"),
        ("http://chat.example", "chat.example:port", "ws"),
    ],
)
def test_a_page_of_another_host_may_not(origin: str, host: str, scheme: str) -> None:
    assert not OriginPolicy().allows(handshake(origin, host, scheme))


def test_the_header_is_found_in_any_case() -> None:
    req = handshake(None)
    req.scope["headers"].append((b"Origin", b"https://evil.example"))
    assert not OriginPolicy().allows(req)


def test_a_handshake_without_a_host_has_no_pages_of_its_own() -> None:
    req = handshake("http://chat.example")
    req.scope["headers"] = [(b"origin", b"http://chat.example")]
    assert not OriginPolicy().allows(req)


@pytest.mark.parametrize(
    "forwarded",
    [
        {"X_Forwarded_Host": "chat.example"},
        {"X_Forwarded_Host": "chat.example, proxy.internal"},
        {"X_Forwarded_Host": "chat.example", "X_Forwarded_Proto": "https"},
        {"Forwarded": "host=chat.example;proto=https, host=proxy.internal"},
    ],
)
def test_the_host_may_be_told_by_a_proxy(forwarded: dict[str, str]) -> None:
    policy = OriginPolicy()
    page = "https://chat.example"
    assert policy.allows(handshake(page, "127.0.0.1:8000", **forwarded))
    other = "https://evil.example"
    assert not policy.allows(handshake(other, "127.0.0.1:8000", **forwarded))


def test_a_page_that_anyone_could_have_written_is_foreign_behind_a_proxy_too() -> None:
    forwarded = {"X_Forwarded_Host": "chat.example", "X_Forwarded_Proto": "https"}
    req = handshake("http://chat.example", "127.0.0.1:8000", **forwarded)
    assert not OriginPolicy().allows(req)


def test_a_page_that_has_passed_passes_by_the_same_host_and_scheme_alone() -> None:
    policy = OriginPolicy()
    page = "http://chat.example"
    for _ in range(2):
        assert policy.allows(handshake(page))
        assert not policy.allows(handshake(page, "evil.example"))
        assert not policy.allows(handshake(page, scheme="wss"))
        assert not policy.allows(handshake("http://evil.example"))
        without_host = handshake(page)
        without_host.scope["headers"] = [(b"origin", page.encode())]
        assert not policy.allows(without_host)


def test_what_is_remembered_of_pages_has_an_end() -> None:
    policy = OriginPolicy()
    hosts = [f"{number}.example" for number in range(600)]
    for _ in range(2):
        assert all(policy.allows(handshake(f"http://{host}", host)) for host in hosts)
    assert len(policy._same) < 300


@given(st.text(), st.sampled_from(["ws", "wss"]))
def test_only_what_is_written_as_the_host_passes(origin: str, scheme: str) -> None:
    if OriginPolicy().allows(handshake(ascii(origin), "chat.example", scheme)):
        assert ascii(origin).lower().startswith(("http://chat.ex", "https://chat.ex"))


@pytest.mark.parametrize(
    ("allowed", "yes", "no"),
    [
        ("*", "https://evil.example", None),
        ("https://a.example", "https://a.example:443", "http://a.example"),
        (["https://a.example", "null"], "null", "https://chat.example"),
        (Origins(["https://a.example"]), "https://a.example", "https://b.example"),
    ],
)
def test_a_list_stands_in_place_of_the_host(
    allowed: Any, yes: str, no: str | None
) -> None:
    policy = OriginPolicy(allowed)
    assert policy.allows(handshake(yes))
    assert policy.allows(handshake(None))
    assert no is None or not policy.allows(handshake(no))


def test_what_is_no_origin_is_refused_where_it_is_set() -> None:
    with pytest.raises(ValueError, match=r"'a\.example' is not an origin"):
        WebSocketOptions(allowed_origins=["a.example"])
    options = WebSocketOptions()
    assert options.allowed_origins == "same-origin"
    with pytest.raises(ValueError, match="not an origin"):
        options.allowed_origins = "https://a.example/path"
    assert options.allowed_origins == "same-origin"


# The whole way.


def serving(called: list[str], options: WebSocketOptions, **kwargs: Any) -> App:
    async def on_websocket(req: Request, ws: WebSocket) -> None:
        called.append("responder")
        await ws.accept()

    async def process_request_ws(req: Request, ws: WebSocket) -> None:
        called.append("middleware")

    app = App(extensions=[WebSockets(options)], **kwargs)
    app.add_middleware(SimpleNamespace(process_request_ws=process_request_ws))
    app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
    return app


@pytest.mark.parametrize("cors_enable", [False, True])
async def test_a_foreign_page_gets_a_403_and_the_log_says_what_to_set(
    cors_enable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []
    app = serving(called, WebSocketOptions(), cors_enable=cors_enable)
    client = ASGIConductor(app).simulate_ws(headers={"Origin": "https://evil.example"})
    with pytest.raises(WebSocketDisconnected):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == 403
    assert client.denial.json["title"] == "403 Forbidden"
    assert called == []
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert record.levelno == logging.WARNING
    assert "'https://evil.example'" in record.getMessage()
    assert "allowed_origins" in record.getMessage()


async def test_one_list_serves_cors_and_websockets() -> None:
    origins = Origins(["https://app.example"])
    called: list[str] = []
    options = WebSocketOptions(allowed_origins=origins)
    app = serving(called, options, middleware=CORSMiddleware(origins))
    headers = {"Origin": "https://app.example"}
    async with ASGIConductor(app).simulate_ws(headers=headers):
        pass
    assert called == ["middleware", "responder"]
    result = await ASGIConductor(app).get(headers=headers)
    assert result.headers["access-control-allow-origin"] == "https://app.example"


async def test_the_list_may_be_changed_while_the_app_runs() -> None:
    called: list[str] = []
    app = serving(called, WebSocketOptions())
    app.ws_options.allowed_origins = "*"
    headers = {"Origin": "https://any.example"}
    async with ASGIConductor(app).simulate_ws(headers=headers):
        pass
    assert called == ["middleware", "responder"]
