"""What a request's query string says."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import date, datetime
from typing import Any, Literal, TypeVar, overload
from uuid import UUID

from ..errors import HTTPInvalidParam, HTTPMissingParam
from ..options import RequestOptions
from ..uri import parse_query_string
from ._headers import RequestHeaders

__all__ = ("UNSET", "RequestParams")

T = TypeVar("T")
Store = MutableMapping[str, Any] | None

# Not None and not a new object(): None is a default that a caller may mean.
UNSET: Any = type("UNSET", (), {"__repr__": lambda self: "UNSET"})()

TRUE_STRINGS = frozenset({"true", "True", "t", "yes", "y", "1", "on"})
FALSE_STRINGS = frozenset({"false", "False", "f", "no", "n", "0", "off"})


class RequestParams(RequestHeaders):
    """The part of `Request` that reads query parameters."""

    __slots__ = ("_params", "options")

    options: RequestOptions
    _params: dict[str, str | list[str]] | None

    @property
    def query_string(self) -> str:
        """The query string, without the ``?``."""
        raw: bytes = self.scope.get("query_string", b"")
        return raw.decode("utf-8", "replace")

    @property
    def params(self) -> dict[str, str | list[str]]:
        """The query parameters; a list for one that occurs more than once."""
        params = self._params
        if params is None:
            options = self.options
            params = self._params = parse_query_string(
                self.query_string,
                keep_blank=options.keep_blank_qs_values,
                csv=options.auto_parse_qs_csv,
            )
        return params

    def has_param(self, name: str) -> bool:
        """Say whether there is a parameter of that name."""
        return name in self.params

    def _find_param(
        self, name: str, required: bool, allow_multiple: bool = True
    ) -> str | None:
        value = self.params.get(name)
        if value is None:
            if required:
                raise HTTPMissingParam(name)
            return None
        if isinstance(value, str):
            return value
        if not allow_multiple:
            raise HTTPInvalidParam("It may not have more than one value.", name)
        return value[-1]

    @overload
    def get_param(
        self,
        name: str,
        required: Literal[True],
        store: Store = ...,
        *,
        allow_multiple: bool = ...,
    ) -> str: ...
    @overload
    def get_param(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        *,
        default: str,
        allow_multiple: bool = ...,
    ) -> str: ...
    @overload
    def get_param(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        default: str | None = ...,
        allow_multiple: bool = ...,
    ) -> str | None: ...

    def get_param(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        default: str | None = None,
        allow_multiple: bool = True,
    ) -> str | None:
        """Give a parameter's value.

        Args:
            name: As it stands in the query string.
            required: Whether its absence is an error.
            store: Where to put the value too, under the same name, when there is one.
            default: The value to give when it is absent.
            allow_multiple: Whether it may occur more than once; the last value counts.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It occurs more than once, and may not.
        """
        text = self._find_param(name, required, allow_multiple)
        return default if text is None else stored(name, text, store)

    @overload
    def get_param_as_int(
        self,
        name: str,
        required: Literal[True],
        min_value: int | None = ...,
        max_value: int | None = ...,
        store: Store = ...,
        *,
        allow_multiple: bool = ...,
    ) -> int: ...
    @overload
    def get_param_as_int(
        self,
        name: str,
        required: bool = ...,
        min_value: int | None = ...,
        max_value: int | None = ...,
        store: Store = ...,
        *,
        default: int,
        allow_multiple: bool = ...,
    ) -> int: ...
    @overload
    def get_param_as_int(
        self,
        name: str,
        required: bool = ...,
        min_value: int | None = ...,
        max_value: int | None = ...,
        store: Store = ...,
        default: int | None = ...,
        allow_multiple: bool = ...,
    ) -> int | None: ...

    def get_param_as_int(
        self,
        name: str,
        required: bool = False,
        min_value: int | None = None,
        max_value: int | None = None,
        store: Store = None,
        default: int | None = None,
        allow_multiple: bool = True,
    ) -> int | None:
        """Give a parameter's value as an integer.

        ``min_value`` and ``max_value`` are allowed themselves; None is for no limit. The
        other arguments are those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is no integer, outside the limits, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        value = converted(name, text, int, "an integer")
        _check_limits(name, value, min_value, max_value)
        return stored(name, value, store)

    def get_param_as_float(
        self,
        name: str,
        required: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
        store: Store = None,
        default: float | None = None,
        allow_multiple: bool = True,
    ) -> float | None:
        """Give a parameter's value as a float.

        The arguments are those of `get_param_as_int`. ``nan`` is outside of any limits.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is no number, outside the limits, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        value = converted(name, text, float, "a number")
        _check_limits(name, value, min_value, max_value)
        return stored(name, value, store)

    @overload
    def get_param_as_bool(
        self,
        name: str,
        required: Literal[True],
        store: Store = ...,
        blank_as_true: bool = ...,
        *,
        allow_multiple: bool = ...,
    ) -> bool: ...
    @overload
    def get_param_as_bool(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        blank_as_true: bool = ...,
        *,
        default: bool,
        allow_multiple: bool = ...,
    ) -> bool: ...
    @overload
    def get_param_as_bool(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        blank_as_true: bool = ...,
        default: bool | None = ...,
        allow_multiple: bool = ...,
    ) -> bool | None: ...

    def get_param_as_bool(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        blank_as_true: bool = True,
        default: bool | None = None,
        allow_multiple: bool = True,
    ) -> bool | None:
        """Give a parameter's value as a boolean.

        ``blank_as_true`` says whether ``?flag`` and ``?flag=`` are true; they are false
        otherwise. The other arguments are those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is neither ``true``, ``t``, ``yes``, ``y``, ``1`` or ``on``
                nor ``false``, ``f``, ``no``, ``n``, ``0`` or ``off``, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        value = blank_as_true
        if text:
            value = converted(name, text, _boolean, "'true' or 'false'")
        return stored(name, value, store)

    def get_param_as_uuid(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        default: UUID | None = None,
        allow_multiple: bool = True,
    ) -> UUID | None:
        """Give a parameter's value as a UUID; the arguments are those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is no UUID, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        return stored(name, converted(name, text, UUID, "a UUID"), store)

    def get_param_as_datetime(
        self,
        name: str,
        format_string: str = "%Y-%m-%dT%H:%M:%S%z",
        required: bool = False,
        store: Store = None,
        default: datetime | None = None,
        allow_multiple: bool = True,
    ) -> datetime | None:
        """Give a parameter's value as a datetime.

        ``format_string`` is as for `datetime.datetime.strptime`. The other arguments are
        those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is not in that format, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        return stored(name, _time(name, text, format_string), store)

    def get_param_as_date(
        self,
        name: str,
        format_string: str = "%Y-%m-%d",
        required: bool = False,
        store: Store = None,
        default: date | None = None,
        allow_multiple: bool = True,
    ) -> date | None:
        """Give a parameter's value as a date; the rest is as in `get_param_as_datetime`."""
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        return stored(name, _time(name, text, format_string).date(), store)


def converted(name: str, text: str, convert: Callable[[str], T], what: str) -> T:
    """Give a parameter's value as another type.

    Raises:
        HTTPInvalidParam: ``convert`` raised ValueError.
    """
    try:
        return convert(text)
    except ValueError:
        raise HTTPInvalidParam(f"The value must be {what}.", name) from None


def stored(name: str, value: T, store: Store) -> T:
    """Put a parameter's value into a caller's mapping, if there is one."""
    if store is not None:
        store[name] = value
    return value


def _check_limits(
    name: str, value: float, low: float | None, high: float | None
) -> None:
    # Not `value < low`: that is not true of nan, and would let it through.
    if low is not None and not value >= low:
        raise HTTPInvalidParam(f"The value must be at least {low}.", name)
    if high is not None and not value <= high:
        raise HTTPInvalidParam(f"The value may not exceed {high}.", name)


def _boolean(text: str) -> bool:
    if text not in TRUE_STRINGS and text not in FALSE_STRINGS:
        raise ValueError
    return text in TRUE_STRINGS


def _time(name: str, text: str, format_string: str) -> datetime:
    def convert(text: str) -> datetime:
        return datetime.strptime(text, format_string)

    return converted(name, text, convert, f"a date or time as {format_string}")
