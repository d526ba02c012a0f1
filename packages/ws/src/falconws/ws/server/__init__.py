"""A fast WebSocket protocol for uvicorn: ``uvicorn --ws falconws.ws.server:WebSocketProtocol``.

It serves any ASGI application, and nothing else in `falconws.ws` needs it. A broadcast can be framed
once for all clients, by the extension that `falconws.ws.server.shared_frames` describes. It needs an
extra: ``pip install falconws-ws[server]``.
"""

try:
    from .protocol import WebSocketProtocol
except ModuleNotFoundError as exc:
    raise ModuleNotFoundError(
        "falconws.ws.server needs uvicorn and websockets: pip install falconws-ws[server].",
        name=exc.name,
    ) from exc

__all__ = ("WebSocketProtocol",)
