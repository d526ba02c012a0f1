"""The words of ASGI 3 that everything here speaks, and what an extension says in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = (
    "Event",
    "Hook",
    "Receive",
    "Scope",
    "ScopeServer",
    "Send",
    "path_below_root",
)

Scope = MutableMapping[str, Any]
"""What a server tells of a connection, once (ASGI: "connection scope")."""

Event = MutableMapping[str, Any]
"""One message between a server and an application; ``event["type"]`` names it."""

Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


def path_below_root(scope: Scope) -> str:
    """Give the path of a scope without the place where the application is mounted.

    ASGI, "HTTP Connection Scope": ``path`` has ``root_path`` in front of it. Not every server
    does that, so it is taken away where it is there.
    """
    path: str = scope["path"]
    root = scope.get("root_path")
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        path = path[len(root) :]
    return path or "/"


class ScopeServer(Protocol):
    """Serves the connections of one scope type."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Serve one connection from its first event to its last."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """A method by which a middleware component takes part in a scope's connections.

    Attributes:
        name: The method's name.
        parameters: The names of what it is called with, in order, without ``self``.
        optional: Those of them that a component may leave out of its signature.
    """

    name: str
    parameters: tuple[str, ...]
    optional: frozenset[str] = frozenset()
