"""Middleware: components whose hooks take part in every request."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from .errors import CompatibilityError
from .extensions import package_of_hook
from .routing import is_awaitable_function
from .scopes import Hook

__all__ = ("HookFunction", "Middleware")

HookFunction = Callable[..., Awaitable[Any]]


class Middleware:
    """The hooks of all components, by their names.

    They are collected when a component is added: per request there is a list to go through,
    or an empty one to skip.
    """

    def __init__(self) -> None:
        self._known: dict[str, Hook] = {}
        self._functions: dict[str, list[HookFunction]] = {}
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

    def functions(self, name: str) -> list[HookFunction]:
        """Give the functions of a hook: one list, which later components are added to."""
        return self._functions.setdefault(name, [])

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
                found[hook.name] = _adapt(method, hook, component)
        if not found:
            raise TypeError(_nothing_to_call(component, self._known))
        for name, function in found.items():
            self.functions(name).append(function)
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


def _adapt(method: Any, hook: Hook, component: object) -> HookFunction:
    """Check a component's method, and give the function that a hook is called by."""
    name = f"{_name(component)}.{hook.name}"
    if isinstance(component, type):
        raise TypeError(
            f"The middleware {_name(component)} is a class; give an instance of it: "
            f"{_name(component)}()."
        )
    if not is_awaitable_function(method):
        raise CompatibilityError(
            f"{name} must be a coroutine function: write `async def`."
        )
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
