"""Publish and subscribe for falconws: history, resume, presence, on one process or many."""

from .broker import Broker, History, Sink, Status
from .channels import Action, Authorize, Channels, Metrics, Receipt
from .errors import BrokerRefused, BrokerUnavailable, ChannelsError
from .memory import MemoryBroker
from .message import Gap, Kind, Message, Notice, Recovered
from .outbox import Item, Outbox, latest
from .position import Position
from .presence import Joined, Left, Member
from .subscription import Subscription

__all__ = (
    "Action",
    "Authorize",
    "Broker",
    "BrokerRefused",
    "BrokerUnavailable",
    "Channels",
    "ChannelsError",
    "Gap",
    "History",
    "Item",
    "Joined",
    "Kind",
    "Left",
    "Member",
    "MemoryBroker",
    "Message",
    "Metrics",
    "Notice",
    "Outbox",
    "Position",
    "Receipt",
    "Recovered",
    "Sink",
    "Status",
    "Subscription",
    "latest",
)
