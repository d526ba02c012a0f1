"""The HTTP scope server: one request, from its hooks to its response."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._recovery import ErrorHandler
from ._sending import SMALL_BODY, SPECIAL, send_body
from ._streaming import send_stream
from .errors import (
    ClientDisconnected,
    HTTPBadRequest,
    HTTPError,
    HTTPInternalServerError,
    HTTPMethodNotAllowed,
    HTTPRouteNotFound,
    HTTPStatus,
)
from .request import Request
from .response import Response, ServerExtensions, Stream
from .routing import Responder
from .scopes import Hook, Receive, Scope, Send

if TYPE_CHECKING:
    from .app import App

__all__ = ("HTTP_HOOKS", "HTTPServer")

logger = logging.getLogger("falconws")

HTTP_HOOKS = (
    Hook("process_request", ("req", "resp")),
    Hook("process_resource", ("req", "resp", "resource", "params")),
    Hook("process_response", ("req", "resp", "resource", "req_succeeded")),
)


class HTTPServer:
    """Serves scopes of type ``http``."""

    def __init__(self, app: App, methods: Iterable[str]) -> None:
        """Prepare for an App.

        Args:
            app: Its owner.
            methods: The HTTP methods there are. A method map has the responders of other
                scopes too, which no request names.
        """
        self._app = app
        self._methods = frozenset(methods)
        self._request_type = app.request_type
        self._response_type = app.response_type
        self._renders_by_itself = (
            app.response_type.render_body is not Response.render_body
        )
        self._process_request = app.middleware.functions("process_request")
        self._process_resource = app.middleware.functions("process_resource")
        self._process_response = app.middleware.functions("process_response")
        self._defaults: dict[type[Exception], ErrorHandler] = {
            ClientDisconnected: self._leave,
            HTTPError: self._answer_error,
            HTTPStatus: self._answer_status,
            Exception: self._answer_bug,
        }

    async def __call__(  # noqa: C901 - the hot path reads top to bottom
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve one request."""
        app = self._app
        req = self._request_type(scope, receive, None, app.req_options)
        resp = self._response_type(app.resp_options)
        if scope.get("extensions"):
            resp.server = ServerExtensions(scope, send)
        resource: object | None = None
        params: dict[str, Any] = {}
        succeeded = False
        answers = True
        process_responses = self._process_response
        begun = -1
        try:
            try:
                if app.connections.draining:
                    raise app.connections.refusal()
                for process_request in self._process_request:
                    begun += 1
                    await process_request(req, resp)
                    if resp.complete:
                        begun = -1
                        break
                else:
                    begun = -1
                    responder, resource, params = self._route(req)
                    hooks = self._process_resource if resource is not None else ()
                    for process_resource in hooks:
                        await process_resource(req, resp, resource, params)
                        if resp.complete:
                            break
                    else:
                        await responder(req, resp, **params)
                succeeded = True
            except Exception as exc:
                if begun >= 0 and not app.independent_middleware:
                    process_responses = app.middleware.outside_of(
                        "process_response", "process_request", begun
                    )
                answers = await self._recover(req, resp, exc, params)
            if process_responses:
                for process_response in reversed(process_responses):
                    try:
                        await process_response(req, resp, resource, succeeded)
                    except Exception as exc:
                        succeeded = False
                        recovered = await self._recover(req, resp, exc, params)
                        answers = recovered and answers
            if not answers:
                return
            if resp._sse is not None or resp._stream is not None:
                await self._respond(req, resp, params, send)
                return
            try:
                if self._renders_by_itself:
                    body = await resp.render_body()
                else:
                    body = resp.render()  # type: ignore[assignment]
                    if body is not None and type(body) is not bytes:
                        body = await body  # type: ignore[misc]
            except Exception as exc:
                body = await self._render_error(req, resp, exc, params)
                await self._deliver(req, resp, body, params, send)
                return
            if (
                resp._status_code in SPECIAL
                or req.method == "HEAD"
                or resp.trailers is not None
                or (body is not None and len(body) > SMALL_BODY)
            ):
                await send_body(resp, body, req.method == "HEAD", send)
                return
            try:
                await send(
                    {
                        "type": "http.response.start",
                        "status": resp._status_code,
                        "headers": resp.asgi_headers_of(body),
                    }
                )
                await send({"type": "http.response.body", "body": body or b""})
            except OSError:  # ASGI HTTP 2.4: the client has left
                pass
        finally:
            if resp._sse is not None or resp._stream is not None:
                await resp.close_streams()
            if resp.scheduled is not None:
                app.background.start(resp.take_scheduled())

    def _route(self, req: Request) -> tuple[Responder, object | None, dict[str, Any]]:
        """Find what answers: a responder, the resource it belongs to, and its arguments."""
        found = self._app.router.find(req.path, req)
        # A router of the application's own may have a tuple of None for nothing.
        if found is None or found[0] is None:
            for fallback in self._app.fallbacks:
                groups = fallback.match(req.path)
                if groups is not None:
                    return fallback, None, groups
            raise HTTPRouteNotFound()
        if len(found) == 4:
            resource, method_map, params, req.uri_template = found
        else:  # A router of the application's own need not have the template.
            resource, method_map, params = found[:3]
        responder = method_map.get(req.method)
        if responder is None or req.method not in self._methods:
            responder = self._default_responder(req.method, method_map)
        return responder, resource, params

    def _default_responder(self, method: str, method_map: dict[str, Any]) -> Responder:
        """Give what answers a method that the resource has no responder for.

        It refuses as a responder: the hooks of the resource come first, and all hear of it.
        """
        allowed = sorted(self._methods.intersection(method_map))

        async def answer(req: Request, resp: Response, **params: Any) -> None:
            if method not in self._methods:
                raise HTTPBadRequest(
                    title="Bad request", description="Invalid HTTP method"
                )
            if method != "OPTIONS":
                raise HTTPMethodNotAllowed(sorted({*allowed, "OPTIONS"}))
            if allowed:
                resp.set_header("Allow", ", ".join(allowed))
            resp.content_length = "0"

        return answer

    async def _respond(
        self, req: Request, resp: Response, params: dict[str, Any], send: Send
    ) -> None:
        """Send a response that has a stream, or that has `sse`."""
        # As in Falcon, `sse` goes before every other body, and `stream` after them.
        body = None if resp._sse is not None else await self._body(req, resp, params)
        await self._deliver(req, resp, body, params, send)

    async def _deliver(
        self,
        req: Request,
        resp: Response,
        body: bytes | None,
        params: dict[str, Any],
        send: Send,
    ) -> None:
        """Send a body, or the stream that there is instead."""
        stream = None
        if body is None:
            try:
                stream = resp.open_stream()
            except Exception as exc:
                await self._recover(req, resp, exc, params)
                body = await self._body(req, resp, params)
        if stream is None:
            await send_body(resp, body, req.method == "HEAD", send)
        else:
            await self._stream(req, resp, stream, params, send)

    async def _stream(
        self,
        req: Request,
        resp: Response,
        stream: Stream,
        params: dict[str, Any],
        send: Send,
    ) -> None:
        app = self._app
        try:
            await send_stream(req, resp, stream, app.connections, app.background, send)
        except Exception as exc:
            app.error_handlers.report(req, exc, params, False)
            raise  # The response has begun: the server has to break it off.

    async def _body(
        self, req: Request, resp: Response, params: dict[str, Any]
    ) -> bytes | None:
        """Render the body; if that fails, the body of the error that it fails with."""
        try:
            return await resp.render_body()
        except Exception as exc:
            return await self._render_error(req, resp, exc, params)

    async def _render_error(
        self, req: Request, resp: Response, exc: Exception, params: dict[str, Any]
    ) -> bytes | None:
        """Give the body of the error that rendering has failed with."""
        await self._recover(req, resp, exc, params)
        try:
            return await resp.render_body()
        except Exception as failure:  # the error itself cannot be rendered
            await self._fail(req, resp, failure)
            return resp.data

    async def _recover(
        self, req: Request, resp: Response, exc: Exception, params: dict[str, Any]
    ) -> bool:
        """Let the error handler for an exception make the response.

        Returns:
            Whether there is anyone to send it to.
        """
        handlers = self._app.error_handlers
        handler = handlers.find(type(exc), self._defaults)
        assert handler is not None  # There is a default for Exception.
        await self._clear(resp)
        errors = [exc]
        handled = True
        try:
            try:
                await handler(req, resp, exc, params)
            except (HTTPError, HTTPStatus) as raised:
                if raised is not exc:
                    errors.append(raised)
                await self._clear(resp)
                if isinstance(raised, HTTPError):
                    await self._answer_error(req, resp, raised, params)
                else:
                    await self._answer_status(req, resp, raised, params)
        except ClientDisconnected:
            logger.debug(
                "The client left before its request for %r was complete.", req.path
            )
            return False
        except Exception as raised:
            if raised is not exc:
                errors.append(raised)
            handled = False
            await self._fail(req, resp, raised)
        for error in errors:
            handlers.report(req, error, params, handled)
        return True

    async def _clear(self, resp: Response) -> None:
        """Take back what was to be the body."""
        resp.clear_body()
        await resp.close_streams()

    async def _fail(self, req: Request, resp: Response, exc: Exception) -> None:
        """Answer for an error in the handling of an error."""
        await self._clear(resp)
        logger.error(
            "Error in the handling of an error, at %s %s",
            req.method,
            req.path,
            exc_info=exc,
        )
        resp.status = 500
        resp.content_type = "application/json"
        resp.data = HTTPInternalServerError().to_json()

    async def _answer_error(
        self, req: Request, resp: Response, exc: HTTPError, params: dict[str, Any]
    ) -> None:
        resp.status = exc.status
        if exc.headers:
            resp.set_headers(exc.headers)
        self._app.error_serializer(req, resp, exc)

    async def _answer_status(
        self, req: Request, resp: Response, exc: HTTPStatus, params: dict[str, Any]
    ) -> None:
        resp.status = exc.status
        if exc.headers:
            resp.set_headers(exc.headers)
        resp.text = exc.text

    async def _leave(
        self, req: Request, resp: Response, exc: Exception, params: dict[str, Any]
    ) -> None:
        raise exc  # There is nobody to answer.

    async def _answer_bug(
        self, req: Request, resp: Response, exc: Exception, params: dict[str, Any]
    ) -> None:
        logger.error("Unhandled exception at %s %s", req.method, req.path, exc_info=exc)
        await self._answer_error(req, resp, HTTPInternalServerError(), params)
