"""Query parameters that hold more than one value: lists, dictionaries, JSON, other media."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal, overload
from urllib.parse import unquote_to_bytes

from falconws.media import MEDIA_JSON, BaseHandler, JSONHandler, PayloadError

from ..errors import (
    HTTPBadRequest,
    HTTPInvalidParam,
    HTTPMissingParam,
    MediaNotFoundError,
)
from ..errors.media import payload_to_http_error
from ._params import UNSET, RequestParams, Store, converted, stored

__all__ = ("RequestParamObjects",)

Transform = Callable[[str], Any] | None

# The names are those that OpenAPI has for the two.
_DELIMITERS = {
    ",": ",",
    "|": "|",
    " ": " ",
    "pipeDelimited": "|",
    "spaceDelimited": " ",
}

_JSON = JSONHandler()


class RequestParamObjects(RequestParams):
    """The part of `Request` that reads lists and objects from the query string."""

    __slots__ = ()

    @overload
    def get_param_as_list(
        self,
        name: str,
        transform: Transform = ...,
        *,
        required: Literal[True],
        store: Store = ...,
        delimiter: str | None = ...,
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
        delimiter: str | None = ...,
    ) -> list[Any]: ...
    @overload
    def get_param_as_list(
        self,
        name: str,
        transform: Transform = ...,
        required: bool = ...,
        store: Store = ...,
        default: list[Any] | None = ...,
        delimiter: str | None = ...,
    ) -> list[Any] | None: ...

    def get_param_as_list(
        self,
        name: str,
        transform: Transform = None,
        required: bool = False,
        store: Store = None,
        default: list[Any] | None = None,
        delimiter: str | None = None,
    ) -> list[Any] | None:
        """Give all values of a parameter.

        Args:
            name: As it stands in the query string.
            transform: Applied to each value; raises ValueError for one it refuses.
            required: Whether its absence is an error.
            store: Where to put the list too, under the same name, when there is one.
            default: The list to give when it is absent.
            delimiter: Splits the value of a parameter that occurs once: ``','``, ``'|'`` or
                ``'pipeDelimited'``, ``' '`` or ``'spaceDelimited'``; None for not to split.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: ``transform`` refused a value.
            ValueError: There is no such delimiter.
        """
        texts = self._find_all(name, required, delimiter)
        if texts is None:
            return default
        if transform is None:
            return stored(name, texts, store)
        items = [converted(name, text, transform, "a valid value") for text in texts]
        return stored(name, items, store)

    def _find_all(
        self, name: str, required: bool, delimiter: str | None
    ) -> list[str] | None:
        if delimiter is not None and delimiter not in _DELIMITERS:
            raise ValueError(
                f"The delimiter is one of {', '.join(map(repr, _DELIMITERS))}, "
                f"not {delimiter!r}."
            )
        values = self.params.get(name)
        if isinstance(values, list):
            return list(values)
        text = self._find_param(name, required)
        if text is None:
            return None
        return [text] if delimiter is None else text.split(_DELIMITERS[delimiter])

    def get_param_as_json(
        self,
        name: str,
        required: bool = False,
        store: Store = None,
        default: Any = None,
        allow_multiple: bool = True,
    ) -> Any:
        """Give what a parameter's value says as JSON.

        The arguments are those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is not JSON, or there too often.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        handler = self.options.media_handlers.get(MEDIA_JSON, _JSON)
        return stored(name, _deserialized(name, text, handler, MEDIA_JSON), store)

    def get_param_as_media(
        self,
        name: str,
        media_type: str | None = None,
        required: bool = False,
        store: Store = None,
        default: Any = None,
        allow_multiple: bool = True,
    ) -> Any:
        """Give what a parameter's value says in a media type.

        None as the media type stands for `RequestOptions.default_media_type`. The other
        arguments are those of `get_param`.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: It is not of that media type, or there too often.
            UnsupportedMediaTypeError: There is no handler for the media type; a ValueError.
        """
        text = self._find_param(name, required, allow_multiple)
        if text is None:
            return default
        media_type = media_type or self.options.default_media_type
        handler = self.options.media_handlers.resolve(media_type, media_type)
        return stored(name, _deserialized(name, text, handler, media_type), store)

    def get_param_as_dict(
        self,
        name: str,
        required: bool = False,
        deep_object: bool = False,
        delimiter: str | None = None,
        store: Store = None,
        default: dict[str, str] | None = None,
        allow_multiple: bool = True,
    ) -> dict[str, str] | None:
        """Give a parameter's values as a dictionary, in one of OpenAPI's forms.

        Args:
            name: As it stands in the query string.
            required: Whether its absence is an error.
            deep_object: Whether it is written ``?name[k]=v&name[m]=n``. Otherwise it is a
                list of keys and values in turn: ``?name=k&name=v&name=m&name=n``, or
                ``?name=k,v,m,n`` with a delimiter.
            delimiter: As for `get_param_as_list`; nothing to a deep object.
            store: Where to put the dictionary too, under the same name, when there is one.
            default: The dictionary to give when it is absent.
            allow_multiple: Whether a key of a deep object may occur more than once; the last
                value counts.

        Raises:
            HTTPMissingParam: It is required, and absent.
            HTTPInvalidParam: A key is without a value, or there too often.
            ValueError: There is no such delimiter.
        """
        if deep_object:
            value = self._find_deep_object(name, required, allow_multiple)
        else:
            items = self._find_all(name, required, delimiter)
            value = None if items is None else _paired(name, items)
        return default if value is None else stored(name, value, store)

    def _find_deep_object(
        self, name: str, required: bool, allow_multiple: bool
    ) -> dict[str, str] | None:
        value: dict[str, str] = {}
        for param in self.params:
            if param.startswith(f"{name}[") and param.endswith("]"):
                value[param[len(name) + 1 : -1]] = self.get_param(
                    param, required=True, allow_multiple=allow_multiple
                )
        if required and not value:
            raise HTTPMissingParam(name)
        return value or None

    def get_query_string_as_media(
        self, media_type: str | None = None, default_when_empty: Any = UNSET
    ) -> Any:
        """Give what the whole query string says in a media type, percent-decoded.

        Args:
            media_type: None for the `RequestOptions.default_media_type`.
            default_when_empty: What to give for an empty one, instead of an error.

        Raises:
            MediaNotFoundError: It is empty.
            MediaMalformedError: It is not of that media type.
            UnsupportedMediaTypeError: There is no handler for the media type; a ValueError.
        """
        media_type = media_type or self.options.default_media_type
        handler = self.options.media_handlers.resolve(media_type, media_type)
        data = unquote_to_bytes(self.scope.get("query_string", b""))
        try:
            try:
                return handler.deserialize(BytesIO(data), media_type, len(data))
            except PayloadError as exc:
                raise payload_to_http_error(exc) from exc
        except MediaNotFoundError:
            if default_when_empty is UNSET:
                raise
            return default_when_empty


def _deserialized(name: str, text: str, handler: BaseHandler, media_type: str) -> Any:
    data = text.encode()
    try:
        return handler.deserialize(BytesIO(data), media_type, len(data))
    except (PayloadError, HTTPBadRequest) as exc:
        raise HTTPInvalidParam(f"It could not be read as {media_type}.", name) from exc


def _paired(name: str, items: list[str]) -> dict[str, str]:
    if len(items) % 2:
        raise HTTPInvalidParam("It has a key without a value.", name)
    return dict(zip(items[::2], items[1::2], strict=True))
