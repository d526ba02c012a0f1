"""Hooks: what is to happen before or after the responders of a resource.

They are put on a responder, or on a class for all of its responders::

    @before(authorize, "editor")
    class Rooms:
        async def on_get(self, req, resp): ...
"""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from .errors import CompatibilityError
from .routing import RESPONDERS, is_awaitable_function

__all__ = ("after", "before")

P = ParamSpec("P")
T = TypeVar("T", bound=Callable[..., Any])
_Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]

_KNOWN = re.compile(f"({'|'.join(RESPONDERS.values())})(_.+)?")

decorate_on_request = False
"""Whether a hook on a class is for its ``on_request`` too, as it is for other responders."""


def before(
    action: Callable[Concatenate[Any, Any, Any, dict[str, Any], P], Any],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Callable[[T], T]:
    """Call a function before a responder, or before all responders of a class.

    On a class these are ``on_get``, ``on_websocket`` and the like, with any suffix, and other
    methods called ``on_<something>`` whose first argument is ``req``: which of those an App
    calls is not known here, and none shall be without its hook. Inherited ones are among
    them, while the class that they come from stays as it is; ``on_request`` is not, see
    `decorate_on_request`. Of several hooks the topmost runs first. What a hook raises keeps
    the responder, and the hooks below, from running.

    Args:
        action: A coroutine function ``(req, resp, resource, params, *args, **kwargs)``; a
            plain one for a responder that is one. It may change ``params``, which are the
            responder's arguments. For ``on_websocket``, ``resp`` is the WebSocket.
        *args: Passed on to the action.
        **kwargs: Passed on to the action.

    Raises:
        TypeError: The action cannot be called, or what it is put on is no method.
        CompatibilityError: The action is a plain function and the responder is a coroutine
            function, or the other way around.
    """

    def wrap(responder: Callable[..., Any]) -> Callable[..., Any]:
        if not _are_coroutine_functions(action, responder):

            @functools.wraps(responder)
            def call(self: Any, req: Any, resp: Any, *rest: Any, **params: Any) -> Any:
                if rest:
                    params.update(_named(responder, rest))
                action(req, resp, self, params, *args, **kwargs)
                return responder(self, req, resp, **params)

            return call

        @functools.wraps(responder)
        async def run(self: Any, req: Any, resp: Any, *rest: Any, **params: Any) -> Any:
            if rest:
                params.update(_named(responder, rest))
            await action(req, resp, self, params, *args, **kwargs)
            return await responder(self, req, resp, **params)

        return run

    return _decorator(action, wrap)


def after(
    action: Callable[Concatenate[Any, Any, Any, P], Any],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Callable[[T], T]:
    """Call a function after a responder, or after all responders of a class.

    It is as with `before`, but of several hooks the topmost runs last, and none runs if the
    responder raised.

    Args:
        action: A coroutine function ``(req, resp, resource, *args, **kwargs)``; a plain one
            for a responder that is one. For ``on_websocket``, ``resp`` is the WebSocket.
        *args: Passed on to the action.
        **kwargs: Passed on to the action.

    Raises:
        TypeError: As for `before`.
        CompatibilityError: As for `before`.
    """

    def wrap(responder: Callable[..., Any]) -> Callable[..., Any]:
        if not _are_coroutine_functions(action, responder):

            @functools.wraps(responder)
            def call(self: Any, req: Any, resp: Any, *rest: Any, **params: Any) -> Any:
                result = responder(self, req, resp, *rest, **params)
                action(req, resp, self, *args, **kwargs)
                return result

            return call

        @functools.wraps(responder)
        async def run(self: Any, req: Any, resp: Any, *rest: Any, **params: Any) -> Any:
            result = await responder(self, req, resp, *rest, **params)
            await action(req, resp, self, *args, **kwargs)
            return result

        return run

    return _decorator(action, wrap)


def _are_coroutine_functions(
    action: Callable[..., Any], responder: Callable[..., Any]
) -> bool:
    """Say which kind of function both are, and refuse what cannot be put together."""
    # A partial is no method, though it has a descriptor's look in Python 3.13.
    if isinstance(responder, (classmethod, staticmethod, functools.partial)) or not (
        callable(responder) and hasattr(responder, "__get__")
    ):
        raise TypeError(
            f"A hook is for a class or for a method with `self`, not for {responder!r}."
        )
    awaited = is_awaitable_function(responder)
    if is_awaitable_function(action) == awaited:
        return awaited
    name, called = _name(responder), _name(action)
    if awaited:
        raise CompatibilityError(
            f"The hook {called} of {name} must be a coroutine function: write `async def`."
        )
    raise CompatibilityError(
        f"The hook {called} is a coroutine function, and {name} is not. For both write "
        "`async def`; with App(wrap_sync=True) both may be plain functions."
    )


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", repr(function))


def _named(responder: Callable[..., Any], rest: tuple[Any, ...]) -> dict[str, Any]:
    """Give positional arguments by name: another responder called this one with them."""
    bound = inspect.signature(responder).bind_partial(None, None, None, *rest)
    return dict([*bound.arguments.items()][3:])


def _decorator(action: Any, wrap: _Wrap) -> Callable[[T], T]:
    if not callable(action):
        raise TypeError(
            f"A hook is a coroutine function, given without calling it; not {action!r}."
        )

    def decorate(target: Any) -> Any:
        if not isinstance(target, type):
            return wrap(target)
        for name in dir(target):
            if _is_responder(name, getattr(target, name)):
                if _is_for_any_method(name) and not decorate_on_request:
                    warnings.warn(_skipped(name, target), UserWarning, stacklevel=2)
                    continue
                setattr(target, name, wrap(inspect.getattr_static(target, name)))
        return target

    return decorate


def _is_responder(name: str, method: Any) -> bool:
    if not name.startswith("on_") or not callable(method):
        return False
    if _KNOWN.fullmatch(name) or _is_for_any_method(name):
        return True
    try:
        return list(inspect.signature(method).parameters)[1:2] == ["req"]
    except (TypeError, ValueError):  # not written in Python; it says nothing of itself
        return True


def _is_for_any_method(name: str) -> bool:
    return name == "on_request" or name.startswith("on_request_")


def _skipped(name: str, target: type) -> str:
    return (
        f"The hook on {target.__name__} is not for its {name}(). Put it on that as well, or "
        "set falconws.core.hooks.decorate_on_request = True in front of the class."
    )
