"""`Result`: a response, as a test looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from falconws.media import MessagePackHandler, parse_header

__all__ = ("Result", "ResultHeaders")


class ResultHeaders(dict[str, str]):
    """A response's headers, found by their names in any case."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for raw_name, raw_value in pairs:
            name, value = (
                raw_name.decode("latin-1").lower(),
                raw_value.decode("latin-1"),
            )
            # RFC 9110, 5.3. Cookies hold commas: they are told apart by `Result.cookies`.
            joined = f"{self[name]}, {value}" if name in self else value
            dict.__setitem__(self, name, joined)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Give a header's value, or the default."""
        return super().get(name.lower(), default)


class Result:
    """A response.

    Attributes:
        status_code: The status as a number.
        headers: The headers, by their names in any case; repeated ones joined by a comma.
        raw_headers: The headers as the application sent them.
        content: The body.
    """

    def __init__(
        self,
        status_code: int,
        raw_headers: list[tuple[bytes, bytes]],
        content: bytes = b"",
    ) -> None:
        """Describe a response."""
        self.status_code = status_code
        self.raw_headers = raw_headers
        self.headers = ResultHeaders(raw_headers)
        self.content = content

    def __repr__(self) -> str:
        return f"Result<{self.status} {self.headers.get('content-type', '')} {self.content!r}>"

    @property
    def status(self) -> str:
        """The status line."""
        try:
            return f"{self.status_code} {HTTPStatus(self.status_code).phrase}"
        except ValueError:
            return f"{self.status_code} Unknown"

    @property
    def content_type(self) -> str | None:
        """The Content-Type, or None."""
        value: str | None = self.headers.get("content-type")
        return value

    @property
    def encoding(self) -> str:
        """The charset of the Content-Type; UTF-8 if it names none."""
        return parse_header(self.content_type or "")[1].get("charset", "utf-8")

    @property
    def text(self) -> str:
        """The body, decoded."""
        return self.content.decode(self.encoding)

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.content)

    @property
    def media(self) -> Any:
        """The body, read as JSON or MessagePack, as its Content-Type says."""
        if "msgpack" in (self.content_type or ""):
            return MessagePackHandler().decode(self.content)
        return self.json

    @property
    def cookies(self) -> dict[str, str]:
        """The values of the cookies that the response sets."""
        found = {}
        for name, value in self.raw_headers:
            if name.lower() == b"set-cookie":
                pair = value.decode("latin-1").partition(";")[0]
                cookie, _, text = pair.partition("=")
                found[cookie.strip()] = text.strip()
        return found
