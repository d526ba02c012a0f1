"""File names that clients choose, made safe for a disk."""

from __future__ import annotations

import re
import unicodedata

__all__ = ("secure_filename",)

_UNSAFE = re.compile(r"[^0-9A-Za-z.-]")


def secure_filename(filename: str, max_length: int | None = None) -> str:
    """Make a name that a client chose one to store a file under.

    What is left are ASCII letters and digits, dots, hyphens and underscores, without a dot
    at the start. It is neither unique nor free of names that Windows reserves, such as
    ``NUL``: put it behind a name of your own, or into a directory of its own.

    Args:
        filename: For example ``'../Zoë.txt'``, which becomes ``'_._Zoe_.txt'``.
        max_length: In characters; a longer name is cut, in front of its ending if that fits.
            None or 0 for no limit.

    Raises:
        ValueError: The name is empty, or the limit is negative.
    """
    if not filename:
        raise ValueError("An empty name cannot be made a file's; choose one yourself.")
    if max_length is not None and max_length < 0:
        raise ValueError(f"max_length is None or a positive int, not {max_length}.")
    name = unicodedata.normalize("NFKD", filename)
    if name.startswith("."):  # It would be hidden, or lead out of the directory.
        name = "_" + name[1:]
    name = _UNSAFE.sub("_", name)
    return _shortened(name, max_length) if max_length else name


def _shortened(name: str, length: int) -> str:
    if len(name) <= length:
        return name
    stem, dot, ending = name.rpartition(".")
    ending = dot + ending
    if not stem or len(ending) >= length:
        return name[:length]
    return stem[: length - len(ending)] + ending
