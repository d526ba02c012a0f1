"""Errors that are no responses: wrong use of the framework, and a client that has left."""

from __future__ import annotations

__all__ = (
    "ClientDisconnected",
    "CompatibilityError",
    "ExtensionNotInstalledError",
    "HeaderNotSupported",
    "OperationNotAllowed",
    "SuffixedMethodNotFoundError",
    "UnacceptableRouteError",
    "UnsupportedError",
    "UnsupportedScopeError",
)


class ClientDisconnected(ConnectionError):
    """The client left before the request, or the body that it was sending, was complete."""


class OperationNotAllowed(ValueError):
    """What was asked for is not possible in the present state."""


class CompatibilityError(ValueError):
    """A component cannot work here, for example because it is not asynchronous."""


class HeaderNotSupported(ValueError):
    """The header has a method of its own that must be used."""


class UnacceptableRouteError(ValueError):
    """A URI template is not valid, or conflicts with another."""


class SuffixedMethodNotFoundError(ValueError):
    """The resource has no responder with the suffix that was given to `App.add_route`."""


class UnsupportedError(RuntimeError):
    """What was asked for is not supported here."""


class UnsupportedScopeError(RuntimeError):
    """The server opened a scope of a type that nothing in the App serves."""


class ExtensionNotInstalledError(RuntimeError):
    """The App does not have the extension that this takes."""
