"""Threads, as a message shows them."""

from __future__ import annotations

import sys
import threading
import traceback

__all__ = ("stack_of_thread",)


def stack_of_thread(thread: threading.Thread) -> str:
    """Show where a thread is, the innermost call last; nothing if it has ended."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "" if frame is None else "".join(traceback.format_stack(frame)).rstrip()
