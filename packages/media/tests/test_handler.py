import io
from typing import IO, Any

import pytest

from falconws.media import BaseHandler, JSONHandler


class Reader:
    """A body that is read by awaiting."""

    def __init__(self, body: bytes) -> None:
        self._file = io.BytesIO(body)

    async def read(self, size: int | None = None, /) -> bytes:
        return self._file.read(-1 if size is None else size)


class Lines(BaseHandler):
    """A list of strings, one a line."""

    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        assert isinstance(media, list)
        return "\n".join(media).encode()

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        return stream.read().decode().split("\n"), content_type, content_length


async def test_a_synchronous_handler_serves_asynchronous_callers() -> None:
    handler = Lines()
    assert await handler.serialize_async(["a", "b"], "text/lines") == b"a\nb"
    # The length is that of what was read, whatever had been announced.
    assert await handler.deserialize_async(Reader(b"a\nb"), "text/lines", 99) == (
        ["a", "b"],
        "text/lines",
        3,
    )


def test_a_handler_says_whether_it_can_write() -> None:
    class Reading(BaseHandler):
        def deserialize(self, *args: Any) -> object:
            return None

    class Awaiting(BaseHandler):
        async def serialize_async(self, *args: Any) -> bytes:
            return b""

    kinds = (BaseHandler, Reading, Awaiting, Lines, JSONHandler)
    assert [kind.serializes for kind in kinds] == [False, False, True, True, True]


def test_a_handler_for_one_direction_says_that_it_does_not_do_the_other() -> None:
    class Nothing(BaseHandler):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing does not serialize"):
        Nothing().serialize({})
    with pytest.raises(NotImplementedError, match=r"Nothing does not deserialize"):
        Nothing().deserialize(io.BytesIO())


class Upper(JSONHandler):
    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        return super().serialize(media, content_type).upper()


class UpperMixin:
    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        return b"MIXED IN"


class Mixed(UpperMixin, JSONHandler):
    pass


class Awaits(JSONHandler):
    async def serialize_async(
        self, media: object, content_type: str | None = None
    ) -> bytes:
        return b"awaited"

    async def deserialize_async(
        self,
        stream: Any,
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        return "awaited"


class Reads(JSONHandler):
    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> Any:
        return [super().deserialize(stream)]


@pytest.mark.parametrize("handler", [Upper, Awaits, Mixed])
def test_a_subclass_that_serializes_differently_is_not_passed_by(
    handler: type[BaseHandler],
) -> None:
    assert JSONHandler.encode is not None
    assert handler.encode is None
    assert handler.decode is not None or handler is Awaits


@pytest.mark.parametrize("handler", [Reads, Awaits])
def test_a_subclass_that_deserializes_differently_is_not_passed_by(
    handler: type[BaseHandler],
) -> None:
    assert JSONHandler.decode is not None
    assert handler.decode is None
    assert handler.encode is not None or handler is Awaits


def test_a_subclass_may_bring_its_own_short_cuts() -> None:
    class Doubled(BaseHandler):
        def encode(self, media: object, content_type: str | None = None) -> bytes:
            return b"2"

        def serialize(self, media: object, content_type: str | None = None) -> bytes:
            return b"2"

        def decode(self, data: bytes, content_type: str | None = None) -> object:
            return 2

        def deserialize(
            self,
            stream: IO[bytes],
            content_type: str | None = None,
            content_length: int | None = None,
        ) -> object:
            return 2

    assert Doubled.encode is not None
    assert Doubled.decode is not None
