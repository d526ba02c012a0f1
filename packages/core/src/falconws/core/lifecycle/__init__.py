"""The life of what stays open: which connections there are, and how they end.

One owner for what every long-lived connection needs. Streams register here, and the
extensions' connections do as well.
"""

from .background import (
    BackgroundTasks,
    Callback,
    check_coroutine_function,
    is_coroutine_function,
)
from .connections import Connection, Connections
from .signals import DrainSignals

__all__ = (
    "BackgroundTasks",
    "Callback",
    "Connection",
    "Connections",
    "DrainSignals",
    "check_coroutine_function",
    "is_coroutine_function",
)
