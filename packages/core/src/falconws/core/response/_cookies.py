"""A response's cookies (RFC 6265)."""

from __future__ import annotations

import re
from datetime import datetime

from ..dates import dt_to_http
from ..headers import TOKEN
from ._headers import ResponseHeaders

__all__ = ("ResponseCookies",)


class ResponseCookies(ResponseHeaders):
    """The part of `Response` that sets cookies."""

    __slots__ = ("_cookies",)

    _cookies: dict[str, str] | None

    def set_cookie(
        self,
        name: str,
        value: str,
        *,
        expires: datetime | None = None,
        max_age: int | None = None,
        domain: str | None = None,
        path: str | None = None,
        secure: bool | None = None,
        http_only: bool = True,
        same_site: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie (RFC 6265, 4.1).

        Args:
            name: A token.
            value: Quoted as needed.
            expires: When the client forgets it; None for the end of its session.
            max_age: After how many seconds it does; None for the end of its session.
            domain: None for the host of the request alone.
            path: None for the path of the request.
            secure: Whether to send it over HTTPS only; None for
                ``resp_options.secure_cookies_by_default``.
            http_only: Whether to hide it from scripts.
            same_site: ``'Strict'``, ``'Lax'`` or ``'None'``; None to say nothing.
            partitioned: Whether to keep it apart for each top-level site.

        Raises:
            KeyError: The name is not valid.
            ValueError: ``same_site`` is none of the three, or the path or domain has a
                control character or a semicolon in it.
        """
        line = _cookie_line(name, value)
        if expires is not None:
            line += f"; Expires={dt_to_http(expires)}"
        if max_age is not None:
            line += f"; Max-Age={int(max_age)}"
        if domain is not None:
            line += f"; Domain={_checked_attribute('domain', domain)}"
        if path is not None:
            line += f"; Path={_checked_attribute('path', path)}"
        line += self._flags(secure, http_only, same_site, partitioned)
        if self._cookies is None:
            self._cookies = {}
        self._cookies[name] = line

    def _flags(
        self,
        secure: bool | None,
        http_only: bool,
        same_site: str | None,
        partitioned: bool,
    ) -> str:
        flags = ""
        if self.options.secure_cookies_by_default if secure is None else secure:
            flags += "; Secure"
        if http_only:
            flags += "; HttpOnly"
        if same_site is not None:
            if same_site.lower() not in ("strict", "lax", "none"):
                raise ValueError(
                    f"same_site is 'Strict', 'Lax' or 'None', not {same_site!r}."
                )
            flags += f"; SameSite={same_site.capitalize()}"
        return f"{flags}; Partitioned" if partitioned else flags

    def unset_cookie(
        self,
        name: str,
        *,
        domain: str | None = None,
        path: str | None = None,
        same_site: str | None = "Lax",
    ) -> None:
        """Make the client forget a cookie.

        Args:
            name: As it was set.
            domain: As it was set.
            path: As it was set.
            same_site: As it was set.
        """
        self.set_cookie(
            name,
            "",
            expires=datetime(1970, 1, 1),
            max_age=0,
            domain=domain,
            path=path,
            same_site=same_site,
        )

    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers as ASGI wants them, the cookies among them."""
        headers = super().asgi_headers()
        if self._cookies is not None:
            headers += [
                (b"set-cookie", line.encode("latin-1"))
                for line in self._cookies.values()
            ]
        return headers


_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")  # RFC 6265, 4.1.1: cookie-octet


def _cookie_line(name: str, value: str) -> str:
    if not TOKEN.fullmatch(name):
        raise KeyError(f"{name!r} is not a cookie name (RFC 6265, 4.1.1).")
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


def _checked_attribute(name: str, text: str) -> str:
    if not re.fullmatch(r"[\x20-:<-~]*", text):  # RFC 6265, 4.1.1: av-octets
        raise ValueError(
            f"The cookie's {name} {text!r} has a character that may not be there."
        )
    return text
