"""The errors of a simulated WebSocket, with falconws-ws and without it."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

import falconws.ws
from falconws.testing import errors

NAMES = (
    "WebSocketDisconnected",
    "WebSocketHandlerNotFound",
    "WebSocketPathNotFound",
    "WebSocketServerError",
)


def load_again() -> ModuleType:
    """Execute the module once more, under another name."""
    assert errors.__file__ is not None
    spec = importlib.util.spec_from_file_location("errors_again", errors.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def without_ws(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "falconws.ws", None)
    return load_again()


def test_they_are_those_of_falconws_ws_where_it_is_installed() -> None:
    again = load_again()
    for name in NAMES:
        assert getattr(again, name) is getattr(falconws.ws, name)
        assert getattr(errors, name) is getattr(falconws.ws, name)
    assert set(errors.__all__) == set(NAMES)


@pytest.mark.parametrize(
    ("given", "attributes", "message"),
    [
        ((), (1005, "", None), "The WebSocket was closed with code 1005."),
        (
            (1001, None, "server"),
            (1001, "", "server"),
            "The WebSocket was closed with code 1001.",
        ),
        (
            (4000, "bye", "client"),
            (4000, "bye", "client"),
            "The WebSocket was closed with code 4000: bye",
        ),
    ],
)
def test_there_are_such_without_it_too(
    without_ws: ModuleType,
    given: tuple[object, ...],
    attributes: tuple[object, ...],
    message: str,
) -> None:
    for name in NAMES:
        kind, real = getattr(without_ws, name), getattr(falconws.ws, name)
        assert kind is not real
        for exc in (kind(*given), real(*given)):
            assert (exc.code, exc.reason, exc.initiator) == attributes
            assert str(exc) == message
        assert issubclass(kind, without_ws.WebSocketDisconnected)
        assert issubclass(kind, ConnectionError)


def test_an_installation_that_is_broken_is_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "falconws.ws")
    monkeypatch.setitem(sys.modules, "falconws.ws.errors", None)
    for name in [name for name in sys.modules if name.startswith("falconws.ws.")]:
        if name != "falconws.ws.errors":
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match=r"falconws\.ws\.errors"):
        load_again()
