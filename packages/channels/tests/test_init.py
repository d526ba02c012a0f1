"""What `falconws.channels` exports."""

from __future__ import annotations

import falconws.channels


def test_the_package_exports_its_public_names_and_no_others() -> None:
    assert set(falconws.channels.__all__) == {
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
    }
    assert all(hasattr(falconws.channels, name) for name in falconws.channels.__all__)


def test_all_that_a_broker_raises_can_be_caught_as_one() -> None:
    errors = falconws.channels
    assert issubclass(errors.BrokerUnavailable, errors.ChannelsError)
    assert issubclass(errors.BrokerRefused, errors.ChannelsError)
    assert not issubclass(errors.BrokerRefused, errors.BrokerUnavailable)
