"""Libraries that are extras: what is said where one is needed and not installed."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ("import_extra",)


def import_extra(name: str, purpose: str) -> Any:
    """Import a library that is an extra of this package.

    It is called where the library is used, so that nobody else has to have it.

    Args:
        name: The library's, which is that of the extra too.
        purpose: What it is needed for, as the start of a sentence: ``'Payloads of a type'``.

    Raises:
        RuntimeError: It is not installed; the message says how to.
    """
    try:
        return importlib.import_module(name)
    except ImportError as exc:
        raise RuntimeError(
            f"{purpose} need {name}: pip install falconws-media[{name}]."
        ) from exc
