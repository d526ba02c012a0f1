import time

import falconws.core as falcon


# Supplied: what the document uses and does not define.
async def validate_token_async(token):
    return {'Bearer ada': 'Ada'}.get(token)


class AsyncLoggingMiddleware:
    async def process_request(self, req, resp):
        req.context.start_time = time.time()
        print(f"Request: {req.method} {req.path}")

    async def process_response(self, req, resp, resource, req_succeeded):
        duration = time.time() - req.context.start_time
        print(f"Response: {resp.status} ({duration:.3f}s)")

class AsyncAuthMiddleware:
    async def process_request(self, req, resp):
        token = req.get_header('Authorization')
        if not token:
            raise falcon.HTTPUnauthorized(title='Authentication required')

        # Async token validation
        user = await validate_token_async(token)
        if not user:
            raise falcon.HTTPUnauthorized(title='Invalid token')

        req.context.user = user

# Add middleware to ASGI app
app = falcon.asgi.App(middleware=[
    AsyncLoggingMiddleware(),
    AsyncAuthMiddleware()
])


# Supplied: something to ask for.
class Greeting:
    async def on_get(self, req, resp):
        resp.media = {'user': req.context.user}


app.add_route('/greeting', Greeting())
