"""What Falcon 4.4 does of Server-Sent Events."""

from __future__ import annotations

from ..manifest import Requirement

_URL = "https://falcon.readthedocs.io/en/4.4.0/api/request_and_response_asgi.html"


def _of(id: str, behaviour: str, divergence: str | None = None) -> Requirement:
    return Requirement(f"falcon:event-streams:{id}", _URL, behaviour, divergence)


REQUIREMENTS = [
    _of(
        "fields",
        "An event is written as comment, event, id, retry and data, in that order.",
    ),
    _of("ping", "An event without anything in it, and None, are sent as `: ping`."),
    _of("json", "`SSEvent(json=...)` is written by the App's handler for JSON."),
    _of("types", "An argument of a wrong type is a TypeError."),
    _of(
        "any-object", "What has `serialize(handler)` is an event, whatever it returns."
    ),
    _of("content-type", "The Content-Type is `text/event-stream` unless it is set."),
    _of(
        "lines",
        "Only the first line of a text is in a `data` field, and the others are fields that the "
        "text may forge.",
        "Each line has a `data` field of its own, so that a client reads what was sent.",
    ),
    _of(
        "injection",
        "A line break in `event` or `event_id` goes through, and adds fields.",
        "It is a ValueError, and so is a NUL, for which a client ignores an ID.",
    ),
    _of(
        "several",
        "Of `data`, `text` and `json`, the first that is set is sent.",
        "To give two is a TypeError: one of them would be lost.",
    ),
    _of(
        "serialize",
        "`SSEvent.serialize()` returns bytes.",
        "It returns a string; `bytes(event)` gives bytes.",
    ),
    _of(
        "attributes",
        "An event has the attributes `text`, `json` and `event`, and `data` is bytes.",
        "`data` is the text and `event_type` the type, however they were given.",
    ),
    _of(
        "other-items",
        "A string or a list that is yielded is an error, and what is false is a ping.",
        "A string is the data of an event, also if it is empty, and the events of a list are "
        "sent at once.",
    ),
    _of(
        "headers",
        "Nothing but the Content-Type is sent with a stream.",
        "`Cache-Control: no-cache` and `X-Accel-Buffering: no` keep caches and proxies from "
        "holding it back, unless they are set.",
    ),
    _of(
        "head",
        "A HEAD has the Content-Type of a body that is none, and a Content-Length of 0.",
        "It has the headers of the stream, and begins no source either.",
    ),
    _of(
        "function",
        "An asynchronous generator function is taken, and an error when the response begins.",
        "It is a TypeError where it is assigned.",
    ),
    _of(
        "error",
        "An HTTPError behind `resp.sse = ...` sets the status of a response that still is the "
        "stream.",
        "The error is the response, and the source is closed.",
    ),
    _of(
        "keep-alive",
        "Nothing is sent while a source is silent.",
        "A comment is sent after 0.1 s if there is no event yet, and after 15 s of silence.",
    ),
    _of(
        "last-event-id",
        "`req.last_event_id` is Latin-1.",
        "It is UTF-8, which browsers send (WHATWG HTML, 9.2.3).",
    ),
    _of(
        "sends",
        "Each event is a send of its own.",
        "Events that are ready together are one send: a hundred short ones take uvicorn a quarter "
        "of the time. One that had to be waited for waits for no other.",
    ),
    _of(
        "leaving",
        "That a client has left is noticed behind the next event, and the source is not closed.",
        "The source is closed at once, also while it waits.",
    ),
]
