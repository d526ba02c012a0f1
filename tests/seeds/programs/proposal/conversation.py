# The second of the loops that the document has one after the other in the same responder, where
# the first never ends. What comes before accept() is in feed.py.
import itertools
import json

import falconws.core as falcon
from falconws.core import Request
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketPayloadType

# Supplied: what the document uses and does not define. The conversation is over after four turns.
_over = itertools.cycle([False, False, False, True])


def we_are_so_done_with_this_conversation():
    return next(_over)


class SomeResource:
    async def on_websocket(self, req: Request, ws: WebSocket, account_id: str):
        try:
            await ws.accept(subprotocol='wamp')
        except WebSocketDisconnected:
            return

        # ...or loop like this to implement a simple request-response protocol
        while True:
            try:
                # Use this if you expect a WebSocket TEXT (0x01) payload,
                # decoded from UTF-8 to a Unicode string.
                payload_str = await ws.receive_text()

                # Or if you are expecting a WebSocket BINARY (0x02) payload,
                # in which case you will end up with a byte string result:
                payload_bytes = await ws.receive_data()

                # Or if you want to get a serialized media object (defaults to
                # JSON deserialization of text payloads, and MessagePack
                # deserialization for BINARY payloads, but this can be
                # customized via app.ws_options.media_handlers).
                media_object = await ws.receive_media()

            except WebSocketDisconnected:
                # Do any necessary cleanup, then bail out
                return
            except TypeError:
                # The received message payload was not of the expected
                # type (e.g., got BINARY when TEXT was expected).
                pass
            except json.JSONDecodeError:
                # The default media deserializer uses the json standard
                # library, so you might see this error raised as well.
                pass

            # At any time, you may decide to close the websocket. If the
            # socket is already closed, this call does nothing (it will
            # not raise an error.)
            if we_are_so_done_with_this_conversation():
                # https://developer.mozilla.org/en-US/docs/Web/API/CloseEvent
                await ws.close(code=1000)
                return

            try:
                # Here we are sending as a binary (0x02) payload type, which
                # will go find the handler configured for that (defaults to
                # MessagePack which assumes you've also installed that
                # package, but this can be customized as mentioned above.')
                await ws.send_media(
                    {'event': 'message'},
                    payload_type=WebSocketPayloadType.BINARY,
                )

            except WebSocketDisconnected:
                # Do any necessary cleanup, then bail out. If ws.close() was
                # not already called by the app, the framework will take
                # care of it.

                # NOTE: If you do not handle this exception, it will be
                # bubbled up to a default error handler that simply
                # logs the message as a warning and then closes the
                # server side of the connection. This handler can be
                # overwritten as with any other error handler for the app.

                # NOTE: If the error handler accepts an 'ws' kwarg, the framework
                # will pass in the falcon.asgi.WebSocket instance.

                return


app = falcon.asgi.App()
app.add_route('/{account_id}/messages', SomeResource())
