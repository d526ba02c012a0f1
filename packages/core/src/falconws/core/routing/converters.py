"""Field converters: ``{id:int}`` in a URI template gives the responder an integer."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

__all__ = (
    "BaseConverter",
    "DateTimeConverter",
    "FloatConverter",
    "IntConverter",
    "PathConverter",
    "RegexConverter",
    "UUIDConverter",
    "BUILTIN",
)


_UUID = re.compile(
    r"[0-9A-Fa-f]{8}(-?)[0-9A-Fa-f]{4}(\1[0-9A-Fa-f]{4}){2}\1[0-9A-Fa-f]{12}"
)


class BaseConverter:
    """Turns the text of a path segment into a value.

    A subclass takes the arguments that stand in the template: ``{id:name(1, max=5)}`` makes
    ``Name(1, max=5)``, once, when the route is added.
    """

    CONSUME_MULTIPLE_SEGMENTS: ClassVar[bool] = False
    """Whether `convert` is given a list of all segments that are left."""

    def convert(self, value: Any) -> Any:
        """Give the value, or None when the text is none; the route does not match then."""
        raise NotImplementedError(f"{type(self).__name__} does not convert.")

    def to_text(self, value: Any) -> str:
        """Give the text that `convert` makes the value of, for `App.url_for`.

        The text of a field that takes several segments has slashes between them.
        """
        return str(value)


class IntConverter(BaseConverter):
    """Digits become an `int`."""

    def __init__(
        self,
        num_digits: int | None = None,
        min: int | None = None,
        max: int | None = None,
    ) -> None:
        """Set limits.

        Args:
            num_digits: How many digits there must be, from 1; None for any number.
            min: The smallest value; None for no limit.
            max: The largest value; None for no limit.
        """
        if num_digits is not None and num_digits < 1:
            raise ValueError("num_digits must be at least 1.")
        self._num_digits = num_digits
        self._min = min
        self._max = max

    def convert(self, value: str) -> int | None:
        """Give the number."""
        digits = len(value.removeprefix("-"))
        if self._num_digits is not None and digits != self._num_digits:
            return None
        # int() takes more than a path should: "1_0", " 1", "+1", other scripts' digits.
        if not re.fullmatch(r"-?[0-9]+", value):
            return None
        try:
            number = int(value)
        except ValueError:  # more digits than sys.get_int_max_str_digits()
            return None
        return number if _within(number, self._min, self._max) else None

    def to_text(self, value: Any) -> str:
        """Give the digits, with zeros in front where a number of them is asked for."""
        sign, digits = ("-", str(value)[1:]) if value < 0 else ("", str(value))
        return sign + digits.zfill(self._num_digits or 0)


class FloatConverter(BaseConverter):
    """A decimal number becomes a `float`."""

    def __init__(
        self, min: float | None = None, max: float | None = None, finite: bool = True
    ) -> None:
        """Set limits.

        Args:
            min: The smallest value; None for no limit.
            max: The largest value; None for no limit.
            finite: Whether infinities and NaN are refused.
        """
        self._min = min
        self._max = max
        self._finite = finite

    def convert(self, value: str) -> float | None:
        """Give the number."""
        if not value.isascii() or "_" in value or value.strip() != value:
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        if self._finite and not math.isfinite(number):
            return None
        return number if _within(number, self._min, self._max) else None


def _within(number: float, low: float | None, high: float | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


class DateTimeConverter(BaseConverter):
    """A date and time becomes a `datetime`."""

    def __init__(self, format_string: str = "%Y-%m-%dT%H:%M:%S%z") -> None:
        """Set the form.

        Args:
            format_string: As for `datetime.strptime`.
        """
        self._format = format_string

    def convert(self, value: str) -> datetime | None:
        """Give the time; with a zone if the form has one."""
        try:
            return datetime.strptime(value, self._format)
        except ValueError:
            return None

    def to_text(self, value: datetime) -> str:
        """Give the time in the form that is read here."""
        return value.strftime(self._format)


class UUIDConverter(BaseConverter):
    """32 hexadecimal digits, with or without hyphens, become a `uuid.UUID`."""

    def convert(self, value: str) -> uuid.UUID | None:
        """Give the UUID."""
        # uuid.UUID() takes more than a path should: braces, "urn:uuid:", hyphens anywhere.
        return uuid.UUID(value) if _UUID.fullmatch(value) else None


class PathConverter(BaseConverter):
    """All that is left of the path becomes a string, slashes included."""

    CONSUME_MULTIPLE_SEGMENTS = True

    def convert(self, value: list[str]) -> str:
        """Give the path."""
        return "/".join(value)


class RegexConverter(BaseConverter):
    """Text that matches a regular expression as a whole."""

    def __init__(self, pattern: str, group: int | str | None = None) -> None:
        """Set the expression.

        Args:
            pattern: As for `re.compile`.
            group: The name or number of the group to give to the responder; None for the
                whole text. A group that took no part in a match gives none.

        Raises:
            ValueError: The expression has no such group.
        """
        self._pattern = re.compile(pattern)
        self._group = 0 if group is None else group
        numbers = range(self._pattern.groups + 1)
        if self._group not in {*numbers, *self._pattern.groupindex}:
            raise ValueError(f"The expression {pattern!r} has no group {group!r}.")

    def convert(self, value: str) -> str | None:
        """Give the text, or its group."""
        match = self._pattern.fullmatch(value)
        group: str | None = match and match[self._group]
        return group


BUILTIN: Mapping[str, type[BaseConverter]] = MappingProxyType(
    {
        "dt": DateTimeConverter,
        "float": FloatConverter,
        "int": IntConverter,
        "path": PathConverter,
        "re": RegexConverter,
        "uuid": UUIDConverter,
    }
)
