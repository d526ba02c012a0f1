"""The requirements, by where they come from."""

from ..manifest import Requirement
from . import (
    falcon_app,
    falcon_forms,
    falcon_media,
    falcon_request,
    falcon_response,
    falcon_sse,
    falcon_testing,
    falcon_websocket,
    specifications,
    websocket_specifications,
    whatwg_sse,
)

__all__ = ("REQUIREMENTS",)

REQUIREMENTS: list[Requirement] = [
    *falcon_app.REQUIREMENTS,
    *falcon_forms.REQUIREMENTS,
    *falcon_media.REQUIREMENTS,
    *falcon_request.REQUIREMENTS,
    *falcon_response.REQUIREMENTS,
    *falcon_sse.REQUIREMENTS,
    *falcon_testing.REQUIREMENTS,
    *falcon_websocket.REQUIREMENTS,
    *specifications.REQUIREMENTS,
    *websocket_specifications.REQUIREMENTS,
    *whatwg_sse.REQUIREMENTS,
]
