"""A response's links (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..headers import TOKEN, header_uri, quoted_string
from ..uri import encode_value
from ._headers import ResponseHeaders

__all__ = ("ResponseLinks",)

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')  # RFC 9110, 5.6.4
_CROSSORIGIN = {
    "anonymous": "crossorigin",
    "use-credentials": 'crossorigin="use-credentials"',
}


class ResponseLinks(ResponseHeaders):
    """The part of `Response` that links to other resources."""

    __slots__ = ()

    def append_link(
        self,
        target: str,
        rel: str,
        title: str | None = None,
        title_star: tuple[str, str] | None = None,
        anchor: str | None = None,
        hreflang: str | Iterable[str] | None = None,
        type_hint: str | None = None,
        crossorigin: str | None = None,
        link_extension: Iterable[tuple[str, str]] | None = None,
    ) -> None:
        """Add a link to the ``Link`` header.

        Args:
            target: What is linked to; percent-encoded as needed.
            rel: How it is related: a type such as ``'next'``, a URI, or several behind spaces.
            title: What to call it, in Latin-1; for other characters, take ``title_star``.
            title_star: A language, or an empty string, and a title.
            anchor: What is related to it, if that is not the response; percent-encoded.
            hreflang: Its language, or several.
            type_hint: Its media type.
            crossorigin: How it is to be fetched: ``'anonymous'`` or ``'use-credentials'``.
            link_extension: Names and values of more parameters; quoted if they have to be.

        Raises:
            ValueError: ``crossorigin`` is neither of the two, a parameter's name is no token,
                or a value has a line break, a NUL or a character outside of Latin-1 in it.
        """
        parameters = [
            f"<{header_uri('Link', target)}>",
            _parameter("rel", _types(rel)),
        ]
        if title is not None:
            parameters.append(f"title={quoted_string(title)}")
        if title_star is not None:
            language, text = title_star
            extended = f"UTF-8'{language}'{encode_value(text)}"  # RFC 8187, 3.2
            parameters.append(_parameter("title*", extended))
        if type_hint is not None:
            parameters.append(f"type={quoted_string(type_hint)}")
        if hreflang is not None:
            languages = (hreflang,) if isinstance(hreflang, str) else hreflang
            parameters += [_parameter("hreflang", each) for each in languages]
        if anchor is not None:
            parameters.append(f"anchor={quoted_string(header_uri('Link', anchor))}")
        if crossorigin is not None:
            parameters.append(_crossorigin(crossorigin))
        parameters += [_parameter(name, text) for name, text in link_extension or ()]
        self.append_header("Link", "; ".join(parameters))


def _types(rel: str) -> str:
    if ":" not in rel:
        return rel
    # RFC 8288, 3.3: what is no registered name is a URI.
    return " ".join(header_uri("Link", each) for each in rel.split(" "))


def _parameter(name: str, value: str) -> str:
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is not a link parameter's name (RFC 8288, 3).")
    as_it_is = TOKEN.fullmatch(value) or _QUOTED.fullmatch(value)
    return f"{name}={value if as_it_is else quoted_string(value)}"


def _crossorigin(value: str) -> str:
    try:
        return _CROSSORIGIN[value.lower()]
    except KeyError:
        raise ValueError(
            f"crossorigin is 'anonymous' or 'use-credentials', not {value!r}."
        ) from None
