"""Writing a stream to a file without blocking the event loop."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterable, Callable
from pathlib import Path
from typing import BinaryIO

__all__ = ("save",)

# Bytes that go to the disk at once. Handing them to a thread costs about 0.1 ms, whatever
# their number.
_BLOCK = 1024 * 1024


async def save(
    chunks: AsyncIterable[bytes], path: str | os.PathLike[str], overwrite: bool
) -> int:
    """Write chunks to a file, and give the number of their bytes; see `BodyPart.save`."""
    file = _File(Path(path), overwrite)
    size = 0
    block: list[bytes] = []
    held = 0
    try:
        await _in_thread(file.open)
        async for chunk in chunks:
            block.append(chunk)
            held += len(chunk)
            if held >= _BLOCK:
                await _in_thread(file.write, block)
                size += held
                block, held = [], 0
        await _in_thread(file.finish, block)
    except BaseException:
        await _in_thread(file.discard)
        raise
    return size + held


class _File:
    """A file that is there when it is whole, and not before if it replaces another."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        self._path = path
        self._written = path
        if overwrite:
            # The old file is there until the new one is whole.
            self._written = path.with_name(f".{secrets.token_hex(8)}.part")
        self._file: BinaryIO | None = None

    def open(self) -> None:
        self._file = open(self._written, "xb")

    def write(self, block: list[bytes]) -> None:
        assert self._file is not None
        self._file.writelines(block)

    def finish(self, block: list[bytes]) -> None:
        assert self._file is not None
        self._file.writelines(block)
        self._file.close()
        if self._written != self._path:
            os.replace(self._written, self._path)

    def discard(self) -> None:
        if self._file is None:
            return  # It was not opened, and what is there is another's.
        try:
            self._file.close()
        finally:  # Closing writes what is left, and a full disk has no place for it.
            self._written.unlink(missing_ok=True)


async def _in_thread(function: Callable[..., None], *args: object) -> None:
    """Call a function in a thread, and return when it has ended even if this is cancelled.

    Nothing may be done to the file while a thread that nobody waits for writes to it.
    """
    task = asyncio.ensure_future(asyncio.to_thread(function, *args))
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None:
        task.exception()  # Not to be told of it: the cancellation goes before.
        raise cancelled
    task.result()
