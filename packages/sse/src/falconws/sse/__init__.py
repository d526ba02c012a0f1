"""Server-Sent Events for falconws: ``resp.sse``, the `SSEvent` it is made of, and a parser."""

from .event import SSEvent
from .extension import EventStreams
from .parser import Event, EventParser, EventTooLargeError, aiter_events
from .stream import EventStream

__all__ = (
    "EventStream",
    "EventStreams",
    "SSEvent",
    "Event",
    "EventParser",
    "EventTooLargeError",
    "aiter_events",
)
