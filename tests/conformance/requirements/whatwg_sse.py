"""What WHATWG HTML requires of an event stream (9.2), of who writes one and who reads it."""

from __future__ import annotations

from ..manifest import Requirement

_ANCHORS = {
    "9.2.1": "server-sent-events-intro",
    "9.2.3": "sse-processing-model",
    "9.2.4": "the-last-event-id-header",
    "9.2.5": "parsing-an-event-stream",
    "9.2.6": "event-stream-interpretation",
    "9.2.7": "authoring-notes",
}


def _of(id: str, behaviour: str, divergence: str | None = None) -> Requirement:
    anchor = _ANCHORS[id.partition(":")[0]]
    url = f"https://html.spec.whatwg.org/multipage/server-sent-events.html#{anchor}"
    return Requirement(f"whatwg-sse:{id}", url, behaviour, divergence)


REQUIREMENTS = [
    _of("9.2.1:stop", "A 204 tells a client not to come back; it has no body."),
    _of("9.2.3:content-type", "A stream is a 200 of the type `text/event-stream`."),
    _of(
        "9.2.4:last-event-id",
        "A client that comes back names its last event in `Last-Event-ID`.",
    ),
    _of("9.2.5:utf-8", "A stream is UTF-8; what is none is read as U+FFFD."),
    _of("9.2.5:bom", "One byte order mark at the beginning is skipped."),
    _of("9.2.5:line-ends", "CR, LF and CRLF end a line, and nothing else does."),
    _of("9.2.6:comment", "A line that begins with a colon is skipped."),
    _of(
        "9.2.6:field",
        "A field's name goes up to the first colon, case counts, and one space behind the colon "
        "is no part of the value; a line without a colon is a name.",
    ),
    _of("9.2.6:unknown", "A field of another name is skipped."),
    _of("9.2.6:multiline", "Several `data` fields are the lines of one text."),
    _of("9.2.6:no-data", "Without a `data` field nothing is dispatched."),
    _of("9.2.6:empty-data", "With an empty one, an event with empty data is."),
    _of("9.2.6:type", "`event` is the type of its own event only, else `message`."),
    _of("9.2.6:id", "An ID holds for the events behind it too, until it is reset."),
    _of(
        "9.2.6:id-dispatch", "It counts from the blank line on, also without an event."
    ),
    _of("9.2.6:id-nul", "An ID with a NUL in it is ignored."),
    _of(
        "9.2.6:retry",
        "`retry` is a number of milliseconds, of ASCII digits only, and counts at once.",
        "One of more than 18 digits is ignored: it is no time.",
    ),
    _of("9.2.6:incomplete", "What no blank line ends is dropped with the stream."),
    _of("9.2.7:keep-alive", "A comment about every 15 s keeps proxies from cutting."),
]
