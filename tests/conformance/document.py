"""The differences from Falcon, as `docs/howto/moving-from-falcon.md` lists them.

``python -m tests.conformance.document`` writes them into that page.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .manifest import Requirement
from .requirements import REQUIREMENTS

__all__ = ("PAGE", "written")

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "moving-from-falcon.md"

_TITLES = {
    "cors": "CORS",
    "uri": "URI",
    "util": "Utilities",
    "websocket": "WebSocket",
}

_BEGIN = "<!-- the differences, written by tests/conformance/document.py -->\n"


def written(page: str) -> str:
    """Give the page with the differences as they are."""
    words, begin, _ = page.partition(_BEGIN)
    return words + begin + "".join(_sections(REQUIREMENTS))


def _sections(requirements: Iterable[Requirement]) -> Iterable[str]:
    areas: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        source, area, _ = requirement.id.split(":", 2)
        if source == "falcon" and requirement.divergence:
            areas.setdefault(area, []).append(requirement)
    for area, differences in areas.items():
        title = _TITLES.get(area) or area.replace("-", " ").capitalize()
        yield f"\n### {title}\n\n"
        yield "| in Falcon 4.4 | here |\n|---|---|\n"
        for difference in differences:
            yield f"| {_cell(difference.behaviour)} | {_cell(difference.divergence)} |\n"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
