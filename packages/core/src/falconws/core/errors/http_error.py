"""`HTTPError` and `HTTPStatus`: a response, raised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from http import HTTPStatus as StatusCode
from typing import Any
from xml.etree import ElementTree

from falconws.media import BaseHandler, JSONHandler

from ..status_codes import code_to_http_status, http_status_to_code
from ..uri import encode_check_escaped

__all__ = ("HTTPError", "HTTPStatus", "Headers")

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
Status = str | int | StatusCode

_JSON = JSONHandler()

# XML 1.0, 2.2: what no document may have in it, escaped or not.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class HTTPError(Exception):
    """Raised to answer a request with an error, from anywhere in its handling.

    Before a WebSocket is accepted it refuses the handshake with this status; after, it closes
    the socket with 3000 + status.

    Attributes:
        status: The status as it was given.
        title: What kind of error it is, for people.
        description: What happened this time, for people; None for nothing to say.
        headers: Headers for the response, or None.
        link: Where to read more: ``{'text', 'href', 'rel'}``, or None.
        code: An application's own number for the error, or None.
    """

    def __init__(
        self,
        status: Status,
        *,
        title: str | None = None,
        description: str | None = None,
        headers: Headers | None = None,
        href: str | None = None,
        href_text: str | None = None,
        code: int | None = None,
    ) -> None:
        """Describe an error.

        Args:
            status: A status line or a status code.
            title: None stands for the status line.
            description: What would help the client to do better.
            headers: Added to the response.
            href: A page that explains the error. It is percent-encoded unless it is already.
            href_text: What to call that page.
            code: An application's own number for the error.

        Raises:
            ValueError: The status is none of HTTP's.
        """
        line = code_to_http_status(status)
        self.status = status
        self.title = title or line
        self.description = description
        self.headers = dict(headers) if headers is not None else None
        self.link = (
            {
                "text": href_text or "Documentation related to this error",
                "href": encode_check_escaped(href),
                "rel": "help",
            }
            if href
            else None
        )
        self.code = code
        # There is no super().__init__(): `args` stay what the class was called with, which
        # is how exceptions are copied and pickled.

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {code_to_http_status(self.status)}>"

    def __str__(self) -> str:
        line = code_to_http_status(self.status)
        parts = [line, self.title if self.title != line else None, self.description]
        return " - ".join(part for part in parts if part)

    @property
    def status_code(self) -> int:
        """The status as a number."""
        return http_status_to_code(self.status)

    def to_dict(
        self, obj_type: type[MutableMapping[str, Any]] = dict
    ) -> MutableMapping[str, Any]:
        """Give the error as a mapping, with the keys that have a value.

        Args:
            obj_type: Made without arguments, then filled.
        """
        error = obj_type()
        error["title"] = self.title
        if self.description is not None:
            error["description"] = self.description
        if self.code is not None:
            error["code"] = self.code
        if self.link is not None:
            error["link"] = self.link
        return error

    def to_json(self, handler: BaseHandler | None = None) -> bytes:
        """Give the error as JSON.

        Args:
            handler: What serializes it; None for the JSON handler as installed.
        """
        return (handler or _JSON).serialize(self.to_dict(), "application/json")

    def to_problem_json(self) -> bytes:
        """Give the error as ``application/problem+json`` (RFC 9457, 3)."""
        line = code_to_http_status(self.status)
        problem: dict[str, Any] = {"status": self.status_code}
        if self.link is not None:
            problem["type"] = self.link["href"]
        # 4.2.1: without a type, the title is the status phrase.
        problem["title"] = line[4:] if self.title == line else self.title
        if self.description is not None:
            problem["detail"] = self.description
        if self.code is not None:
            problem["code"] = self.code
        return _JSON.serialize(problem)

    def to_xml(self) -> bytes:
        """Give the error as XML: an element ``error``, with one for each key of `to_dict`."""
        root = ElementTree.Element("error")
        for key, value in self.to_dict().items():
            element = ElementTree.SubElement(root, key)
            if isinstance(value, Mapping):
                for inner, text in value.items():
                    ElementTree.SubElement(element, inner).text = _xml_text(text)
            else:
                element.text = _xml_text(value)
        document: bytes = ElementTree.tostring(root, encoding="utf-8")
        return b'<?xml version="1.0" encoding="UTF-8"?>' + document


class HTTPStatus(Exception):
    """Raised to answer a request with a status, headers and a text that are no error.

    Attributes:
        status: The status as it was given.
        headers: Headers for the response, or None.
        text: The body, or None.
    """

    def __init__(
        self, status: Status, headers: Headers | None = None, text: str | None = None
    ) -> None:
        """Describe a response.

        Raises:
            ValueError: The status is none of HTTP's.
        """
        code_to_http_status(status)
        self.status = status
        self.headers = dict(headers) if headers is not None else None
        self.text = text

    @property
    def status_code(self) -> int:
        """The status as a number."""
        return http_status_to_code(self.status)


def _xml_text(value: object) -> str:
    return _NO_XML.sub("\ufffd", str(value))
