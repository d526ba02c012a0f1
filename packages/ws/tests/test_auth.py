from __future__ import annotations

import inspect
import json
import logging
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import (
    App,
    Event,
    HTTPForbidden,
    HTTPUnauthorized,
    OperationNotAllowed,
    Origins,
    Request,
    before,
)
from falconws.core.headers import TOKEN
from falconws.testing import ASGIConductor, ASGIWebSocketSimulator, create_scope_ws
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions
from falconws.ws.auth import (
    Authenticator,
    Authorization,
    Cookie,
    FirstMessage,
    Query,
    Subprotocol,
    TokenCarrier,
)

HOME = {"Origin": "http://falconws.test"}  # the host of what is simulated
APP = "https://app.example"


async def verify(token: str, ws: WebSocket) -> str | None:
    if token.endswith("ban"):
        raise HTTPForbidden(title="Banned")
    if token.endswith("bug"):
        raise RuntimeError("The database is down.")
    return "Ada" if token == "s3cret-Ada" else None


def serving(*carriers: TokenCarrier, accept_first: bool = False) -> App:
    authenticate = Authenticator(verify, *carriers)

    async def on_websocket(req: Request, ws: WebSocket) -> None:
        if accept_first:
            await ws.accept()
        user: str = await authenticate(req, ws)
        if ws.unaccepted:
            await ws.accept()
        await ws.send_json([user, ws.context.user, repr((req, ws)), ws.subprotocols])

    app = App()
    app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
    return app


async def denied(client: ASGIWebSocketSimulator, status: int) -> Any:
    with pytest.raises(WebSocketDisconnected):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == status
    return client.denial


async def closed(client: ASGIWebSocketSimulator) -> tuple[int, str]:
    with pytest.raises(WebSocketDisconnected) as caught:
        await client.receive_text()
    return caught.value.code, caught.value.reason


def handshake(
    options: WebSocketOptions | None = None, **scope_args: Any
) -> tuple[Request, WebSocket]:
    async def receive() -> Event:
        return {"type": "websocket.disconnect", "code": 1001}

    async def send(event: Event) -> None:
        pass

    scope = create_scope_ws(**scope_args)
    return Request(scope, receive), WebSocket(scope, receive, send, options)


# Each way that a token may come, by what a handshake has of it.
WAYS: dict[str, tuple[TokenCarrier, Any]] = {
    "subprotocol": (Subprotocol(), lambda t: {"subprotocols": ["a", "bearer", t, "b"]}),
    "cookie": (Cookie("session"), lambda t: {"cookies": {"session": t}}),
    "query": (Query(), lambda t: {"query_string": f"a=1&ticket={t}&b="}),
    "header": (
        Authorization(),
        lambda t: {"headers": {"Authorization": f"Bearer {t}"}},
    ),
    "message": (FirstMessage(), lambda t: {}),
}

by_each_way = pytest.mark.parametrize("way", WAYS)


def client_with(way: str, token: str, **kwargs: Any) -> ASGIWebSocketSimulator:
    carrier, sent_by = WAYS[way]
    app = serving(carrier, **kwargs)
    return ASGIConductor(app).simulate_ws(**{"headers": HOME, **sent_by(token)})


async def deliver(client: ASGIWebSocketSimulator, way: str, token: str) -> None:
    if way == "message":
        await client.send_text(token)


@by_each_way
@pytest.mark.parametrize("accept_first", [False, True])
async def test_a_good_token_makes_a_user(way: str, accept_first: bool) -> None:
    async with client_with(way, "s3cret-Ada", accept_first=accept_first) as client:
        await deliver(client, way, "s3cret-Ada")
        assert (await client.receive_json())[:2] == ["Ada", "Ada"]


@pytest.mark.parametrize("way", list(WAYS)[:-1])
@pytest.mark.parametrize("token", ["s3cret-Eve", ""])
async def test_without_a_good_token_there_is_a_401(way: str, token: str) -> None:
    denial = await denied(client_with(way, token), 401)
    assert denial.headers["www-authenticate"] == "Bearer"


