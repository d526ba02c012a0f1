import asyncio
import itertools

import falconws.core as falcon
from falconws.core import Request, Response
from falconws.ws import WebSocket, WebSocketDisconnected

# Supplied: what the document uses and does not define.
some_condition = False
_numbers = itertools.count(1)


async def my_next_event():
    await asyncio.sleep(0.01)
    return f'event {next(_numbers)}: naïve'


class SomeResource:
    # Get a paginated list of events via a regular HTTP request.
    #
    # For small-scale, all-in-one apps, it may make sense to support
    # both a regular HTTP interface and one based on WebSocket
    # side-by-side in the same deployment. However, these two
    # interaction models have very different performance characteristics,
    # and so larger scale-out deployments may wish to specifically
    # designate instance groups for one type of traffic vs. the
    # other (although the actual applications may still be capable
    # of handling both modes).
    #
    # Mended: the document has no resp, and every on_get is called with one.
    #
    async def on_get(self, req: Request, resp: Response, account_id: str):
        pass

    # Push event stream to client. Note that the framework will pass
    # parameters defined in the URI template as with HTTP method
    # responders.
    async def on_websocket(self, req: Request, ws: WebSocket, account_id: str):

        # The HTTP request used to initiate the WebSocket handshake can be
        # examined as needed.
        some_header_value = req.get_header('Some-Header')

        # Reject it?
        if some_condition:
            # If close() is called before accept() the code kwarg is
            # ignored, if present, and the server returns a 403
            # HTTP response without upgrading the connection.
            await ws.close()
            return

        # Examine subprotocols advertised by the client. Here let's just
        # assume we only support wamp, so if the client doesn't advertise
        # it we reject the connection.
        if 'wamp' not in ws.subprotocols:
            # If close() is not called explicitly, the framework will
            # take care of it automatically with the default code (1000).
            return

        # If, after examining the connection info, you would like to accept
        # it, simply call accept() as follows:
        try:
            await ws.accept(subprotocol='wamp')
        except WebSocketDisconnected:
            return

        # Simply start sending messages to the client if this is an event
        # feed endpoint.
        while True:
            try:
                event = await my_next_event()

                # Send an instance of str as a WebSocket TEXT (0x01) payload
                await ws.send_text(event)

                # Send an instance of bytes, bytearray, or memoryview as a
                # WebSocket BINARY (0x02) payload.
                # Mended: the document sends the same event as above, and one that is a str is
                # no bytes.
                await ws.send_data(event.encode())

                # Or if you want it to be serialized to JSON (by default; can
                # be customized via app.ws_options.media_handlers):
                await ws.send_media(event)  # Defaults to WebSocketPayloadType.TEXT
            except WebSocketDisconnected:
                # Do any necessary cleanup, then bail out
                return


class SomeMiddleware:
    async def process_request_ws(self, req: Request):
        # This will be called for the HTTP request that initiates the
        # WebSocket handshake before routing.
        pass

    async def process_resource_ws(self, req: Request, resource, params):
        # This will be called for the HTTP request that initiates the
        # WebSocket handshake after routing (if a route matches the
        # request).
        pass


app = falcon.asgi.App(middleware=SomeMiddleware())
app.add_route('/{account_id}/messages', SomeResource())
