"""How many processes serve an App, as far as can be told from within one."""

from __future__ import annotations

import os
import re
import sys

__all__ = ("count_workers",)


def count_workers() -> int:
    """Guess how many processes serve the App, as the server was told."""
    words = iter(sys.argv[1:])
    for word in words:
        name, _, value = word.partition("=")
        if re.fullmatch("-w[0-9]+", name):
            name, value = "-w", name[2:]
        if name in ("--workers", "-w"):
            value = value or next(words, "")
            return int(value) if value.isdecimal() else 1
    value = os.environ.get("WEB_CONCURRENCY", "")
    return int(value) if value.isdecimal() else 1
