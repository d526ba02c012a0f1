import falconws.core as falcon
from falconws.ws import WebSocketDisconnected
from falconws.core import Request
from falconws.ws import WebSocket
import uvicorn

app = falcon.asgi.App()


class HelloWorldResource:
    async def on_get(self, req, resp):
        resp.media = {'hello': 'world'}


class EchoWebSocketResource:
    async def on_websocket(self, req: Request, ws: WebSocket):
        try:
            await ws.accept()
        except WebSocketDisconnected:
            return

        while True:
            try:
                message = await ws.receive_text()
                await ws.send_text(f"Received the following text: {message}")
            except WebSocketDisconnected:
                return


app.add_route('/hello', HelloWorldResource())
app.add_route('/echo', EchoWebSocketResource())

if __name__ == '__main__':
    uvicorn.run(app, host='localhost', port=8000)
