"""Extensions: how falconws-ws, falconws-sse and others become part of an App."""

from __future__ import annotations

import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .app import App

__all__ = (
    "Extension",
    "discover",
    "exported_name",
    "package_of_hook",
    "package_of_responder",
)

GROUP = "falconws.extensions"


class Extension(Protocol):
    """What `App(extensions=...)` takes."""

    def install(self, app: App) -> None:
        """Become a part of an App, once, while it is built.

        An extension calls `App.add_scope` for a scope that is not served yet, or
        `App.fill_slot` for a slot that is empty.
        """
        ...


# What to install, for those who use a thing before its package. These are the only words
# that core has of the packages above it.
_PACKAGES = {"websocket": "falconws-ws"}


def package_of_scope(scope_type: str) -> str | None:
    """Name the distribution that serves a scope type such as ``websocket``."""
    return _PACKAGES.get(scope_type)


def package_of_responder(name: str) -> str | None:
    """Name the distribution that calls a responder such as ``on_websocket``."""
    return next(
        (p for scope, p in _PACKAGES.items() if name.startswith(f"on_{scope}")), None
    )


def package_of_hook(name: str) -> str | None:
    """Name the distribution that calls a hook such as ``process_request_ws``."""
    return (
        "falconws-ws" if name.startswith("process_") and name.endswith("_ws") else None
    )


@cache
def _entry_points() -> tuple[EntryPoint, ...]:
    # Read once: what is installed does not change while a program runs, and reading it takes
    # longer than all the rest of building an App.
    return tuple(entry_points(group=GROUP))


def discover() -> list[Extension]:
    """Make one of each extension that is installed."""
    return [entry_point.load()() for entry_point in _entry_points()]


def exported_name(name: str) -> Any:
    """Find a public name in the packages of the extensions that are installed.

    A program that moves over from Falcon says ``falcon.WebSocketDisconnected`` where
    `falconws.core` stands for ``falcon``; which package has that name is found here.

    Raises:
        AttributeError: None of them has it.
    """
    if not name.startswith("_"):
        for entry_point in _entry_points():
            entry_point.load()
            package = sys.modules[entry_point.module]
            if name in getattr(package, "__all__", ()):
                return getattr(package, name)
    raise AttributeError(f"module 'falconws.core' has no attribute {name!r}")
