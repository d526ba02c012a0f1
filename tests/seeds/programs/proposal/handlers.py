from typing import Union

import falconws.core as falcon
import rapidjson

import message_pb2
from feed import SomeMiddleware, SomeResource

app = falcon.asgi.App(middleware=SomeMiddleware())

app.add_route('/{account_id}/messages', SomeResource())


# Let's say we want to use a faster JSON library. You could also use this
# pattern to add serialization support for custom types that aren't
# normally JSON-serializable out of the box.
class RapidJSONHandler(falcon.media.TextBaseHandlerWS):
    def serialize(self, media: object) -> str:
        return rapidjson.dumps(media, ensure_ascii=False)

    # The raw TEXT payload will be passed as a Unicode string
    def deserialize(self, payload: str) -> object:
        return rapidjson.loads(payload)


# And/or for binary mode we want to use Protocol Buffers:
class ProtocolBuffersHandler(falcon.media.BinaryBaseHandlerWS):
    def serialize(self, media: message_pb2.Message) -> Union[bytes, bytearray, memoryview]:
        return media.SerializeToString()

    # The raw BINARY payload will be passed as a byte string
    def deserialize(self, payload: bytes) -> message_pb2.Message:
        message = message_pb2.Message()
        # Mended: the document returns what ParseFromString returns, which is the number of
        # bytes that it has read.
        message.ParseFromString(payload)
        return message


# Expected to (de)serialize from/to str
json_handler = RapidJSONHandler()
app.ws_options.media_handlers[falcon.WebSocketPayloadType.TEXT] = json_handler

# Expected to (de)serialize from/to bytes, bytearray, or memoryview
protobuf_handler = ProtocolBuffersHandler()
app.ws_options.media_handlers[falcon.WebSocketPayloadType.BINARY] = protobuf_handler


# Supplied: a resource that has both handlers deserialize and serialize. The loop of
# conversation.py sends a dict as binary media, which is for MessagePack and no Message.
class MediaResource:
    async def on_websocket(self, req, ws, account_id):
        await ws.accept()
        while True:
            media = await ws.receive_media()
            if isinstance(media, message_pb2.Message):
                media.text = media.text.upper()
                await ws.send_media(media, payload_type=falcon.WebSocketPayloadType.BINARY)
            else:
                await ws.send_media({'received': media})


app.add_route('/{account_id}/media', MediaResource())
