import io
from collections.abc import AsyncIterator

import pytest

from falconws.core.response.stream import close_source, file_chunks


class File:
    """A file that is read by awaiting."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    async def read(self, size: int) -> bytes:
        return self._file.read(size)


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 200_000])
async def test_a_file_is_read_in_blocks_to_its_end(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    chunks = [chunk async for chunk in file_chunks(File(content[:size]))]
    assert b"".join(chunks) == content[:size]
    assert len(chunks) == -(-size // 65536)


async def test_a_source_is_closed_in_the_way_that_it_has() -> None:
    closed = []

    class Awaited:
        async def close(self) -> None:
            closed.append("awaited")

    class Plain:
        def close(self) -> None:
            closed.append("plain")

    async def generator() -> AsyncIterator[bytes]:
        try:
            yield b""
        finally:
            closed.append("generator")

    started = generator()
    await anext(started)
    for source in (Awaited(), Plain(), started, object()):
        await close_source(source)
    assert closed == ["awaited", "plain", "generator"]
