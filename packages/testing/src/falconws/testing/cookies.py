"""Cookies, as a client reads, keeps and returns them (RFC 6265, 5)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from falconws.core import Scope, http_date_to_dt
from falconws.core.uri import parse_host

__all__ = ("Cookie", "CookieJar")


class Cookie(str):
    """A cookie that a response sets. It is its value, as a string, and knows the rest.

    Attributes:
        name: Its name.
        coded_value: Its value as it was sent, which may be in quotes.
        expires: When the client is to forget it, in UTC; None if the response did not say.
        max_age: After how many seconds it is to; None if the response did not say.
        domain: As it was sent; None for the host of the request alone.
        path: As it was sent; None for the path of the request.
        secure: Whether it is returned over HTTPS only.
        http_only: Whether scripts may not see it.
        same_site: As it was sent, such as ``'Lax'``; None if the response did not say.
        partitioned: Whether it is kept apart for each top-level site.
    """

    __slots__ = (
        "coded_value",
        "domain",
        "expires",
        "http_only",
        "max_age",
        "name",
        "partitioned",
        "path",
        "same_site",
        "secure",
    )

    name: str
    coded_value: str
    expires: datetime | None
    max_age: int | None
    domain: str | None
    path: str | None
    secure: bool
    http_only: bool
    same_site: str | None
    partitioned: bool

    @property
    def value(self) -> str:
        """The value, without quotes."""
        return str(self)

    @classmethod
    def parse(cls, line: str) -> Cookie | None:
        """Read the value of a Set-Cookie header (RFC 6265, 5.2).

        Returns:
            None for one that a client ignores: it has no name, or no ``=``.
        """
        pair, *rest = line.split(";")
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            return None
        attributes = {}
        for attribute in rest:
            key, _, text = attribute.partition("=")
            attributes[key.strip().lower()] = text.strip()
        cookie = cls(_unquoted(value))
        cookie.name = name
        cookie.coded_value = value
        cookie.expires = _date(attributes.get("expires"))
        cookie.max_age = _seconds(attributes.get("max-age"))
        cookie.domain = attributes.get("domain") or None
        cookie.path = attributes.get("path") or None
        cookie.secure = "secure" in attributes
        cookie.http_only = "httponly" in attributes
        cookie.same_site = attributes.get("samesite") or None
        cookie.partitioned = "partitioned" in attributes
        return cookie

    @classmethod
    def parse_all(cls, headers: Iterable[tuple[bytes, bytes]]) -> list[Cookie]:
        """Read every Set-Cookie among the headers of a response."""
        lines = (v.decode("latin-1") for n, v in headers if n.lower() == b"set-cookie")
        return [cookie for line in lines if (cookie := cls.parse(line)) is not None]


_SHORT_YEAR = re.compile(r"(?<=-)([0-9]{2})(?= )")


def _date(text: str | None) -> datetime | None:
    # RFC 6265, 5.1.1: two digits are a year from 1970 to 2069, whatever the year is now.
    full = _SHORT_YEAR.sub(
        lambda match: ("19" if match[1] >= "70" else "20") + match[1], text or ""
    )
    try:
        return http_date_to_dt(full, obs_date=True)
    except ValueError:  # RFC 6265, 5.2.1: ignore it
        return None


# What is longer is never over either, but neither `int` nor a float takes any number.
_MOST_DIGITS = 16


def _seconds(text: str | None) -> int | None:
    # RFC 6265, 5.2.2: ignore what is no number.
    if not text or not re.fullmatch(r"-?[0-9]+", text):
        return None
    return int(text[:_MOST_DIGITS])


_ESCAPE = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def _unquoted(value: str) -> str:
    """Undo the quotes and octal numbers by which frameworks send any text."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    octets = _ESCAPE.sub(
        lambda match: chr(int(match[1], 8)) if match[1] else match[2], value[1:-1]
    )
    try:
        return octets.encode("latin-1").decode()
    except UnicodeDecodeError:  # an application that means latin-1
        return octets


