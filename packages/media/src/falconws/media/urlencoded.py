"""Forms in the format of query strings: application/x-www-form-urlencoded (WHATWG URL, 5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import IO, Any
from urllib.parse import quote_plus, unquote_plus

from .errors import PayloadMalformedError, PayloadTooLargeError
from .handler import BaseHandler
from .typed import plain

__all__ = ("URLEncodedFormHandler", "parse_fields")

_NAME = "URL-encoded form"

# What is one value, although it has a length.
_ONE = (str, bytes, bytearray, memoryview, Mapping)


class URLEncodedFormHandler(BaseHandler):
    """URL-encoded forms in the body of a request or response.

    Text is UTF-8, percent-encoded or, where Falcon wants US-ASCII, as it is: some clients
    send it so, and it can mean nothing else.
    """

    def __init__(
        self,
        keep_blank: bool = True,
        csv: bool = False,
        *,
        max_field_count: int | None = 1000,
    ) -> None:
        """Choose how forms are read.

        Args:
            keep_blank: Whether ``a=`` counts as a field with an empty value.
            csv: Whether ``b=2,3`` is a list.
            max_field_count: How many fields a form has at most, blank ones and each value of
                a list of ``csv`` among them: far more than a page has inputs, and few enough
                to cost nothing. None for no limit.

        Raises:
            ValueError: The limit is not positive.
        """
        if max_field_count is not None and max_field_count < 1:
            raise ValueError(
                f"max_field_count is None or a positive int, not {max_field_count}."
            )
        self._keep_blank = keep_blank
        self._csv = csv
        self._max_field_count = max_field_count

    def encode(self, media: object, content_type: str | None = None) -> bytes:
        """Turn a mapping into a form.

        Args:
            media: Values by their names, or a `msgspec.Struct`. A list, or another iterable,
                becomes a field for each of its values. True and False become ``true`` and
                ``false``, None is blank, bytes are percent-encoded as they are, and what else
                is not text is turned into text.
            content_type: Not used.

        Raises:
            TypeError: It is neither, or a value is a mapping, for which a form has no place.
        """
        fields = media if isinstance(media, Mapping) else plain(media)
        return "&".join(
            f"{quote_plus(_text(name))}={quote_plus(_text(value))}"
            for name, given in fields.items()
            for value in _values(given)
        ).encode()

    def decode(
        self, data: bytes, content_type: str | None = None
    ) -> dict[str, str | list[str]]:
        """Turn a form into a dictionary; an empty body is a form without fields.

        Percent-encoded bytes that are no UTF-8 become U+FFFD.

        Returns:
            A string for each name, or a list of strings for one that occurs more than once.

        Raises:
            PayloadMalformedError: Bytes that are not percent-encoded are no UTF-8.
            PayloadTooLargeError: There are too many fields.
        """
        if self._max_field_count is not None:
            separators = data.count(b"&") + (data.count(b",") if self._csv else 0)
            if separators >= self._max_field_count:
                limit = f"it has more than {self._max_field_count} fields"
                raise PayloadTooLargeError(_NAME, limit)
        try:
            text = data.decode()
        except UnicodeDecodeError as exc:
            error = PayloadMalformedError(_NAME, f"no UTF-8 at byte {exc.start}")
        else:
            return parse_fields(text, self._keep_blank, self._csv)
        raise error  # Not where the other is at hand, which keeps the body alive.

    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        """Do what `encode` does."""
        return self.encode(media, content_type)

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> dict[str, str | list[str]]:
        """Read the whole stream, then do what `decode` does."""
        return self.decode(stream.read(), content_type)


def parse_fields(
    text: str, keep_blank: bool = False, csv: bool = False
) -> dict[str, str | list[str]]:
    """Parse fields as forms and query strings have them.

    Args:
        text: For example ``'a=1&b=2&b=3'``.
        keep_blank: Whether ``a=`` counts as a field with an empty value.
        csv: Whether ``b=2,3`` is a list.

    Returns:
        A string for each name, or a list of strings for one that occurs more than once.
    """
    fields: dict[str, str | list[str]] = {}
    for field in text.split("&"):
        name, _, value = field.partition("=")
        if not (value or (keep_blank and name)):
            continue
        if csv and "," in value:
            pieces = value.split(",")
            values = [unquote_plus(each) for each in pieces if each or keep_blank]
            if not values:
                continue
        else:
            values = [unquote_plus(value)]
        name = unquote_plus(name)
        present = fields.get(name)
        if present is None:
            fields[name] = values[0] if len(values) == 1 else values
        elif isinstance(present, list):
            present.extend(values)
        else:
            fields[name] = [present, *values]
    return fields


def _values(given: Any) -> Iterable[Any]:
    # Not any iterable: a model is one, of its fields.
    if isinstance(given, _ONE) or not isinstance(given, Collection | Iterator):
        return (given,)
    return given


def _text(value: Any) -> str | bytes:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        raise TypeError(f"A form has no place for objects in objects: {value!r}.")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return "" if value is None else str(value)
