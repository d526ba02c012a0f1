"""`SimpleTestResource`: a resource that keeps what its responders were called with."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from falconws.core import Request, Response, before

__all__ = (
    "SimpleTestResource",
    "SimpleTestResourceAsync",
    "capture_responder_args",
    "capture_responder_args_async",
    "set_resp_defaults",
    "set_resp_defaults_async",
)


async def capture_responder_args(
    req: Request, resp: Response, resource: Any, params: Mapping[str, Any]
) -> None:
    """Keep what a responder is called with, on its resource: a hook for `before`.

    The resource gets the attributes that `SimpleTestResource` has. The request's body is read
    where a header of the request asks for it, and is then gone for the responder:
    ``Capture-Req-Body-Bytes``, for as many bytes as it says, or ``Capture-Req-Media`` with any
    value.

    Args:
        req: The request.
        resp: The response.
        resource: Any object that attributes can be set on.
        params: What the responder gets beside them.
    """
    resource.captured_req = req
    resource.captured_resp = resp
    resource.captured_kwargs = dict(params)
    resource.captured_req_media = None
    resource.captured_req_body = None
    size = req.get_header("Capture-Req-Body-Bytes")
    if size:
        resource.captured_req_body = await req.stream.read(int(size))
    elif req.get_header("Capture-Req-Media"):
        resource.captured_req_media = await req.get_media()


async def set_resp_defaults(
    req: Request, resp: Response, resource: Any, params: Mapping[str, Any]
) -> None:
    """Set what a `SimpleTestResource` answers by default: a hook for `before`.

    Args:
        req: The request.
        resp: The response; what the resource was given no default for stays as it is.
        resource: One of a class that is derived from `SimpleTestResource`.
        params: What the responder gets beside them.

    Raises:
        TypeError: The resource is of another class.
    """
    if not isinstance(resource, SimpleTestResource):
        raise TypeError(
            f"set_resp_defaults is for a SimpleTestResource, not for {resource!r}; "
            "derive its class from that, or set the response in a hook of your own."
        )
    if resource.default_status is not None:
        resp.status = resource.default_status
    if resource.default_body is not None:
        resp.text = resource.default_body
    if resource.default_headers is not None:
        resp.set_headers(resource.default_headers)


class SimpleTestResource:
    """A resource that answers GET and POST as it is told, and keeps what it was called with.

    A class derived from it may have more responders; `capture_responder_args` and
    `set_resp_defaults` do the same for them::

        class Rooms(SimpleTestResource):
            @before(capture_responder_args)
            @before(set_resp_defaults)
            async def on_put(self, req, resp, **params): ...

    Attributes:
        captured_req: The last request; None before there was one.
        captured_resp: The response to it.
        captured_kwargs: What the responder got beside them, such as fields of the route.
        captured_req_media: The request's media, where it has a header ``Capture-Req-Media``.
        captured_req_body: That many bytes of the request's body, where it has a header
            ``Capture-Req-Body-Bytes``.
        default_status: What the response's status is set to; None to leave it.
        default_body: What its text is set to; None to leave it.
        default_headers: The headers that are set; None for none.
    """

    def __init__(
        self,
        status: str | int | HTTPStatus | None = None,
        body: str | None = None,
        json: Any = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None:
        """Choose what to answer.

        Args:
            status: The status; None for 200 OK.
            body: The text of the body; None for an empty one.
            json: An object to be the body as JSON; None for none.
            headers: Headers of the response.

        Raises:
            ValueError: There is both a body and JSON.
            TypeError: There is no JSON for the object.
        """
        if json is not None and body is not None:
            raise ValueError("Give the response as body or as json, not as both.")
        self.default_status = status
        self.default_body = (
            body if json is None else jsonlib.dumps(json, ensure_ascii=False)
        )
        # A list can be read for each response; an iterator could for the first one only.
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        self.default_headers = None if pairs is None else list(pairs)
        self.captured_req: Request | None = None
        self.captured_resp: Response | None = None
        self.captured_kwargs: dict[str, Any] | None = None
        self.captured_req_media: Any = None
        self.captured_req_body: bytes | None = None

    @property
    def called(self) -> bool:
        """Whether a responder was called, as far as that was captured."""
        return self.captured_req is not None

    @before(capture_responder_args)
    @before(set_resp_defaults)
    async def on_get(self, req: Request, resp: Response, **params: Any) -> None:
        """Answer a GET."""

    @before(capture_responder_args)
    @before(set_resp_defaults)
    async def on_post(self, req: Request, resp: Response, **params: Any) -> None:
        """Answer a POST."""


# Falcon has plain and asynchronous ones; these are their names there.
SimpleTestResourceAsync = SimpleTestResource
capture_responder_args_async = capture_responder_args
set_resp_defaults_async = set_resp_defaults
