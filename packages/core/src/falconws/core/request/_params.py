"""What a request's query string says."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, Literal, TypeVar, overload

from ..errors import HTTPInvalidParam, HTTPMissingParam
from ..options import RequestOptions
from ..uri import parse_query_string
from ._headers import RequestHeaders

__all__ = ("RequestParams",)

T = TypeVar("T")
Store = MutableMapping[str, Any] | None
Transform = Callable[[str], Any] | None

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

    def _find_param(self, name: str, required: bool) -> str | None:
        value = self.params.get(name)
        if value is None:
            if required:
                raise HTTPMissingParam(name)
            return None
        return value[-1] if isinstance(value, list) else value

    @overload
    def get_param(
        self,
        name: str,
        required: Literal[True],
        store: Store = ...,
    ) -> str: ...
    @overload
    def get_param(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        *,
        default: str,
    ) -> str: ...
    @overload
    def get_param(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        default: str | None = ...,
    ) -> str | None: ...

    def get_param(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        default: str | None = None,
    ) -> str | None:
        """Give a parameter's value; the last, if it occurs more than once.

        Args:
            name: As it stands in the query string.
            required: Whether its absence is an error.
            store: Where to put the value too, under the same name, when there is one.
            default: The value to give when it is absent.

        Raises:
            HTTPMissingParam: It is required, and absent.
        """
        value = self._find_param(name, required)
        return _stored(name, value, store, default)

    @overload
    def get_param_as_int(
        self,
        name: str,
        required: Literal[True],
        min_value: int | None = ...,
        max_value: int | None = ...,
        store: Store = ...,
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
    ) -> int | None: ...

    def get_param_as_int(
        self,
        name: str,
        required: bool = False,
        min_value: int | None = None,
        max_value: int | None = None,
        store: Store = None,
        default: int | None = None,
    ) -> int | None:
        """Give a parameter's value as an integer.

        Args:
            name: As it stands in the query string.
            required: Whether its absence is an error.
            min_value: The smallest value that is allowed; None for no limit.
            max_value: The largest value that is allowed; None for no limit.
            store: Where to put the value too, under the same name, when there is one.
            default: The value to give when it is absent.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is no integer, or outside the limits.
        """
        text = self._find_param(name, required)
        value = None if text is None else _convert(name, text, int, "an integer")
        if value is not None:
            _check_limits(name, value, min_value, max_value)
        return _stored(name, value, store, default)

    @overload
    def get_param_as_bool(
        self,
        name: str,
        required: Literal[True],
        store: Store = ...,
        blank_as_true: bool = ...,
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
    ) -> bool: ...
    @overload
    def get_param_as_bool(
        self,
        name: str,
        required: bool = ...,
        store: Store = ...,
        blank_as_true: bool = ...,
        default: bool | None = ...,
    ) -> bool | None: ...

    def get_param_as_bool(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        blank_as_true: bool = True,
        default: bool | None = None,
    ) -> bool | None:
        """Give a parameter's value as a boolean.

        Args:
            name: As it stands in the query string.
            required: Whether its absence is an error.
            store: Where to put the value too, under the same name, when there is one.
            blank_as_true: Whether ``?flag`` and ``?flag=`` are true; false otherwise.
            default: The value to give when it is absent.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is neither ``true``, ``t``, ``yes``, ``y``, ``1`` or ``on``
                nor ``false``, ``f``, ``no``, ``n``, ``0`` or ``off``.
        """
        text = self._find_param(name, required)
        value: bool | None
        if text is None:
            value = None
        elif not text:
            value = blank_as_true
        elif text in TRUE_STRINGS:
            value = True
        elif text in FALSE_STRINGS:
            value = False
        else:
            raise HTTPInvalidParam("The value must be 'true' or 'false'.", name)
        return _stored(name, value, store, default)

    @overload
    def get_param_as_list(
        self,
        name: str,
        transform: Transform,
        required: Literal[True],
        store: Store = ...,
    ) -> list[Any]: ...
    @overload
    def get_param_as_list(
        self,
        name: str,
        transform: Transform = ...,
        required: bool = ...,
        store: Store = ...,
        *,
        default: list[Any],
    ) -> list[Any]: ...
    @overload
    def get_param_as_list(
        self,
        name: str,
        transform: Transform = ...,
        required: bool = ...,
        store: Store = ...,
        default: list[Any] | None = ...,
    ) -> list[Any] | None: ...

    def get_param_as_list(
        self,
        name: str,
        transform: Transform = None,
        required: bool = False,
        store: Store = None,
        default: list[Any] | None = None,
    ) -> list[Any] | None:
        """Give all values of a parameter.

        Args:
            name: As it stands in the query string.
            transform: Applied to each value; raises ValueError for one it refuses.
            required: Whether its absence is an error.
            store: Where to put the list too, under the same name, when there is one.
            default: The list to give when it is absent.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: ``transform`` refused a value.
        """
        self._find_param(name, required)
        found = self.params.get(name)
        items: list[Any] | None = None
        if found is not None:
            items = list(found) if isinstance(found, list) else [found]
            if transform is not None:
                items = [
                    _convert(name, item, transform, "a valid value") for item in items
                ]
        return _stored(name, items, store, default)


def _convert(name: str, text: str, convert: Callable[[str], Any], what: str) -> Any:
    try:
        return convert(text)
    except ValueError:
        raise HTTPInvalidParam(f"The value must be {what}.", name) from None


def _check_limits(name: str, value: int, low: int | None, high: int | None) -> None:
    if low is not None and value < low:
        raise HTTPInvalidParam(f"The value must be at least {low}.", name)
    if high is not None and value > high:
        raise HTTPInvalidParam(f"The value may not exceed {high}.", name)


def _stored(
    name: str,
    value: T | None,
    store: Store,
    default: T | None,
) -> T | None:
    if value is None:
        return default
    if store is not None:
        store[name] = value
    return value