@by_each_way
@pytest.mark.parametrize("token", ["s3cret-Eve", ""])
async def test_without_a_good_token_an_open_connection_is_closed(
    way: str, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client_with(way, token, accept_first=True) as client:
        await deliver(client, way, token)
        assert await closed(client) == (1008, "Not authenticated")
    assert not [r for r in caplog.records if r.levelno > logging.DEBUG]


async def test_what_verifies_may_answer_for_itself() -> None:
    denial = await denied(client_with("query", "s3cret-ban"), 403)
    assert denial.json["title"] == "Banned"
    async with client_with("message", "s3cret-ban") as client:
        await client.send_text("s3cret-ban")
        assert await closed(client) == (3403, "Forbidden")


@by_each_way
@pytest.mark.parametrize("accept_first", [False, True])
@pytest.mark.parametrize("user", ["Ada", "Eve", "bug", "ban"])
async def test_no_token_gets_into_a_log_or_an_answer(
    way: str, accept_first: bool, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = f"s3cret-{user}"
    client = client_with(way, token, accept_first=accept_first)
    said: list[object] = [WAYS[way][0]]
    try:
        async with client:
            await deliver(client, way, token)
            said += await client.receive_json()
    except WebSocketDisconnected as exc:
        said += [exc, exc.reason]
    if client.denial is not None:
        said += [client.denial.headers, client.denial.text]
    formatter = logging.Formatter()  # writes tracebacks too
    said += [(formatter.format(r), r.args, r.exc_info) for r in caplog.records]
    assert any("The database is down." in str(s) for s in said) == (user == "bug")
    assert "s3cret" not in repr((said, client.headers, client.subprotocol))


authenticated = before(Authenticator(verify, Query()))


class Room:
    @authenticated
    async def on_websocket(self, req: Request, ws: WebSocket, room: str) -> None:
        await ws.accept()
        await ws.send_text(f"{ws.context.user} in {room}")


@authenticated
class Guarded:
    on_websocket = inspect.unwrap(Room.on_websocket)


@pytest.mark.parametrize("resource", [Room(), Guarded()])
async def test_an_authenticator_is_a_hook(resource: object) -> None:
    app = App()
    app.add_route("/{room}", resource)
    conductor = ASGIConductor(app)
    async with conductor.simulate_ws("/hall?ticket=s3cret-Ada") as client:
        assert await client.receive_text() == "Ada in hall"
    await denied(conductor.simulate_ws("/hall"), 401)


async def test_a_middleware_may_call_one_for_all_websockets() -> None:
    class Gate:
        async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
            await Authenticator(verify, Query())(req, ws)

    app = App(middleware=Gate())
    await denied(ASGIConductor(app).simulate_ws(), 401)
    await denied(ASGIConductor(app).simulate_ws("/?ticket=s3cret-Ada"), 404)


async def test_the_first_that_has_a_token_decides() -> None:
    app = serving(Query(), Cookie("session"), Authorization(), FirstMessage())
    conductor = ASGIConductor(app, headers=HOME)
    cookies = {"session": "s3cret-Ada"}
    async with conductor.simulate_ws("/?ticket=", cookies=cookies) as client:
        assert (await client.receive_json())[0] == "Ada"
    await denied(conductor.simulate_ws("/?ticket=s3cret-Eve", cookies=cookies), 401)
    async with conductor.simulate_ws() as client:
        await client.send_text("s3cret-Ada")
        assert (await client.receive_json())[0] == "Ada"


async def test_what_was_made_of_a_token_need_not_be_true() -> None:
    async def count(token: str, ws: WebSocket) -> int | None:
        return len(token) - 1

    assert await Authenticator(count, Query())(*handshake(query_string="ticket=x")) == 0


async def test_a_client_that_left_meanwhile_is_not_answered() -> None:
    async def leave(token: str, ws: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnected):
            await ws.receive_text()

    req, ws = handshake(query_string="ticket=x")
    await ws.accept()
    with pytest.raises(WebSocketDisconnected) as caught:
        await Authenticator(leave, Query())(req, ws)
    assert (caught.value.code, caught.value.initiator) == (1001, "client")


async def test_wrong_use_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"by a coroutine function .*, not by .*lambda"):
        Authenticator(lambda token, ws: token, Query())  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=r"needs to know where the token is"):
        Authenticator(verify)
    with pytest.raises(ValueError, match=r"FirstMessage\(\) comes last"):
        Authenticator(verify, FirstMessage(), Query())
    for deadline in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="above 0 seconds"):
            FirstMessage(deadline)
    sent = handshake()
    sent[0].is_websocket = False
    with pytest.raises(OperationNotAllowed, match="is for on_websocket"):
        await Authenticator(verify, Query())(*sent)


async def test_the_token_is_hidden_and_the_name_is_answered() -> None:
    offered = ["v1", "access_token", "s3cret-Ada", "v2"]
    req, ws = handshake(headers=HOME, subprotocols=offered)
    assert "s3cret" in repr((req.headers, ws.headers))  # They keep what they have read.
    assert await Subprotocol("access_token").token(req, ws) == "s3cret-Ada"
    assert "s3cret" not in repr((req.headers, ws.headers, req.scope))
    assert req.headers == ws.headers
    assert ws.headers["sec-websocket-protocol"] == "v1, access_token, v2"
    app = serving(Subprotocol("access_token"))
    async with ASGIConductor(app).simulate_ws(subprotocols=offered) as client:
        assert client.subprotocol == "access_token"


@given(st.lists(st.from_regex(TOKEN, fullmatch=True) | st.just("bearer"), max_size=5))
async def test_the_token_is_what_stands_behind_the_name(offered: list[str]) -> None:
    req, ws = handshake(subprotocols=offered)
    token = await Subprotocol().token(req, ws)
    if "bearer" not in offered[:-1]:
        assert token is None
        assert ws.subprotocols == tuple(offered)
    else:
        assert token == offered[offered.index("bearer") + 1]
        assert ws.subprotocols == tuple(p for p in offered if p != token)


