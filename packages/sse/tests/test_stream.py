"""The options of one stream."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from falconws.sse import EventStream


class Source:
    def __init__(self) -> None:
        self.closed = 0

    async def __aiter__(self) -> AsyncIterator[str]:
        yield "hi"

    async def aclose(self) -> None:
        self.closed += 1


def test_a_stream_without_options_has_the_defaults() -> None:
    source = Source()
    stream = EventStream(source)
    assert stream.events is source
    assert (stream.ping, stream.retry, stream.send_timeout) == (15.0, None, None)
    assert stream.headers == {}


async def test_a_stream_gives_and_closes_what_its_source_does() -> None:
    source = Source()
    stream = EventStream(source)
    assert [event async for event in stream] == ["hi"]
    await stream.aclose()
    assert source.closed == 1


def test_the_ends_of_every_range_are_inside() -> None:
    stream = EventStream(Source(), ping=5e-324, retry=0, send_timeout=math.inf)
    assert (stream.ping, stream.retry, stream.send_timeout) == (5e-324, 0, math.inf)
    assert EventStream(Source(), ping=None, send_timeout=None).ping is None
    headers = EventStream(Source(), headers={"X-Feed": "\u00e9"}).headers
    assert headers == {"x-feed": "\u00e9"}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"ping": 0}, ValueError, "ping is above 0"),
        ({"ping": math.nan}, ValueError, "ping is above 0"),
        ({"ping": True}, TypeError, "ping is a number of seconds"),
        ({"ping": "15"}, TypeError, "ping is a number of seconds"),
        ({"send_timeout": 0.0}, ValueError, "send_timeout is above 0"),
        ({"send_timeout": "30"}, TypeError, "send_timeout is a number of seconds"),
        ({"retry": -1}, ValueError, "retry is at least 0"),
        ({"retry": 1.5}, TypeError, "retry is a number of milliseconds"),
        ({"retry": True}, TypeError, "retry is a number of milliseconds"),
        ({"headers": {"a b": ""}}, ValueError, "is not a header name"),
        ({"headers": {"a": "\n"}}, ValueError, "control character"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_where_it_is_given(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        EventStream(Source(), **options)
