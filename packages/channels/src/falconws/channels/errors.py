"""Errors of channels.

ChannelsError
├── BrokerUnavailable       the broker cannot be reached
└── BrokerRefused           it was reached, and does not do what it was asked for
"""

from __future__ import annotations

__all__ = ("BrokerRefused", "BrokerUnavailable", "ChannelsError")


class ChannelsError(Exception):
    """What a channel was asked for was not done."""


class BrokerUnavailable(ChannelsError):
    """The broker cannot be reached, or did not answer in time.

    A message that was being published may have been published.
    """


class BrokerRefused(ChannelsError):
    """The broker does not do what it was asked for: its memory is full, for example."""
