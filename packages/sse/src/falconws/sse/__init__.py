"""Server-Sent Events for falconws: ``resp.sse``, and the `SSEvent` that it is made of."""

from .event import SSEvent
from .extension import EventStreams

__all__ = ("EventStreams", "SSEvent")