@dataclass(frozen=True, slots=True)
class _Kept:
    """A cookie with what it depends on where it was set (RFC 6265, 5.3)."""

    cookie: Cookie
    domain: str
    host_only: bool
    path: str
    expires_at: float | None

    def is_for(self, host: str, path: str, secure: bool, now: float) -> bool:
        if self.expires_at is not None and self.expires_at <= now:
            return False
        if self.cookie.secure and not secure:
            return False
        if self.host_only:
            return host == self.domain and _path_matches(path, self.path)
        return _domain_matches(host, self.domain) and _path_matches(path, self.path)


class CookieJar:
    """The cookies that a client was given, and returns.

    An iteration gives those that have not expired.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        """Begin without cookies.

        Args:
            now: Tells the time, in seconds since 1970.
        """
        self._now = now
        # In the order in which they were set first.
        self._kept: dict[tuple[str, str, str], _Kept] = {}

    def __iter__(self) -> Iterator[Cookie]:
        now = self._now()
        for kept in self._kept.values():
            if kept.expires_at is None or kept.expires_at > now:
                yield kept.cookie

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Forget all cookies, as at the end of a browser's session."""
        self._kept.clear()

    def store(self, scope: Scope, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep the cookies of a response, and forget those that it deletes.

        Args:
            scope: Of the request.
            headers: Of the response.
        """
        for cookie in Cookie.parse_all(headers):
            kept = self._placed(cookie, scope)
            if kept is None:
                continue
            key = (cookie.name, kept.domain, kept.path)
            if kept.expires_at is not None and kept.expires_at <= self._now():
                self._kept.pop(key, None)
            else:
                self._kept[key] = kept

    def _placed(self, cookie: Cookie, scope: Scope) -> _Kept | None:
        """Say where a cookie belongs; None if its host may not set it there."""
        host, path, _ = _target(scope)
        domain = (cookie.domain or "").removeprefix(".").lower()
        if domain and not _domain_matches(host, domain):
            return None
        if cookie.path is None or not cookie.path.startswith("/"):
            path = path[: path.rfind("/")] or "/"  # RFC 6265, 5.1.4: default-path
        else:
            path = cookie.path
        return _Kept(cookie, domain or host, not domain, path, self._end(cookie))

    def _end(self, cookie: Cookie) -> float | None:
        # RFC 6265, 5.3: Max-Age goes before Expires.
        if cookie.max_age is not None:
            return self._now() + cookie.max_age
        return cookie.expires.timestamp() if cookie.expires is not None else None

    def add_to(self, scope: Scope) -> None:
        """Add the cookies that belong to a request, besides those that it has.

        A cookie that the request has already goes before one of the same name.

        Args:
            scope: Of the request; its ``Cookie`` header is added or made longer.
        """
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        given = [
            value.decode("latin-1") for name, value in headers if name == b"cookie"
        ]
        named = {
            pair.partition("=")[0].strip() for line in given for pair in line.split(";")
        }
        target, now = _target(scope), self._now()
        found = [kept for kept in self._kept.values() if kept.is_for(*target, now)]
        # RFC 6265, 5.4: longer paths first, and among equals what was set first.
        found.sort(key=lambda kept: -len(kept.path))
        pairs = [
            f"{kept.cookie.name}={kept.cookie.coded_value}"
            for kept in found
            if kept.cookie.name not in named
        ]
        if pairs:
            line = "; ".join([*given, *pairs]).encode("latin-1")
            headers[:] = [pair for pair in headers if pair[0] != b"cookie"]
            headers.append((b"cookie", line))


def _target(scope: Scope) -> tuple[str, str, bool]:
    """Give host, path and whether it is secure, of a request."""
    authority = dict(scope["headers"]).get(b"host")
    # HTTP/1.0 knows no Host.
    host = (
        parse_host(authority.decode("latin-1"))[0]
        if authority is not None
        else (scope.get("server") or ("",))[0]
    )
    path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    return host.lower(), path, scope["scheme"] in ("https", "wss")


def _domain_matches(host: str, domain: str) -> bool:
    """Say whether a host is a domain or below it (RFC 6265, 5.1.3)."""
    if host == domain:
        return True
    return host.endswith("." + domain) and not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _path_matches(path: str, cookie_path: str) -> bool:
    """Say whether a path is another or below it (RFC 6265, 5.1.4)."""
    if path == cookie_path:
        return True
    return path.startswith(cookie_path) and (
        cookie_path.endswith("/") or path[len(cookie_path)] == "/"
    )
