"""What `falconws.ws.server` exports, and needs."""

from __future__ import annotations

import importlib
import sys

import pytest

import falconws.ws.server
from falconws.ws.server.protocol import WebSocketProtocol


def test_the_protocol_is_what_uvicorn_is_told() -> None:
    assert falconws.ws.server.__all__ == ("WebSocketProtocol",)
    assert falconws.ws.server.WebSocketProtocol is WebSocketProtocol


def test_who_has_not_installed_the_extra_is_told_how(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "falconws.ws.server.protocol", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install falconws-ws\[server\]"):
        importlib.reload(falconws.ws.server)
    assert falconws.ws.server.WebSocketProtocol is WebSocketProtocol
