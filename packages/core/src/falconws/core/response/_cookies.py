"""A response's cookies (RFC 6265)."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from ..dates import dt_to_http
from ..headers import TOKEN, header_value
from ._links import ResponseLinks

__all__ = ("ResponseCookies",)

# Whoever reads cookies as RFC 2109 had them, such as Python's http.cookies, takes a cookie
# that is called so for an attribute.
_ATTRIBUTES = frozenset(
    {
        "comment",
        "domain",
        "expires",
        "httponly",
        "max-age",
        "partitioned",
        "path",
        "samesite",
        "secure",
        "version",
    }
)
_LONG_AGO = datetime(1970, 1, 1)


class ResponseCookies(ResponseLinks):
    """The part of `Response` that sets cookies."""

    __slots__ = ("_cookies",)

    # Set-Cookie lines by the cookie's name; those that were appended as they are by what is
    # no name.
    _cookies: dict[str, str] | None

    def set_cookie(
        self,
        name: str,
        value: str,
        expires: datetime | None = None,
        max_age: int | None = None,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        http_only: bool = True,
        same_site: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie (RFC 6265, 4.1), in place of what was set under its name before.

        A browser keeps a cookie with ``same_site='None'`` or ``partitioned`` only if it is
        secure.

        Args:
            name: A token, and not an attribute's name such as ``'path'``.
            value: Quoted as needed.
            expires: When the client forgets it; None for the end of its session.
            max_age: After how many seconds it does, whatever ``expires`` says; 0 for at once,
                None for the end of its session.
            domain: None or empty for the host of the request alone.
            path: None or empty for the path of the request.
            secure: Whether to send it over HTTPS only; None for
                ``resp_options.secure_cookies_by_default``.
            http_only: Whether to hide it from scripts.
            same_site: ``'Strict'``, ``'Lax'`` or ``'None'``, in any case; None or empty to
                say nothing.
            partitioned: Whether to keep it apart for each top-level site.

        Raises:
            KeyError: The name is not valid.
            ValueError: The value is no string, ``same_site`` is none of the three, or the
                path or domain has a character in it that may not be there.
        """
        if secure is None:
            secure = self.options.secure_cookies_by_default
        line = _cookie_pair(name, value)
        if expires is not None:
            line += f"; Expires={dt_to_http(expires)}"
        if max_age is not None:
            line += f"; Max-Age={int(max_age)}"
        line += _scope(domain, path)
        line += _flags(secure, http_only, same_site, partitioned)
        self._lines()[name] = line

    def unset_cookie(
        self,
        name: str,
        domain: str | None = None,
        path: str | None = None,
        same_site: str | None = "Lax",
        partitioned: bool = False,
    ) -> None:
        """Make the client forget a cookie.

        Args:
            name: As it was set.
            domain: As it was set.
            path: As it was set.
            same_site: As it was set.
            partitioned: As it was set.

        Raises:
            KeyError: As for `set_cookie`.
            ValueError: As for `set_cookie`.
        """
        self.set_cookie(
            name,
            "",
            expires=_LONG_AGO,
            max_age=0,
            domain=domain,
            path=path,
            # A browser takes these only if they are secure. Others are left without, so that
            # they can be forgotten over plain HTTP too.
            secure=partitioned
            or (same_site or "").lower() == "none"
            or name.lower().startswith(("__secure-", "__host-")),
            http_only=False,
            same_site=same_site,
            partitioned=partitioned,
        )

    def append_header(self, name: str, value: str) -> None:
        """Add a value to a header, behind a comma if there is one already.

        What ``Vary`` names already is not added to it again. A ``Set-Cookie`` is sent as a
        header of its own, besides those of `set_cookie`.

        Raises:
            ValueError: As for `set_header`.
        """
        if name.lower() != "set-cookie":
            super().append_header(name, value)
            return
        lines = self._lines()
        lines[f"={len(lines)}"] = header_value(name, value)

    def _lines(self) -> dict[str, str]:
        if self._cookies is None:
            self._cookies = {}
        return self._cookies

    def asgi_headers_of(self, body: bytes | None) -> list[tuple[bytes, bytes]]:
        """Give the headers of a response with a body; None for an empty one."""
        length = 0 if body is None else len(body)
        headers = self._headers
        content_type = headers.get("content-type")
        if content_type is None:
            content_type = headers["content-type"] = self.options.default_media_type
        if len(headers) == 1 and self._cookies is None:
            # A new list: middleware around the App may add to it.
            length_pair = (b"content-length", b"%d" % length)
            return [_content_type(content_type), length_pair]
        headers["content-length"] = str(length)
        return self.asgi_headers()

    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers as ASGI wants them, the cookies among them."""
        headers = super().asgi_headers()
        if self._cookies is not None:
            headers += [
                (b"set-cookie", line.encode("latin-1"))
                for line in self._cookies.values()
            ]
        return headers


@lru_cache(maxsize=64)  # An application may make them up.
def _content_type(content_type: str) -> tuple[bytes, bytes]:
    """Give what most responses have as their only header, as ASGI wants it."""
    return b"content-type", content_type.encode("latin-1")


_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, 4.1.1: cookie-octet


def _cookie_pair(name: str, value: str) -> str:
    if not (isinstance(name, str) and TOKEN.fullmatch(name)):
        raise KeyError(f"{name!r} is not a cookie name (RFC 6265, 4.1.1).")
    if name.lower() in _ATTRIBUTES:
        raise KeyError(f"{name!r} is an attribute of cookies; choose another name.")
    if not isinstance(value, str):
        raise ValueError(
            f"The cookie {name!r} takes a string, not {type(value).__name__}."
        )
    return f"{name}={_quote_cookie(value)}"


def _quote_cookie(value: str) -> str:
    if _COOKIE_VALUE.fullmatch(value):
        return value
    octets = value.encode("utf-8")
    return '"' + "".join(_cookie_octet(octet) for octet in octets) + '"'


def _cookie_octet(octet: int) -> str:
    char = chr(octet)
    if char in '"\\':
        return "\\" + char
    if _COOKIE_VALUE.fullmatch(char) or char == " ":
        return char
    return f"\\{octet:03o}"


def _scope(domain: str | None, path: str | None) -> str:
    scope = ""
    for name, text in (("Domain", domain), ("Path", path)):
        if not text:
            continue
        if not re.fullmatch(r"[\x20-:<-~]*", text):  # RFC 6265, 4.1.1: av-octets
            raise ValueError(
                f"The cookie's {name} {text!r} has a character that may not be there."
            )
        scope += f"; {name}={text}"
    return scope


def _flags(
    secure: bool, http_only: bool, same_site: str | None, partitioned: bool
) -> str:
    flags = "; Secure" if secure else ""
    if http_only:
        flags += "; HttpOnly"
    if same_site:
        if same_site.lower() not in ("strict", "lax", "none"):
            raise ValueError(
                f"same_site is 'Strict', 'Lax' or 'None', not {same_site!r}."
            )
        flags += f"; SameSite={same_site.capitalize()}"
    return f"{flags}; Partitioned" if partitioned else flags
