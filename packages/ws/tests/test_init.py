"""What `falconws.ws` exports."""

from __future__ import annotations

import falconws.ws


def test_the_package_exports_its_public_names_and_no_others() -> None:
    assert set(falconws.ws.__all__) == {
        "CloseCode",
        "SharedMessage",
        "State",
        "WebSocket",
        "WebSocketDisconnected",
        "WebSocketHandlerNotFound",
        "WebSocketOptions",
        "WebSocketPathNotFound",
        "WebSocketPayloadType",
        "WebSocketServerError",
        "WebSockets",
        "broadcast",
    }
    assert all(hasattr(falconws.ws, name) for name in falconws.ws.__all__)
