"""The requirements, by where they come from."""

from ..manifest import Requirement
from . import falcon_app, falcon_request, falcon_response, specifications

__all__ = ("REQUIREMENTS",)

REQUIREMENTS: list[Requirement] = [
    *falcon_app.REQUIREMENTS,
    *falcon_request.REQUIREMENTS,
    *falcon_response.REQUIREMENTS,
    *specifications.REQUIREMENTS,
]
