"""Early hints and trailers: what servers can do besides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, OperationNotAllowed, Request, Response
from falconws.testing import create_scope

Responder = Callable[[Request, Response], Awaitable[None]]

EARLY_HINT = "http.response.early_hint"
TRAILERS = "http.response.trailers"
TE = [("TE", "trailers")]


async def serve(
    responder: Responder,
    *extensions: str,
    headers: Any = (),
    method: str = "GET",
    leaves_at: str = "",
) -> list[Event]:
    """Serve one request on a server with extensions, and give what was sent."""
    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=responder, on_head=responder))
    sent: list[Event] = []

    async def send(event: Event) -> None:
        if event["type"] == leaves_at:
            raise OSError("The client has left.")
        sent.append(event)

    scope = create_scope("/", method=method, headers=headers)
    offered: dict[str, dict[str, Any]] = {name: {} for name in extensions}
    async with asyncio.timeout(5):
        await app({**scope, "extensions": offered}, asyncio.Event().wait, send)  # type: ignore[arg-type]
    return sent


async def hint(req: Request, resp: Response) -> None:
    link = "</style.css>; rel=preload; as=style"
    resp.media = await resp.send_early_hints(link, "</x.js>; rel=preload")


async def test_early_hints_are_sent_before_the_response() -> None:
    first, start, body = await serve(hint, EARLY_HINT)
    assert first == {
        "type": "http.response.early_hint",
        "links": [b"</style.css>; rel=preload; as=style", b"</x.js>; rel=preload"],
    }
    assert (start["status"], body["body"]) == (200, b"true")


@pytest.mark.parametrize("extensions", [(), ("http.response.push",)])
async def test_early_hints_are_left_out_where_the_server_has_none(
    extensions: tuple[str, ...],
) -> None:
    _, body = await serve(hint, *extensions)
    assert body["body"] == b"false"


async def test_a_hint_cannot_hold_another_header() -> None:
    async def inject(req: Request, resp: Response) -> None:
        await resp.send_early_hints("</a>\r\nX-B: c")

    assert (await serve(inject))[0]["status"] == 500


async def checksum(req: Request, resp: Response) -> None:
    resp.set_trailer("X-Checksum", "")

    async def body() -> AsyncIterator[bytes]:
        yield b"abc"
        resp.set_trailer("X-Checksum", "7")

    resp.stream = body()


async def text(req: Request, resp: Response) -> None:
    resp.text = "abc"
    resp.set_trailer("X-Checksum", "7")


@pytest.mark.parametrize("responder", [checksum, text])
@pytest.mark.parametrize("te", ["trailers", "gzip;q=0.5, Trailers"])
async def test_trailers_are_sent_behind_the_body(responder: Responder, te: str) -> None:
    start, *_, last = await serve(responder, TRAILERS, headers=[("TE", te)])
    assert start["trailers"] is True
    assert last == {
        "type": "http.response.trailers",
        "headers": [(b"x-checksum", b"7")],
        "more_trailers": False,
    }


@pytest.mark.parametrize("responder", [checksum, text])
@pytest.mark.parametrize(
    ("extensions", "headers", "method"),
    [
        ((), TE, "GET"),
        ((EARLY_HINT,), TE, "GET"),
        ((TRAILERS,), (), "GET"),
        ((TRAILERS,), [("TE", "gzip")], "GET"),
        ((TRAILERS,), TE, "HEAD"),
    ],
)
async def test_trailers_are_left_out_where_nobody_would_get_them(
    responder: Responder, extensions: tuple[str, ...], headers: Any, method: str
) -> None:
    sent = await serve(responder, *extensions, headers=headers, method=method)
    assert not sent[0].get("trailers")
    assert {event["type"] for event in sent[1:]} == {"http.response.body"}


async def test_a_response_without_a_body_has_no_trailers() -> None:
    async def nothing(req: Request, resp: Response) -> None:
        resp.status = 204
        resp.set_trailer("X-Checksum", "7")

    start, _ = await serve(nothing, TRAILERS, headers=TE)
    assert "trailers" not in start


@pytest.mark.parametrize("responder", [checksum, text])
async def test_no_trailers_go_to_a_client_that_has_left(responder: Responder) -> None:
    sent = await serve(
        responder, TRAILERS, headers=TE, leaves_at="http.response.trailers"
    )
    assert sent[-1]["type"] == "http.response.body"


async def test_a_first_trailer_has_to_be_set_before_the_stream_begins() -> None:
    errors = []

    async def late(req: Request, resp: Response) -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"abc"
            try:
                resp.set_trailer("X-Checksum", "7")
            except OperationNotAllowed as exc:
                errors.append(str(exc))

        resp.stream = body()

    await serve(late, TRAILERS, headers=TE)
    assert "set this one before" in errors[0]


@pytest.mark.parametrize(("name", "value"), [("X A", "1"), ("X", "1\r\nY: 2")])
def test_a_trailer_is_a_header_like_any_other(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="header"):
        Response().set_trailer(name, value)
