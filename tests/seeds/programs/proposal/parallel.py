# The third of the loops that the document has one after the other in the same responder. What
# comes before accept() is in feed.py.
import asyncio
import collections

import falconws.core as falcon
from falconws.core import Request
from falconws.ws import WebSocket, WebSocketDisconnected


class SomeResource:
    async def on_websocket(self, req: Request, ws: WebSocket, account_id: str):
        try:
            await ws.accept(subprotocol='wamp')
        except WebSocketDisconnected:
            return

        # ...or run a couple of different loops in parallel to support
        # independent bidirectional message streams.

        messages = collections.deque()

        async def sink():
            while True:
                try:
                    message = await ws.receive_text()
                except falcon.WebSocketDisconnected:
                    break

                messages.append(message)

        sink_task = falcon.create_task(sink())

        while not sink_task.done():
            while ws.ready and not messages and not sink_task.done():
                await asyncio.sleep(0)

            # Mended: the loop above also ends with the connection, and then there may be no
            # message to pop; the document runs into an IndexError.
            if not messages:
                break

            try:
                await ws.send_text(messages.popleft())
            except falcon.WebSocketDisconnected:
                break

        sink_task.cancel()
        try:
            await sink_task
        except asyncio.CancelledError:
            pass


app = falcon.asgi.App()
app.add_route('/{account_id}/messages', SomeResource())
