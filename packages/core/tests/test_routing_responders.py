import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    COMBINED_METHODS,
    HTTP_METHODS,
    WEBDAV_METHODS,
    SuffixedMethodNotFoundError,
    map_http_methods,
)
from falconws.core.routing import check_responder, is_awaitable_function


class Resource:
    on_head = None

    async def on_get(self, req: Any, resp: Any) -> None: ...

    async def on_version_control(self, req: Any, resp: Any) -> None: ...

    async def on_get_list(self, req: Any, resp: Any) -> None: ...

    async def on_websocket(self, req: Any, ws: Any) -> None: ...

    async def on_coffee(self, req: Any, resp: Any) -> None: ...


def test_the_methods_are_those_of_http_and_webdav() -> None:
    assert set(HTTP_METHODS) >= {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}
    assert set(WEBDAV_METHODS) >= {"PROPFIND", "MKCOL", "LOCK", "VERSION-CONTROL"}
    assert set(COMBINED_METHODS) == {
        *HTTP_METHODS,
        *WEBDAV_METHODS,
        "QUERY",
        "WEBSOCKET",
    }


def test_responders_are_collected_by_method() -> None:
    resource = Resource()
    assert map_http_methods(resource) == {
        "GET": resource.on_get,
        "VERSION-CONTROL": resource.on_version_control,
        "WEBSOCKET": resource.on_websocket,
    }
    assert map_http_methods(resource, "list") == {"GET": resource.on_get_list}
    tea = map_http_methods(resource, responders={"BREW": "on_coffee"})
    assert tea == {"BREW": resource.on_coffee}
    assert map_http_methods(object()) == {}


def test_a_suffix_that_no_responder_has_is_an_error() -> None:
    with pytest.raises(
        SuffixedMethodNotFoundError, match=r"ends in '_item'.* on_get_item"
    ):
        map_http_methods(Resource(), "item")


async def _coroutine(req: Any, resp: Any) -> None: ...


def _plain(req: Any, resp: Any) -> None: ...


def _decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class Awaits:
    async def __call__(self, req: Any, resp: Any) -> None: ...


class Blocks:
    def __call__(self, req: Any, resp: Any) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        _coroutine,
        _decorated(_coroutine),
        functools.partial(_coroutine, resp=None),
        Resource().on_get,
        Awaits(),
        print,  # not written in Python: it is taken at its word
    ],
)
def test_what_can_be_awaited_is_a_responder(function: Any) -> None:
    assert is_awaitable_function(function)
    check_responder(function, Resource())


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (_plain, "_plain"),
        (_decorated(_plain), "_plain"),
        (lambda req, resp: None, "<lambda>"),
        (Blocks(), "Blocks"),
        (SimpleNamespace(f=_plain).f, "_plain"),
        (functools.partial(_plain, resp=None), "partial"),
    ],
)
def test_what_would_block_is_refused_with_what_to_write(
    function: Any, name: str
) -> None:
    assert not is_awaitable_function(function)
    with pytest.raises(TypeError, match=f"{name}.* responder of Resource.*`async def"):
        check_responder(function, Resource())
