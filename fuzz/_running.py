"""How long a fuzzer looks, and how what it finds can be repeated."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

__all__ = ("run",)


def run(*checks: Callable[[random.Random], None]) -> None:
    """Call checks until the time is over: as many seconds as the command says, or 10.

    Args:
        *checks: Each raises something if what it chose breaks the invariant.
    """
    seconds = float((sys.argv[1:] or ["10"])[0])
    seed = random.randrange(2**32)
    end = time.monotonic() + seconds
    count = 0
    while time.monotonic() < end:
        for check in checks:
            try:
                check(random.Random(seed + count))
            except BaseException:
                print(f"{check.__name__}(random.Random({seed + count})) fails:")
                raise
        count += 1
    print(f"{count} of each kind, no fault")
