"""What was measured: tables of rows of cells, and how cells compare."""

from __future__ import annotations

import json
import re
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ("BARE", "FALCON", "OURS", "OWN", "PEERS", "Cell", "Results", "Row", "Table")

BARE = "bare"
FALCON = "falcon"
OURS = "falconws"
OWN = "falconws+ws"

# The order of tables, and the names in them. `+ws` is a peer on uvicorn with our protocol.
PEERS = {
    BARE: "bare ASGI",
    OURS: "falconws",
    FALCON: "Falcon",
    "starlette": "Starlette",
    "fastapi": "FastAPI",
    "litestar": "Litestar",
    "blacksheep": "BlackSheep",
    "bare+ws": "bare ASGI, our protocol",
    OWN: "falconws, our protocol",
}

_FIGURES = re.compile(r"\[[-+.,e0-9\s]+\]")


@dataclass
class Cell:
    """What rounds gave for a peer.

    Attributes:
        rounds: In the unit of the row.
        error: Why there is nothing, or None.
        load: What part of its core the load generator used in each round, where that is
            known. Near 1 it was the load that was measured, and not the server.
    """

    rounds: list[float] = field(default_factory=list)
    error: str | None = None
    load: list[float] = field(default_factory=list)

    @property
    def bound_by_load(self) -> bool:
        """Whether the load generator, and not the server, had nothing left to give."""
        return bool(self.load) and min(self.load) > 0.9


@dataclass
class Row:
    """A thing that was measured.

    Attributes:
        key: What targets call it.
        label: What tables call it.
        unit: Of the figures.
        better: Whether ``less`` or ``more`` is better.
        cells: By peer.
    """

    key: str
    label: str
    unit: str
    better: Literal["less", "more"]
    cells: dict[str, Cell] = field(default_factory=dict)

    def cell(self, peer: str) -> Cell:
        """Give the cell of a peer; a new one if there is none."""
        return self.cells.setdefault(peer, Cell())

    def best(self, peer: str) -> float | None:
        """Give the best round of a peer; None if there is none."""
        rounds = self._rounds(peer)
        if not rounds:
            return None
        return min(rounds) if self.better == "less" else max(rounds)

    def median(self, peer: str) -> float | None:
        """Give the median of a peer's rounds; None if there is none."""
        rounds = self._rounds(peer)
        return statistics.median(rounds) if rounds else None

    def _rounds(self, peer: str) -> list[float]:
        return self.cells[peer].rounds if peer in self.cells else []

    def ratio(self, peer: str, base: str) -> float | None:
        """Say how many times as good as the base a peer is, best to best; None if unknown."""
        mine, theirs = self.best(peer), self.best(base)
        if not mine or not theirs:
            return None
        return theirs / mine if self.better == "less" else mine / theirs


@dataclass
class Table:
    """Rows that belong together.

    Attributes:
        key: What the command line calls it.
        title: What readers call it.
        note: What a reader has to know.
        rows: In order.
        skipped: Why there is nothing, or None.
    """

    key: str
    title: str
    note: str
    rows: list[Row] = field(default_factory=list)
    skipped: str | None = None

    @property
    def peers(self) -> list[str]:
        """Those that there is a cell of, in order."""
        return [peer for peer in PEERS if any(peer in row.cells for row in self.rows)]


@dataclass
class Results:
    """All that a run measured.

    Attributes:
        environment: Of what machine, with what versions.
        options: How.
        tables: What.
    """

    environment: dict[str, Any]
    options: dict[str, Any]
    tables: list[Table] = field(default_factory=list)

    def row(self, table: str, row: str) -> Row | None:
        """Give a row by its keys; None if it was not measured."""
        rows = (
            each for found in self.tables if found.key == table for each in found.rows
        )
        return next((each for each in rows if each.key == row), None)

    def complete(self, before: Results) -> None:
        """Take the tables that are missing here from an earlier run on the same machine."""
        mine = {table.key: table for table in self.tables}
        theirs = [table.key for table in before.tables]
        others = {table.key: table for table in before.tables}
        order = [*theirs, *(key for key in mine if key not in theirs)]
        self.tables = [mine.get(key) or others[key] for key in order]

    def save(self, path: Path) -> None:
        """Write everything as JSON."""
        text = json.dumps(_rounded(asdict(self)), indent=1, ensure_ascii=False)
        # A row of figures is a line.
        text = _FIGURES.sub(lambda found: " ".join(found[0].split()), text)
        path.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read what `save` wrote."""
        document = json.loads(path.read_text(encoding="utf-8"))
        tables = [_table(each) for each in document["tables"]]
        return cls(document["environment"], document["options"], tables)


def _rounded(value: Any) -> Any:
    """Leave out what no figure here is exact to."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value


def _table(document: dict[str, Any]) -> Table:
    rows = [
        Row(
            **{
                **row,
                "cells": {name: Cell(**cell) for name, cell in row["cells"].items()},
            }
        )
        for row in document["rows"]
    ]
    return Table(**{**document, "rows": rows})
