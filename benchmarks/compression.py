"""What compressing costs: ``python -m benchmarks.compression``.

A JSON document is compressed as responses are, by each coding at some of its levels: how fast, and
to what part of its size. Then as much of it as is compressed in the event loop at most, and what
a change of threads costs, which smaller bodies are spared.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable

from falconws.core._codings import CODINGS
from falconws.core.compression import _IN_LOOP

ROUNDS = 5
LEVELS = {"br": (1, 4, 5, 7), "zstd": (1, 3, 6, 9), "gzip": (1, 4, 6, 9)}


def document(count: int = 20_000) -> bytes:
    """Make a JSON document that is about as repetitive as those of databases."""
    chance = random.Random(1)
    rows = [
        {
            "id": number,
            "name": chance.choice(["Ada", "Grace", "Alan"]) + str(chance.random()),
            "tags": [chance.choice("abcdef") * 5 for _ in range(4)],
        }
        for number in range(count)
    ]
    return json.dumps(rows).encode()


def best(function: Callable[[], bytes]) -> tuple[float, int]:
    """Give the seconds that the best round took, and the length of what came out."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return min(seconds), len(result)


async def change_of_threads(count: int = 1000) -> float:
    """Give the seconds that calling something in a thread costs."""
    await asyncio.to_thread(bytes)
    start = time.perf_counter()
    for _ in range(count):
        await asyncio.to_thread(bytes)
    return (time.perf_counter() - start) / count


def main() -> None:
    data = document()
    block = data[:_IN_LOOP]
    for name, levels in LEVELS.items():
        for level in levels:

            def encode(
                data: bytes = data, name: str = name, level: int = level
            ) -> bytes:
                encoder = CODINGS[name].start(level)
                return encoder.compress(data) + encoder.finish()

            seconds, length = best(encode)
            block_seconds, _ = best(lambda encode=encode: encode(block))  # type: ignore[misc]
            print(
                f"{name:4} {level:2} {len(data) / seconds / 1e6:7.0f} MB/s "
                f"{length / len(data):6.1%}   {_IN_LOOP} bytes: {block_seconds * 1e3:5.2f} ms"
            )
    print(f"a change of threads: {asyncio.run(change_of_threads()) * 1e3:.3f} ms")


if __name__ == "__main__":
    main()
