"""Content codings (RFC 9110, 8.4.1): which there are, and which of them a client wants."""

from __future__ import annotations

import importlib
import re
import sys
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

__all__ = ("CODINGS", "Coding", "Encoder", "choose_coding")

# In Python's own library since 3.14; before that, the same interface is an extra.
_ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"

_WEIGHT = re.compile(r"[ \t]*[qQ]=([01](?:\.[0-9]*)?)[ \t]*")


class Encoder(NamedTuple):
    """Compresses one body.

    Attributes:
        compress: Takes bytes, and gives what comes out of them and those before; maybe nothing.
        flush: Gives what is left of those that were taken.
        finish: Gives that and the end of the body.
    """

    compress: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    finish: Callable[[], bytes]


class Coding(NamedTuple):
    """A content coding.

    Attributes:
        start: Makes an `Encoder` for a level; raises ImportError without its library.
        levels: Those there are, from the fastest to the smallest.
        level: The default one.
        extra: What has to be installed for it; empty for nothing.
    """

    start: Callable[[int], Encoder]
    levels: range
    level: int
    extra: str


def _gzip(level: int) -> Encoder:
    encoder = zlib.compressobj(level, wbits=16 + zlib.MAX_WBITS)
    flush = partial(encoder.flush, zlib.Z_SYNC_FLUSH)
    return Encoder(encoder.compress, flush, encoder.flush)


def _brotli(level: int) -> Encoder:
    encoder = importlib.import_module("brotli").Compressor(quality=level)
    return Encoder(encoder.process, encoder.flush, encoder.finish)


def _zstd(level: int) -> Encoder:
    encoder = importlib.import_module(_ZSTD).ZstdCompressor(level=level)
    flush = partial(encoder.flush, encoder.FLUSH_BLOCK)
    return Encoder(encoder.compress, flush, encoder.flush)


# In the order in which the server prefers them: at these levels br makes the least, and zstd as
# little as gzip; either takes half the time of gzip (benchmarks/compression.py).
CODINGS = {
    "br": Coding(_brotli, range(12), 4, "brotli"),
    # RFC 9659: a client has to have a window of 8 MiB for it, and the levels above take more.
    "zstd": Coding(_zstd, range(1, 20), 6, "zstd"),
    "gzip": Coding(_gzip, range(1, 10), 6, ""),
}


@lru_cache(maxsize=256)
def choose_coding(accept: str, offered: tuple[str, ...]) -> str | None:
    """Choose the coding for a client (RFC 9110, 12.5.3).

    Args:
        accept: Its Accept-Encoding. A member that is not well formed is passed over.
        offered: What there is, the best first.

    Returns:
        The one with the highest weight; None for a body as it is, because the client takes
        none of them or wants that more.
    """
    weights: dict[str, float] = {}
    for member in accept.split(","):
        name, semicolon, parameter = member.partition(";")
        name = name.strip().lower()
        if name == "x-gzip":  # RFC 9110, 8.4.1.3
            name = "gzip"
        found = _WEIGHT.fullmatch(parameter if semicolon else "q=1")
        if found is not None and float(found[1]) <= 1:
            weights[name] = max(weights.get(name, 0), float(found[1]))
    others = weights.get("*", 0)
    best = max(offered, key=lambda name: weights.get(name, others))
    weight = weights.get(best, others)
    as_it_is = weights.get("identity", others)
    return best if weight > 0 and weight >= as_it_is else None
