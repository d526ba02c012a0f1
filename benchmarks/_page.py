"""The page of the documents, whose tables are written from results."""

from __future__ import annotations

from pathlib import Path

from ._chart import chart
from ._results import Results
from ._text import markdown

__all__ = ("CHARTS", "PAGE", "RESULTS", "write", "written")

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs" / "explanation" / "performance.md"
CHARTS = _ROOT / "docs" / "images" / "performance"
RESULTS = _ROOT / "benchmarks" / "results.json"

_BEGIN = "<!-- measured: written by python -m benchmarks --write-docs -->"
_END = "<!-- end of what was measured -->"


def written(page: str, results: Results) -> str:
    """Give the page with the tables of results.

    Raises:
        ValueError: The page has no place for them.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"The page has no lines {_BEGIN!r} and {_END!r}.")
    tables = markdown(results, "../images/performance")
    return f"{before}{_BEGIN}\n\n{tables}\n{_END}{after}"


def write(results: Results) -> None:
    """Write the results, the page and its charts into the repository."""
    results.save(RESULTS)
    results = Results.load(
        RESULTS
    )  # The file's figures are rounded, and the page is of them.
    PAGE.write_text(written(PAGE.read_text("utf-8"), results), "utf-8")
    CHARTS.mkdir(parents=True, exist_ok=True)
    for table in results.tables:
        if table.rows:
            (CHARTS / f"{table.key}.svg").write_text(chart(table), "utf-8")
