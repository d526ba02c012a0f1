"""A table as a bar chart in SVG, readable on light and on dark ground."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ._results import BARE, OURS, OWN, PEERS, Row, Table
from ._text import figure

__all__ = ("chart",)

_WIDTH = 760
_LABELS = 190
_BAR = 14
_STEP = 20
_ROW_GAP = 34
_TOP = 44

# A page's own colours do not reach into a picture: it asks what the reader prefers itself.
_STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.row { font-weight: 600; }
.ours { fill: #0969da; } .other { fill: #8c959f; } .bare { fill: #d0d7de; }
.us { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ours { fill: #4493f8; } .other { fill: #6e7681; } .bare { fill: #3d444d; }
}
"""


def chart(table: Table) -> str:
    """Draw a table: a group of bars for each row, the longest being the best figure of "more"."""
    parts: list[str] = []
    top = _TOP
    for row in table.rows:
        drawn = _bars(row, table.peers, top)
        parts += drawn
        top += _STEP * sum("<rect" in each for each in drawn) + _ROW_GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" '
        f'width="{_WIDTH}" height="{top}" role="img" aria-label="{escape(table.title)}">'
    )
    title = f'<text class="title" x="0" y="18">{escape(table.title)}</text>'
    return "\n".join([head, f"<style>{_STYLE}</style>", title, *parts, "</svg>"]) + "\n"


def _bars(row: Row, peers: list[str], top: int) -> list[str]:
    found = [(peer, row.best(peer)) for peer in peers]
    known = [(peer, best) for peer, best in found if best is not None]
    longest = max((best for _, best in known), default=1.0)
    hint = "shorter is better" if row.better == "less" else "longer is better"
    label = escape(f"{row.label} ({row.unit}; {hint})")
    parts = [f'<text class="row" x="0" y="{top}">{label}</text>']
    for number, (peer, best) in enumerate(known):
        y = top + 8 + number * _STEP
        width = max(1.0, best / longest * (_WIDTH - _LABELS - 80))
        kind = {OURS: "ours", OWN: "ours", BARE: "bare"}.get(peer, "other")
        us = ' class="us"' if kind == "ours" else ""
        parts += [
            f'<text{us} x="12" y="{y + 11}">{escape(PEERS[peer])}</text>',
            f'<rect class="{kind}" x="{_LABELS}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2"/>',
            f'<text{us} x="{_LABELS + width + 6:.1f}" y="{y + 11}">{figure(best)}</text>',
        ]
    return parts
