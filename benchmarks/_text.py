"""Results as text: for a terminal, and for the page of the documents."""

from __future__ import annotations

from collections.abc import Iterable

from ._results import BARE, FALCON, OURS, PEERS, Results, Row, Table
from ._targets import Verdict, judge

__all__ = ("environment", "markdown", "table_text", "verdicts_text")


def environment(results: Results) -> list[str]:
    """Give lines that say on what and with what was measured."""
    about = results.environment
    options = results.options
    loads = ", ".join(map(str, about["load"]))
    packages = ", ".join(f"{n} {v}" for n, v in about["packages"].items())
    lines = [
        f"{about['cpu']}, {about['cores']} cores (load before: {loads}), {about['system']}",
        f"{about['python']}, event loop: {options['loop']}, wrk: {about['wrk']}",
        packages,
        f"{about['date']}, {options['rounds']} rounds, {options['server_rounds']} on uvicorn, peers in turn; the best of each is compared",
    ]
    return [*lines, about["note"]] if about.get("note") else lines


def table_text(table: Table) -> str:
    """Give a table for a terminal."""
    lines = [table.title, "=" * len(table.title)]
    if table.skipped:
        lines.append(f"skipped: {table.skipped}")
    for row in table.rows:
        heads = f"{'best':>12}{'median':>12}{'to Falcon':>12}{'to bare':>10}"
        lines += ["", f"{f'{row.label} ({row.unit})':38}{heads}"]
        lines += [_line(row, peer) for peer in table.peers if peer in row.cells]
    return "\n".join(lines) + "\n"


def _line(row: Row, peer: str) -> str:
    best, median = row.best(peer), row.median(peer)
    error = row.cells[peer].error
    if best is None or median is None:
        return f"  {PEERS[peer]:36}{error or 'not measured'}"
    figures = f"{figure(best):>12}{figure(median):>12}"
    ratios = f"{_ratio(row, peer, FALCON):>12}{_ratio(row, peer, BARE):>10}"
    load = "  (bound by the load)" if row.cells[peer].bound_by_load else ""
    return f"  {PEERS[peer]:36}{figures}{ratios}{load}{f'  {error}' if error else ''}"


def figure(value: float) -> str:
    """Give a figure with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(row: Row, peer: str, base: str) -> str:
    ratio = row.ratio(peer, base)
    return "" if ratio is None else f"{ratio:.2f}x"


def verdicts_text(verdicts: Iterable[Verdict]) -> str:
    """Give the targets, and whether they are met, for a terminal."""
    lines = [f"{'':12}{'measured':>10}{'by CPU':>9}"]
    lines += [
        f"{_word(each):12}{_shown(each):>10}{_by_cpu(each):>9}  {each.target.label}"
        for each in verdicts
    ]
    return "\n".join(["Targets", "=======", *lines]) + "\n"


def _by_cpu(verdict: Verdict) -> str:
    return "" if verdict.by_cpu is None else f"{verdict.by_cpu:.2f}x"


def _word(verdict: Verdict) -> str:
    return {True: "met", False: "not met", None: "not measured"}[verdict.met]


def _shown(verdict: Verdict) -> str:
    if verdict.figure is None:
        return ""
    unit = " KiB" if verdict.target.base == "" else "x"
    return f"{verdict.figure:.2f}{unit}"


def markdown(results: Results, charts: str) -> str:
    """Give what belongs between the marks of the page.

    Args:
        results: What was measured.
        charts: The folder of the charts, relative to the page.
    """
    lines = [f"- {line}" for line in environment(results)]
    lines += ["", "| target | measured | by processor time | |", "|---|---|---|---|"]
    lines += [
        f"| {each.target.label} | {_shown(each)} | {_by_cpu(each)} | {_word(each)} |"
        for each in judge(results)
    ]
    for table in results.tables:
        lines += ["", f"### {table.title}", "", table.note, ""]
        if table.skipped:
            lines.append(f"Skipped: {table.skipped}")
            continue
        lines += [
            f"![{table.title}: a chart of the table below]({charts}/{table.key}.svg)",
            "",
        ]
        lines += _markdown_rows(table)
    return "\n".join(lines) + "\n"


def _markdown_rows(table: Table) -> list[str]:
    peers = table.peers
    lines = [
        "| | " + " | ".join(PEERS[peer] for peer in peers) + " |",
        "|---|" + "---|" * len(peers),
    ]
    for row in table.rows:
        cells = [_markdown_cell(row, peer) for peer in peers]
        lines.append(f"| {row.label}, {row.unit} | " + " | ".join(cells) + " |")
    return lines


def _markdown_cell(row: Row, peer: str) -> str:
    best, median = row.best(peer), row.median(peer)
    if best is None or median is None:
        return "failed" if peer in row.cells else ""
    shown = f"{figure(best)} ({figure(median)})"
    ratio = "" if peer == FALCON else _ratio(row, peer, FALCON)
    strong = f"**{shown}**" if peer == OURS else shown
    load = "†" if row.cells[peer].bound_by_load else ""
    return f"{strong}{load} {ratio}".strip()