@pytest.mark.parametrize(
    ("allowed", "may", "may_not"),
    [
        ("same-origin", HOME["Origin"], [None, "", APP, "null"]),
        ([APP, "null"], APP, [None, "", HOME["Origin"], "null"]),
        (Origins(APP), APP, [None, "", HOME["Origin"], "null"]),
        ("*", HOME["Origin"], [None, "", APP, "null"]),
        (Origins("*"), HOME["Origin"], [None, "", APP, "null"]),
    ],
)
async def test_a_cookie_counts_with_an_origin_that_may_use_it(
    allowed: Any, may: str, may_not: list[str | None]
) -> None:
    options = WebSocketOptions(allowed_origins=allowed)
    for origin in [may, *may_not]:
        headers = {} if origin is None else {"Origin": origin}
        req, ws = handshake(options, headers=headers, cookies={"session": "a"})
        assert await Cookie("other").token(req, ws) is None
        if origin == may:
            assert await Cookie("session").token(req, ws) == "a"
        else:
            with pytest.raises(HTTPForbidden):
                await Cookie("session").token(req, ws)


async def test_of_several_cookies_none_is_chosen() -> None:
    sent = handshake(headers=HOME | {"Cookie": "session=a; other=b; session=a"})
    assert await Cookie("other").token(*sent) == "b"
    with pytest.raises(HTTPUnauthorized):
        await Cookie("session").token(*sent)


@given(st.lists(st.tuples(st.sampled_from(["t", "ä ", "T", "u"]), st.text())))
async def test_a_parameter_is_taken_and_the_others_stay(
    pairs: list[tuple[str, str]],
) -> None:
    req, ws = handshake(query_string=urlencode(pairs))
    before_it = {k: v for k, v in req.params.items() if k != "ä "}
    values = [value for name, value in pairs if name == "ä "]
    try:
        token = await Query("ä ").token(req, ws)
    except HTTPUnauthorized:
        assert len(values) > 1
    else:
        assert len(values) < 2
        assert token == (values[0] if values else None)
    others = urlencode([(name, value) for name, value in pairs if name != "ä "])
    assert ws.query_string == req.query_string == others
    assert req.params == before_it


async def test_a_parameter_is_found_however_its_name_is_written() -> None:
    req, ws = handshake(query_string="%74icket=%73+x%ff&a&=&ticket2=b&&a=%74")
    assert await Query().token(req, ws) == "s x\ufffd"
    assert req.query_string == "a&=&ticket2=b&&a=%74"
    del req.scope["query_string"]
    assert await Query().token(req, ws) is None


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="),
        ("bEARER   x ", "x"),
        *[(f"Bearer{s}", None) for s in ("", " ", "x", " a b", " a,Bearer b", " a=b")],
        ("Basic QWRhOmE=", None),
    ],
)
async def test_a_bearer_has_one_token(header: str, token: str | None) -> None:
    sent = handshake(headers={"Authorization": header})
    assert await Authorization().token(*sent) == token
    assert await Authorization().token(*handshake()) is None


async def test_who_sends_nothing_in_time_is_closed() -> None:
    async with ASGIConductor(serving(FirstMessage(0.01))).simulate_ws() as client:
        assert await closed(client) == (1008, "Not authenticated in time")


async def test_who_leaves_instead_is_not_waited_for() -> None:
    async with ASGIConductor(serving(FirstMessage(3600))).simulate_ws() as client:
        await client.close()  # and the end of the block waits for the application


async def test_a_binary_message_is_of_the_wrong_kind() -> None:
    async with ASGIConductor(serving(FirstMessage())).simulate_ws() as client:
        await client.send_data(b"s3cret-Ada")
        assert (await closed(client))[0] == 1003


OUTCOMES = [None, "", 7, ValueError, KeyError, IndexError, TypeError, RecursionError]


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_a_message_that_cannot_be_read_has_no_token(
    outcome: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def read(message: str) -> Any:
        if isinstance(outcome, type):
            raise outcome(f"I do not like {message}")
        return outcome

    caplog.set_level(logging.DEBUG)
    way = FirstMessage(read=read)
    async with ASGIConductor(serving(way)).simulate_ws() as client:
        await client.send_text("s3cret-Ada")
        assert await closed(client) == (1008, "Not authenticated")
    assert not [r for r in caplog.records if r.levelno > logging.DEBUG]
    assert "s3cret" not in caplog.text
    assert isinstance(outcome, type) == ("message was not read" in caplog.text)


async def test_a_message_is_read_as_the_application_likes() -> None:
    way = FirstMessage(read=lambda message: json.loads(message)["token"])
    async with ASGIConductor(serving(way)).simulate_ws() as client:
        await client.send_text('{"token": "s3cret-Ada"}')
        assert (await client.receive_json())[0] == "Ada"
