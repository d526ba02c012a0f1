# Supplied: what `protoc` makes of
#
#     syntax = "proto3";
#     message Message { string text = 1; int32 number = 2; }
#
# built here without it.
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_file = descriptor_pb2.FileDescriptorProto(name='message.proto', syntax='proto3')
_message = _file.message_type.add(name='Message')
_message.field.add(name='text', number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
_message.field.add(name='number', number=2, type=_Field.TYPE_INT32, label=_Field.LABEL_OPTIONAL)

_descriptor = descriptor_pool.Default().AddSerializedFile(_file.SerializeToString())
Message = message_factory.GetMessageClass(_descriptor.message_types_by_name['Message'])
