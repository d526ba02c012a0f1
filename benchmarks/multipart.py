"""What a file in a form costs: ``python -m benchmarks.multipart``.

The bare parser and falconws read the same form, in turn, round by round, each in an event loop of
its own. Then falconws reads a form of 1 GiB, which is made as it is read, and the growth of the
process is printed.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable

from multipart import MultipartSegment, PushMultipartParser

from falconws.core.request import BoundedStream
from falconws.core.scopes import Event
from falconws.media.multipart import MultipartFormHandler, MultipartParseOptions

ROUNDS = 101
CHUNK = 64 * 1024
FILE = 10 * 1024**2
UPLOAD = 1024**3

BOUNDARY = "----a-boundary-as-browsers-make-them"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
HEAD = (
    f"--{BOUNDARY}\r\n"
    'Content-Disposition: form-data; name="file"; filename="data.bin"\r\n'
    "Content-Type: application/octet-stream\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def cut(body: bytes) -> list[bytes]:
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]


def stream(chunks: Iterable[bytes]) -> BoundedStream:
    """Give chunks as the body of a request."""
    coming = iter(chunks)

    async def receive() -> Event:
        chunk = next(coming, b"")
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    return BoundedStream(receive)


async def bare(chunks: Iterable[bytes]) -> int:
    size = 0
    with PushMultipartParser(BOUNDARY) as parser:
        async for chunk in stream(chunks):
            for event in parser.parse(chunk):
                if event is not None and not isinstance(event, MultipartSegment):
                    size += len(event)
    return size


async def ours(chunks: Iterable[bytes]) -> int:
    size = 0
    handler = MultipartFormHandler(MultipartParseOptions(max_body_size=None))
    form = await handler.deserialize_async(stream(chunks), CONTENT_TYPE)
    async for part in form:
        content: AsyncIterator[bytes] = part.stream
        async for chunk in content:
            size += len(chunk)
    return size


Reader = Callable[[Iterable[bytes]], Coroutine[None, None, int]]


def measure(reader: Reader, chunks: list[bytes]) -> float:
    """Give the seconds that a form of one file takes."""
    started = time.perf_counter()
    size = asyncio.run(reader(chunks))
    elapsed = time.perf_counter() - started
    assert size == FILE
    return elapsed


def upload() -> Iterable[bytes]:
    yield HEAD
    for _ in range(UPLOAD // CHUNK):
        yield os.urandom(CHUNK)
    yield TAIL


def peak() -> float:
    """Give the most memory that this process has had, in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


def main() -> None:
    before = peak()
    started = time.perf_counter()
    assert asyncio.run(ours(upload())) == UPLOAD
    elapsed = time.perf_counter() - started
    print(f"1 GiB: grown by {peak() - before:.1f} MiB, {elapsed:.1f} s")

    chunks = cut(HEAD + os.urandom(FILE) + TAIL)
    readers: dict[str, Reader] = {"bare parser": bare, "falconws": ours}
    times: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            times[name].append(measure(reader, chunks))
    print(f"{'10 MiB in chunks of 64 KiB':28}{'best':>10}{'median':>12}")
    for name, seconds in times.items():
        best, median = min(seconds), statistics.median(seconds)
        print(f"{name:28}{best * 1e3:7.2f} ms{median * 1e3:9.2f} ms")
    ratios = [
        measured(times["falconws"]) / measured(times["bare parser"])
        for measured in (min, statistics.median)
    ]
    print(f"{'falconws / bare parser':28}" + "".join(f"{r:9.2f}x " for r in ratios))


if __name__ == "__main__":
    main()
