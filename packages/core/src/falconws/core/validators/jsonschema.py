"""Requests and responses that are checked by JSON Schema.

It takes the jsonschema package: ``pip install falconws-media[jsonschema]``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar, cast

from falconws.media import PayloadInvalidError
from falconws.media.validators.jsonschema import SchemaValidator

from ..errors import CompatibilityError, HTTPInternalServerError, MediaValidationError
from ..lifecycle import is_coroutine_function

__all__ = ("validate",)

Schema = Mapping[str, Any] | bool
Responder = TypeVar("Responder", bound=Callable[..., Coroutine[Any, Any, Any]])


def validate(
    req_schema: Schema | None = None, resp_schema: Schema | None = None
) -> Callable[[Responder], Responder]:
    """Check the media that a responder receives and sends.

    The responder is not called for a request that does not fit. Where it fits, the responder
    finds the object by ``await req.get_media()``.

    Args:
        req_schema: For the body of the request; None for no check. A body that does not fit
            is a `MediaValidationError`, a 400 that says what, and where.
        resp_schema: For ``resp.media``, which has to be made of dictionaries, lists, strings
            and numbers then; None for no check. What does not fit is the application's fault:
            a 500 that tells the client nothing more, and the error's cause says the rest.

    Raises:
        jsonschema.SchemaError: What was given is no schema.
        CompatibilityError: The responder is no coroutine function.
        RuntimeError: jsonschema is not installed.
    """
    check_req = _checker(req_schema)
    check_resp = _checker(resp_schema)

    def wrap(responder: Responder) -> Responder:
        if not is_coroutine_function(responder):
            raise CompatibilityError(
                "Only a coroutine function can await the media that is to be checked."
            )

        @functools.wraps(responder)
        async def respond(
            self: Any, req: Any, resp: Any, *args: Any, **kwargs: Any
        ) -> Any:
            if check_req is not None:
                try:
                    check_req(await req.get_media())
                except PayloadInvalidError as exc:
                    raise MediaValidationError(
                        title="Request data failed validation", description=exc.detail
                    ) from exc
            result = await responder(self, req, resp, *args, **kwargs)
            if check_resp is not None:
                try:
                    check_resp(resp.media)
                except PayloadInvalidError as exc:
                    raise HTTPInternalServerError(
                        title="Response data failed validation"
                    ) from exc
            return result

        return cast(Responder, respond)

    return wrap


def _checker(schema: Schema | None) -> Callable[[object], None] | None:
    return None if schema is None else SchemaValidator(schema).check
