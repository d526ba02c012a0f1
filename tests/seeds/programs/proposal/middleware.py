import falconws.core as falcon
from falconws.core import Request

from feed import SomeResource


class SomeMiddleware:
    async def process_request_ws(self, req: Request):
        # This will be called for the HTTP request that initiates the
        # WebSocket handshake before routing.
        # Supplied: the document has nothing but `pass` here and below, which does not show
        # whether it was called.
        print('Before routing:', req.path, req.uri_template)

    async def process_resource_ws(self, req: Request, resource, params):
        # This will be called for the HTTP request that initiates the
        # WebSocket handshake after routing (if a route matches the
        # request).
        print('After routing:', type(resource).__name__, params)


app = falcon.asgi.App(middleware=SomeMiddleware())

app.add_route('/{account_id}/messages', SomeResource())
