"""What Redis keeps of a channel, the scripts that change it, and how a message looks there.

Of a channel, whose keys are in one slot of a cluster:

- ``PREFIX{c:CHANNEL}:meta``: a hash of ``epoch``, ``offset`` and ``run``;
- ``PREFIX{c:CHANNEL}:log``: a stream; the entry ``0-OFFSET`` has the server's time in
  milliseconds as ``t``, and the message as ``m``;
- ``PREFIX{c:CHANNEL}:held``: a hash of values that are held, by key;
- ``PREFIX{c:CHANNEL}:ends``: a sorted set of those keys, by when their leases end.

What is live goes to ``PREFIXlive:DB:CHANNEL`` and ``PREFIXtopic:DB:TOPIC``: what is published
in Redis is heard in all its databases, so these names have the database in them.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from ..message import Kind, Message
from ..position import Position

__all__ = (
    "EXPIRE",
    "HISTORY",
    "HOLD",
    "HOLDERS",
    "PUBLISH",
    "RELEASE",
    "Script",
    "milliseconds",
    "pack",
    "packed_name",
    "unpack",
    "unpacked_name",
)

# A hundred years: what is for ever is no longer than what Redis can count.
_LONGEST = 3.2e9


def milliseconds(seconds: float) -> int:
    """Give a time as Redis counts it: 1 at the least; `math.inf` is very long."""
    return max(1, round(min(seconds, _LONGEST) * 1000))


class Script(NamedTuple):
    """What runs in Redis, with nothing else in between.

    Attributes:
        text: Lua.
        sha: What Redis calls it, once it has seen it.
    """

    text: str
    sha: str


def _script(text: str) -> Script:
    # What Redis wants; it is no secret that it keeps.
    sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return Script(text, sha)


_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

# A server that was started anew, or took over from another, may lack what was written last.
# Offsets that it gives once more would be taken for messages that came twice, and nobody
# would know that some are missing. So an epoch ends with the run of the server that it began
# on. To ask for the run costs more than to publish does; it is enough to ask where a place is
# given, as everyone who may have missed something asks for one. Who may not ask for it, has
# epochs that go on.
_BEGIN = """
local function get_run()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end

-- The hash first: if the memory is full it is refused, before anything has changed.
local function begin(run)
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'offset', 0, 'run', run)
  redis.call('DEL', KEYS[2])
end
"""

PUBLISH = _script(
    _BEGIN
    + """
local token, live, body, limit, ttl, life = unpack(ARGV)
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = token
  begin(get_run())
end
local offset = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'offset', 1))
if limit ~= '0' then
"""
    + _NOW
    + """
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', limit, '0-' .. offset, 't', now, 'm', body)
  redis.call('PEXPIRE', KEYS[2], ttl)
end
redis.call('PEXPIRE', KEYS[1], life)
redis.call('PUBLISH', live, epoch .. ':' .. offset .. ':' .. body)
return {epoch, offset}
"""
)
"""Keys: meta, log. Arguments: an epoch to begin, where it is heard, the message, how many are
remembered, and for how many milliseconds they and the epoch are. Gives epoch and offset."""

# Trimming is approximate, which is a third of the work, so older entries may be there still.
HISTORY = _script(
    _BEGIN
    + """
local token, epoch, after, limit, ttl, life = unpack(ARGV)
local run = get_run()
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'offset', 'run')
if not meta[1] or meta[3] ~= run then
  begin(run)
  meta = {token, '0'}
end
redis.call('PEXPIRE', KEYS[1], life)
local last = tonumber(meta[2])
after, limit = tonumber(after), tonumber(limit)
local first = math.max(0, last - limit)
if epoch == meta[1] and after > first and after <= last then
  first = after
end
if first >= last then
  return {meta[1], meta[2], {}}
end
"""
    + _NOW
    + """
