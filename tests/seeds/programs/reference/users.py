import asyncio
import itertools

import falconws.core as falcon

# Supplied: what the document uses and does not define.
_users = {'1': {'id': '1', 'name': 'Ada'}}
_ids = itertools.count(2)


async def fetch_user_async(user_id):
    if user_id not in _users:
        raise falcon.HTTPNotFound()
    return _users[user_id]


async def fetch_all_users_async():
    return list(_users.values())


async def create_user_async(user_data):
    user = {'id': str(next(_ids)), **user_data}
    _users[user['id']] = user
    return user


class AsyncUserResource:
    async def on_get(self, req, resp, user_id=None):
        if user_id:
            # Async database call
            user = await fetch_user_async(user_id)
            resp.media = user
        else:
            users = await fetch_all_users_async()
            resp.media = {'users': users}

    async def on_post(self, req, resp):
        # Mended: the document has no `await`; a body that has yet to arrive cannot be given
        # without.
        user_data = await req.media
        new_user = await create_user_async(user_data)
        resp.status = falcon.HTTP_201
        resp.media = new_user

# Create ASGI app
app = falcon.asgi.App()
app.add_route('/users', AsyncUserResource())
app.add_route('/users/{user_id}', AsyncUserResource())

# Run with ASGI server
if __name__ == '__main__':
    import uvicorn
    uvicorn.run(app, host='0.0.0.0', port=8000)
