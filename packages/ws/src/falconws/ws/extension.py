"""`WebSockets`: the extension, and the scope server that it adds."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from falconws.core import (
    App,
    ErrorHandler,
    Hook,
    HTTPError,
    HTTPForbidden,
    HTTPInternalServerError,
    HTTPMethodNotAllowed,
    HTTPRouteNotFound,
    HTTPStatus,
    Receive,
    Request,
    Scope,
    Send,
)
from falconws.core.routing import Sink
from falconws.media import PayloadError, PayloadTypeError

from ._connection import OpenSocket
from .closing import CloseCode, close_code_for, shortened
from .errors import WebSocketDisconnected
from .options import WebSocketOptions
from .socket import WebSocket

__all__ = ("WS_HOOKS", "WebSockets")

logger = logging.getLogger("falconws")

_WS = frozenset({"ws"})

WS_HOOKS = (
    Hook("process_request_ws", ("req", "ws"), _WS),
    Hook("process_resource_ws", ("req", "ws", "resource", "params"), _WS),
    Hook("process_response_ws", ("req", "ws", "resource", "req_succeeded"), _WS),
)


class WebSockets:
    """Serves WebSockets by the ``on_websocket`` responders of resources.

    Attributes:
        options: What can be set about them; ``app.ws_options`` is the same.
    """

    def __init__(self, options: WebSocketOptions | None = None) -> None:
        """Choose options; None for the defaults."""
        self.options = options or WebSocketOptions()

    def install(self, app: App) -> None:
        """Add the scope ``websocket`` to an App."""
        app.add_scope(
            "websocket",
            WebSocketServer(app, self.options),
            responders={"WEBSOCKET": "on_websocket"},
            hooks=WS_HOOKS,
        )


class WebSocketServer:
    """Serves scopes of type ``websocket``."""

    def __init__(self, app: App, options: WebSocketOptions) -> None:
        self._app = app
        self.options = options
        self._process_request = app.middleware.functions("process_request_ws")
        self._process_resource = app.middleware.functions("process_resource_ws")
        self._process_response = app.middleware.functions("process_response_ws")
        self._defaults: dict[type[Exception], ErrorHandler] = {
            HTTPError: self._refuse,
            HTTPStatus: self._redirect,
            WebSocketDisconnected: self._note_disconnect,
            PayloadError: self._close_for_payload,
            PayloadTypeError: self._close_for_payload_type,
            Exception: self._close_for_bug,
        }

    async def __call__(  # noqa: C901 - the whole of a connection reads top to bottom
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve one connection."""
        event = await receive()
        if event["type"] != "websocket.connect":  # the client did not wait
            return
        app = self._app
        req = app.request_type(scope, receive, None, app.req_options)
        ws = WebSocket(scope, receive, send, self.options)
        connection = OpenSocket(req, ws, self.options, self._go_away)
        resource: object | None = None
        params: dict[str, Any] = {}
        succeeded = False
        code = CloseCode.NORMAL_CLOSURE
        app.connections.add(connection)
        try:
            try:
                if app.connections.draining:
                    raise app.connections.refusal()
                if not self.options.origin_policy.allows(req):
                    raise _foreign_page(req)
                for process_request in self._process_request:
                    await process_request(req, ws)
                    if ws.closed:
                        break
                else:
                    responder, resource, params = self._route(req)
                    hooks = self._process_resource if resource is not None else ()
                    for process_resource in hooks:
                        await process_resource(req, ws, resource, params)
                        if ws.closed:
                            break
                    else:
                        await responder(req, ws, **params)
                succeeded = True
            except Exception as exc:
                handler = app.error_handlers.find(type(exc), self._defaults)
                if handler == self._note_disconnect and ws.closed:
                    # The usual end of a responder.
                    logger.debug("WebSocket %s: %s", req.path, exc)
                else:
                    await self._recover(req, ws, exc, params)
            except asyncio.CancelledError:
                code = CloseCode.GOING_AWAY
                raise
            finally:
                connection.stop()
                if self._process_response:
                    await self._finish(req, ws, resource, succeeded, params)
                if not ws.closed:
                    await ws.close(code)
        except asyncio.CancelledError:
            if not connection.cancelled or connection.task.uncancel():
                raise
            logger.debug("WebSocket %s: cancelled.", req.path)
        finally:
            app.connections.remove(connection)

    def _route(self, req: Request) -> tuple[Any, object | None, dict[str, Any]]:
        """Find the responder, the resource it belongs to, and its arguments."""
        found = self._app.router.find(req.path, req)
        # A router of the application's own may have a tuple of None for nothing.
        if found is None or found[0] is None:
            for sink in self._app.sinks:
                groups = sink.match(req.path)
                if groups is None or "ws" in groups:
                    continue
                if _takes_ws(sink.function):
                    return _responder_of(sink), None, groups
            raise HTTPRouteNotFound()
        if len(found) == 4:
            resource, method_map, params, req.uri_template = found
        else:  # A router of the application's own need not have the template.
            resource, method_map, params = found[:3]
        responder = method_map.get("WEBSOCKET") or _refusal(sorted(method_map))
        return responder, resource, params

    async def _finish(
        self,
        req: Request,
        ws: WebSocket,
        resource: object | None,
        succeeded: bool,
        params: dict[str, Any],
    ) -> None:
        """Call the hooks for the end."""
        for process_response in reversed(self._process_response):
            try:
                await process_response(req, ws, resource, succeeded)
            except Exception as exc:
                await self._recover(req, ws, exc, params)

    async def _recover(
        self, req: Request, ws: WebSocket, exc: Exception, params: dict[str, Any]
    ) -> None:
        """Let the error handler for an exception decide what becomes of the socket."""
        handlers = self._app.error_handlers
        handler = handlers.find(type(exc), self._defaults)
        assert handler is not None  # There is a default for Exception.
        # Those of this class do. To ask a function costs as much as to serve a connection.
        is_own = getattr(handler, "__self__", None) is self
        kwargs = {"ws": ws} if is_own or _takes_ws(handler) else {}
        errors = [exc]
        handled = True
        try:
            await handler(req, None, exc, params, **kwargs)
        except (HTTPError, HTTPStatus) as raised:
            errors += [raised] if raised is not exc else []
            if isinstance(raised, HTTPError):
                await self._refuse(req, None, raised, params, ws)
            else:
                await self._redirect(req, None, raised, params, ws)
        except WebSocketDisconnected as raised:
            await self._note_disconnect(req, None, raised, params, ws)
        except Exception as raised:
            errors += [raised] if raised is not exc else []
            handled = False
            await self._close_for_bug(req, None, raised, params, ws)
        for error in errors:
            if not isinstance(error, WebSocketDisconnected):
                handlers.report(req, error, params, handled)

    async def _go_away(self, req: Request, ws: WebSocket) -> None:
        """Deny a handshake because the App goes away."""
        await self._refuse(req, None, self._app.connections.refusal(), {}, ws)

    # What is done about an exception that the application has no handler for.

    async def _refuse(
        self,
        req: Request,
        resp: None,
        exc: HTTPError,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Deny the handshake with the error's status; close what is open with 3000 + status."""
        logger.debug("WebSocket %s refused: %s", req.path, exc)
        if not ws.unaccepted:
            await ws.close(close_code_for(exc.status_code))
            return
        answer = self._app.response_type(self._app.resp_options)
        answer.status = exc.status
        if exc.headers:
            answer.set_headers(exc.headers)
        self._app.error_serializer(req, answer, exc)
        await self._deny(ws, answer)

    async def _redirect(
        self,
        req: Request,
        resp: None,
        exc: HTTPStatus,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Answer the handshake with the status; close what is open with 3000 + status."""
        if not ws.unaccepted:
            await ws.close(close_code_for(exc.status_code))
            return
        answer = self._app.response_type(self._app.resp_options)
        answer.status = exc.status
        if exc.headers:
            answer.set_headers(exc.headers)
        answer.text = exc.text
        await self._deny(ws, answer)

    async def _deny(self, ws: WebSocket, answer: Any) -> None:
        body = await answer.render_body() or b""
        answer.content_length = str(len(body))
        await ws.deny(answer.status_code, answer.asgi_headers(), body)
        # uvicorn logs an error for each denial, unless the connection that it closes behind
        # one is seen to be closed before this returns; that takes one turn of the loop.
        await asyncio.sleep(0)

    async def _note_disconnect(
        self,
        req: Request,
        resp: None,
        exc: WebSocketDisconnected,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Let the responder end with its connection; it is the usual way."""
        logger.debug("WebSocket %s: %s", req.path, exc)
        if (
            not ws.closed
        ):  # It is another connection that is over, and was not reckoned with.
            await self._close_for_bug(req, None, exc, params, ws)

    async def _close_for_payload(
        self,
        req: Request,
        resp: None,
        exc: PayloadError,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Close for a message that is not what it should be: the client's doing."""
        logger.debug("WebSocket %s: %s", req.path, exc)
        await ws.close(CloseCode.INVALID_DATA, shortened(str(exc)))

    async def _close_for_payload_type(
        self,
        req: Request,
        resp: None,
        exc: PayloadTypeError,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Close for a message of the wrong kind: the client's doing."""
        logger.debug("WebSocket %s: %s", req.path, exc)
        await ws.close(CloseCode.UNSUPPORTED_DATA)

    async def _close_for_bug(
        self,
        req: Request,
        resp: None,
        exc: Exception,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        """Close for an exception that nobody expected."""
        logger.error("Unhandled exception in WebSocket %s", req.path, exc_info=exc)
        if ws.unaccepted:
            await self._refuse(req, None, HTTPInternalServerError(), params, ws)
        else:
            await ws.close(self.options.error_close_code)


def _responder_of(sink: Sink) -> Callable[..., Awaitable[None]]:
    """Give a sink the look of a responder."""

    async def respond(req: Request, ws: WebSocket, **groups: Any) -> None:
        await sink(req, None, ws=ws, **groups)

    return respond


def _refusal(methods: list[str]) -> Callable[..., Awaitable[None]]:
    """Give what answers where there is no ``on_websocket``.

    It refuses as a responder: the hooks of the resource come first, and all hear of it.
    """

    async def refuse(req: Request, ws: WebSocket, **params: Any) -> None:
        raise HTTPMethodNotAllowed(sorted({*methods, "OPTIONS"}))

    return refuse


def _foreign_page(req: Request) -> HTTPForbidden:
    logger.warning(
        "WebSocket %s refused: the page is of the origin %r, and the host is %r. If that page "
        "is yours, add its origin to allowed_origins in WebSocketOptions.",
        req.path,
        req.headers["origin"],
        req.headers.get("host"),
    )
    return HTTPForbidden(description="Pages of this origin may not connect.")


def _takes_ws(function: Callable[..., Any]) -> bool:
    """Say whether an error handler or a sink has an argument named ``ws``."""
    try:
        return "ws" in inspect.signature(function).parameters
    except (TypeError, ValueError):  # not written in Python; it says nothing of itself
        return False