local found = {}
local entries = redis.call('XREVRANGE', KEYS[2], '+', string.format('0-%.0f', first + 1))
for index, entry in ipairs(entries) do
  local fields = entry[2]
  if entry[1] ~= string.format('0-%.0f', last - index + 1) or now - fields[2] >= tonumber(ttl) then
    break
  end
  found[index] = fields[4]
end
return {meta[1], meta[2], found}
"""
)
"""Keys: meta, log. Arguments: an epoch to begin, the epoch and offset of a place, how many
are remembered, and for how many milliseconds they and the epoch are. Gives epoch, offset, and
the messages behind the place, or all if it is not remembered: the last of the channel first,
and none behind a hole or one that is too old."""

# Keys are there for an hour after the last lease has ended, for who calls `expire`.
HOLD = _script(
    _NOW
    + """
local key, value, lease = unpack(ARGV)
redis.call('HSET', KEYS[1], key, value)
local is_new = redis.call('ZADD', KEYS[2], now + lease, key)
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')[2]
local gone = string.format('%.0f', last + 3600000)
redis.call('PEXPIREAT', KEYS[1], gone)
redis.call('PEXPIREAT', KEYS[2], gone)
return is_new
"""
)
"""Keys: held, ends. Arguments: a key, a value, milliseconds. Gives 1 if it is new."""

RELEASE = _script(
    """
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('ZREM', KEYS[2], ARGV[1])
"""
)
"""Keys: held, ends. Argument: a key. Gives 1 if it was there."""

# What Lua unpacks has to fit on its stack, which is a few thousands.
_IN_PARTS = """
local found = {}
for start = 1, #keys, 1000 do
  local part = {unpack(keys, start, math.min(start + 999, #keys))}
  local values = redis.call('HMGET', KEYS[1], unpack(part))
  for index, key in ipairs(part) do
    if values[index] then
      found[#found + 1] = key
      found[#found + 1] = values[index]
    end
  end
"""

HOLDERS = _script(
    _NOW
    + """
local keys = redis.call('ZRANGEBYSCORE', KEYS[2], string.format('(%.0f', now), '+inf')
"""
    + _IN_PARTS
    + """
end
return found
"""
)
"""Keys: held, ends. Gives keys, each followed by its value."""

EXPIRE = _script(
    _NOW
    + """
local keys = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
"""
    + _IN_PARTS
    + """
  redis.call('ZREM', KEYS[2], unpack(part))
  redis.call('HDEL', KEYS[1], unpack(part))
end
return found
"""
)
"""Keys: held, ends. Forgets what has ended, and gives it: keys, each followed by its value."""


def packed_name(name: str) -> bytes:
    """Give a name as Redis has it. It may be any string, even what UTF-8 has no form for."""
    return name.encode("utf-8", "surrogatepass")


def unpacked_name(name: bytes) -> str:
    """Give a name as it was."""
    return name.decode("utf-8", "surrogatepass")


# Of a message: a byte for its kind, four for the length of its event type, that, and the rest.
# The length is one more than it is, as 0 is for no event type.
_KINDS = {kind.encode()[0]: kind for kind in Kind}
_HEAD = 5


def pack(kind: Kind, encoded: bytes, event_type: str | None) -> bytes:
    """Give a message as Redis has it."""
    if event_type is None:
        return kind.encode() + bytes(4) + encoded
    name = packed_name(event_type)
    return kind.encode() + (len(name) + 1).to_bytes(4) + name + encoded


def unpack(channel: str, position: Position, body: bytes) -> Message:
    """Give a message as it was.

    Raises:
        ValueError: It is none of ours.
    """
    kind = _KINDS.get(body[0]) if len(body) >= _HEAD else None
    if kind is None:
        raise ValueError(f"This is no message of a channel: {body[:60]!r}.")
    length = int.from_bytes(body[1:_HEAD])
    if length == 0:
        return Message(channel, position, kind, body[_HEAD:])
    start = _HEAD + length - 1
    event_type = unpacked_name(body[_HEAD:start])
    return Message(channel, position, kind, body[start:], event_type)
