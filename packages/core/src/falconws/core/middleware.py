"""Middleware: components whose hooks take part in every request."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from .errors import CompatibilityError
from .extensions import package_of_hook
from .routing import in_thread, is_awaitable_function
from .scopes import Hook

__all__ = ("HookFunction", "Middleware")

HookFunction = Callable[..., Awaitable[Any]]


class Middleware:
    """The hooks of all components, by their names.

    They are collected when a component is added: per request there is a list to go through,
    or an empty one to skip.
    """

    def __init__(self, wrap_sync: bool = False) -> None:
        """Start without components.

        Args:
            wrap_sync: Whether to call hooks that are plain functions in a thread.
        """
        self._wrap_sync = wrap_sync
        self._known: dict[str, Hook] = {}
        self._functions: dict[str, list[HookFunction]] = {}
        self._owners: dict[str, list[int]] = {}
        self.components: list[object] = []

    def register(self, hooks: Iterable[Hook]) -> None:
        """Make hooks known, on behalf of a scope.

        Raises:
            ValueError: Another scope has a hook of that name.
        """
        named = {hook.name: hook for hook in hooks}
        if taken := sorted(named.keys() & self._known.keys()):
            raise ValueError(f"There is a hook {', '.join(taken)} already.")
        self._known.update(named)

    @property
    def hooks(self) -> dict[str, list[int]]:
        """The hooks that are known, each with the indexes of the components that have it."""
        return {name: list(self._owners.get(name, ())) for name in self._known}

    def functions(self, name: str) -> list[HookFunction]:
        """Give the functions of a hook: one list, which later components are added to."""
        return self._functions.setdefault(name, [])

    def outside_of(self, name: str, inner: str, index: int) -> list[HookFunction]:
        """Give the functions of a hook of those components that come before another one.

        Args:
            name: The hook.
            inner: The hook of the other component that is known of it.
            index: Which of the functions of ``inner`` it is.
        """
        owner = self._owners[inner][index]
        count = sum(other < owner for other in self._owners.get(name, ()))
        return self.functions(name)[:count]

    def add(self, component: object) -> None:
        """Add a component.

        Raises:
            TypeError: None of its methods is a hook, or one has other parameters than its
                hook.
            CompatibilityError: One of them is not asynchronous.
        """
        found = {}
        for hook in self._known.values():
            # A component that serves both kinds of server has the asynchronous one here.
            method = getattr(component, f"{hook.name}_async", None)
            if method is None:
                method = getattr(component, hook.name, None)
            if method is not None:
                found[hook.name] = _adapt(method, hook, component, self._wrap_sync)
        if not found:
            raise TypeError(_nothing_to_call(component, self._known))
        for name, function in found.items():
            self.functions(name).append(function)
            self._owners.setdefault(name, []).append(len(self.components))
        self.components.append(component)


def _nothing_to_call(component: object, known: Iterable[str]) -> str:
    name = _name(component)
    for hook in dir(component):
        package = package_of_hook(hook)
        if package is not None:
            return (
                f"The middleware {name} has {hook}(), which nothing in this App calls. Install "
                f"{package}, and add its extension to App(extensions=...) if you set that."
            )
    hint = " Give an instance, not the class." if isinstance(component, type) else ""
    return f"The middleware {name} has none of the hooks {', '.join(known)}.{hint}"


def _name(component: object) -> str:
    return (
        component.__name__ if isinstance(component, type) else type(component).__name__
    )


def _adapt(method: Any, hook: Hook, component: object, wrap_sync: bool) -> HookFunction:
    """Check a component's method, and give the function that a hook is called by."""
    name = f"{_name(component)}.{hook.name}"
    if isinstance(component, type):
        raise TypeError(
            f"The middleware {_name(component)} is a class; give an instance of it: "
            f"{_name(component)}()."
        )
    if not is_awaitable_function(method):
        # A plain function has no use for a WebSocket, whose methods are to be awaited.
        if not wrap_sync or "ws" in hook.parameters:
            raise CompatibilityError(
                f"{name} must be a coroutine function: write `async def`."
            )
        method = in_thread(method)
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # not written in Python; it says nothing of itself
        return method  # type: ignore[no-any-return]
    if _takes(signature, len(hook.parameters)):
        return method  # type: ignore[no-any-return]
    kept = [i for i, name in enumerate(hook.parameters) if name not in hook.optional]
    if not _takes(signature, len(kept)):
        raise TypeError(
            f"{name} takes {signature}, and is called with ({', '.join(hook.parameters)})."
        )

    def call(*args: Any) -> Awaitable[Any]:
        return method(*(args[i] for i in kept))  # type: ignore[no-any-return]

    return call


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
