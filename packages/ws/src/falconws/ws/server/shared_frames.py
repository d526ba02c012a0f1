"""The ASGI extension ``falconws.shared_frame``: a message is framed once, and sent to many clients.

A broadcast to ten thousand clients sends each the same bytes. By the event ``websocket.send`` the
server encodes the text and frames it for each of them, in a coroutine that is made for it. A
server that has this extension lets an application do that once. The contract:

``scope["extensions"]["falconws.shared_frame"]`` is a dict with two functions.

``"build"``: ``build(message: str | bytes) -> frame``
    Make a frame of a text or binary message. It may be written to any connection of this server
    in this process, at any time, and any number of times; it is otherwise opaque. It raises
    `TypeError` for what is neither text nor bytes.

``"write"``: ``write(frame) -> bool``
    Send a frame to the client of this scope, now, without waiting.

    - True: it goes to the client, behind everything that was sent before, by whatever means.
    - False: nothing was sent, as the client does not read, and the server keeps as much for it as
      it should. Drop the message, keep it, or ``await send(...)`` it as an event, which waits until
      the client reads.
    - It raises what ``send`` would for a message: `OSError` when the connection is over, or
      `RuntimeError` before ``websocket.accept`` and after ``websocket.close``; and `TypeError` for
      what ``build`` did not make.

    It must be called in the thread of the event loop, and never blocks.

A shared frame is not compressed, also if permessage-deflate was agreed on. RFC 7692, 6.1 allows
that for each message, and it leaves the streams of both sides as they were. Compressed bytes could
not be shared: what a client has in its window depends on all that it was sent, and compressing anew
for each of them costs far more than framing does. Who would rather save bytes than time sends an
event.
"""

from __future__ import annotations

from ._frames import data_frame, text_frame

__all__ = ("EXTENSION", "SharedFrame", "build_shared_frame")

EXTENSION = "falconws.shared_frame"
"""The key in ``scope["extensions"]``."""


class SharedFrame:
    """A message as it goes over the wire, to any client."""

    __slots__ = ("octets",)

    def __init__(self, octets: bytes) -> None:
        self.octets = octets


def build_shared_frame(message: str | bytes) -> SharedFrame:
    """Make a frame that can be sent to many clients.

    Raises:
        TypeError: The message is neither text nor bytes.
    """
    if isinstance(message, str):
        return SharedFrame(text_frame(message.encode()))
    if isinstance(message, bytes):
        return SharedFrame(data_frame(message))
    raise TypeError(f"A message is str or bytes, not {type(message).__name__}.")
