import asyncio
import json  # Mended: the document uses this and the next, and imports neither.
import time

import falconws.core as falcon
from falconws.sse import SSEvent


class EventStreamResource:
    async def on_get(self, req, resp):
        # Set SSE headers
        resp.content_type = 'text/event-stream'
        resp.set_header('Cache-Control', 'no-cache')
        resp.set_header('Connection', 'keep-alive')

        # Create event stream
        async def event_stream():
            counter = 0
            while True:
                # Create event
                event = SSEvent(
                    data=f'{{"count": {counter}, "timestamp": "{time.time()}"}}',
                    event_type='counter',
                    event_id=str(counter)
                )

                yield event.serialize().encode('utf-8')

                counter += 1
                await asyncio.sleep(1)

        resp.stream = event_stream()

class NotificationStream:
    def __init__(self):
        self.subscribers = set()

    async def on_get(self, req, resp):
        resp.content_type = 'text/event-stream'
        resp.set_header('Cache-Control', 'no-cache')

        # Create subscriber queue
        queue = asyncio.Queue()
        self.subscribers.add(queue)

        # Mended: the document has `try` around the definition of stream(), so that its `finally`
        # takes the subscriber away before the stream begins, and no notification reaches it.
        async def stream():
            try:
                while True:
                    event_data = await queue.get()
                    event = SSEvent(
                        data=json.dumps(event_data),
                        event_type='notification'
                    )
                    yield event.serialize().encode('utf-8')
            finally:
                self.subscribers.discard(queue)

        resp.stream = stream()

    async def broadcast_notification(self, data):
        """Send notification to all subscribers"""
        for queue in self.subscribers:
            try:
                queue.put_nowait(data)
            except asyncio.QueueFull:
                pass  # Skip if queue is full

# Supplied: the document takes `app` over from an example before.
app = falcon.asgi.App()

# Supplied: what calls broadcast_notification(), which nothing in the document does. For that, the
# resource has a name.
notifications = NotificationStream()


class Broadcast:
    async def on_post(self, req, resp):
        await notifications.broadcast_notification(await req.media)
        resp.media = {'subscribers': len(notifications.subscribers)}


app.add_route('/broadcast', Broadcast())

# Register SSE routes
app.add_route('/events', EventStreamResource())
app.add_route('/notifications', notifications)
