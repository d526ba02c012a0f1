"""What reading something of a request gives in Falcon, and in falconws."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from hypothesis import strategies as st

from tests.conformance.differential import Build, Exchange, both, same

__all__ = (
    "Read",
    "attempt",
    "attribute",
    "joined",
    "outcome",
    "outcomes",
    "raised",
    "reading",
    "sent",
    "shown",
)

Read = Callable[[Any], Any]
"""Reads something of the request that it is given; may be a coroutine function."""


def shown(value: Any) -> str:
    """Give a value as text that tells everything of it but the framework's own class."""
    match type(value).__name__:
        case "ETag":
            return f"{'weak' if value.is_weak else 'strong'} {str(value)!a}"
        case "Forwarded":
            return shown((value.src, value.dest, value.host, value.scheme))
        case "list" | "tuple":
            return f"{type(value).__name__}({', '.join(map(shown, value))})"
        case "dict":
            items = (f"{shown(name)}: {shown(each)}" for name, each in value.items())
            return f"dict({', '.join(items)})"
        case _:
            return ascii(value)


def raised(error: str, status: str = "", title: str = "") -> str:
    """Give an error as text; status and title are those of an HTTPError."""
    return f"raised {error} {status} {title}".rstrip()


def attribute(*names: str) -> Read:
    """Read attributes of the request: of one the value, of several a list of them."""
    if len(names) == 1:
        return lambda req: getattr(req, names[0])
    return lambda req: [getattr(req, name) for name in names]


def sent(*headers: tuple[str, str], **scope: Any) -> Exchange:
    """Make a request with headers, and with what stands in its connection scope."""
    return Exchange(headers=headers, scope=scope)


def joined(parts: st.SearchStrategy[str], *separators: str) -> st.SearchStrategy[str]:
    """Generate one to three parts with a separator between them."""
    return st.builds(
        str.join, st.sampled_from(separators), st.lists(parts, min_size=1, max_size=3)
    )


async def attempt(read: Read, subject: Any) -> str:
    """Give what reading gives or raises, as text."""
    try:
        value = read(subject)
        return shown(await value if isawaitable(value) else value)
    except Exception as exc:
        status, title = getattr(exc, "status", ""), getattr(exc, "title", "")
        return raised(type(exc).__name__, status, title)


def reading(read: Read, **options: Any) -> Build:
    """Give the builder of an application that answers what reading each request gives.

    Args:
        read: What to read.
        **options: Set on the App's ``req_options``.
    """

    def build(falcon: Any) -> Any:
        async def answer(req: Any, resp: Any, **params: str) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = await attempt(read, req)

        app = falcon.asgi.App()
        for name, value in options.items():
            setattr(app.req_options, name, value)
        app.add_sink(answer)
        return app

    return build


def outcomes(
    read: Read, exchange: Exchange | None = None, **options: Any
) -> tuple[str, str]:
    """Give what reading gives in Falcon, and here."""
    theirs, ours = both(reading(read, **options), exchange or Exchange())
    assert (theirs.status, ours.status) == (200, 200)
    return theirs.body.decode(), ours.body.decode()


def outcome(read: Read, exchange: Exchange | None = None, **options: Any) -> str:
    """Assert that reading gives the same in both, and give it."""
    answer = same(reading(read, **options), exchange or Exchange())
    assert answer.status == 200
    return answer.body.decode()
