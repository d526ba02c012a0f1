"""The states of a WebSocket, as docs/explanation/connections.md shows them.

``python -m tests.docs.states`` writes them into that page.
"""

from __future__ import annotations

from pathlib import Path

from falconws.ws._state import TRANSITIONS

__all__ = ("PAGE", "written")

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "connections.md"

_BEGIN = "<!-- the states, written by tests/docs/states.py -->\n"
_END = "<!-- the end of the states -->\n"


def written(page: str) -> str:
    """Give the page with the states as they are."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    return before + begin + _diagram() + end + after


def _diagram() -> str:
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> CONNECTING"]
    for state, transitions in TRANSITIONS.items():
        events: dict[str, list[str]] = {}
        for event, following in transitions.items():
            name = event.removeprefix("websocket.")
            events.setdefault(following.name, []).append(name)
        for following_name, names in events.items():
            lines.append(f"    {state.name} --> {following_name}: {', '.join(names)}")
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
