"""Compares falconws with its peers: ``python -m benchmarks``.

Prints tables, and writes them as JSON and as charts. What does not compare frameworks stands
beside this: ``python -m benchmarks.routing``, ``.multipart``, ``.compression``, ``.websocket``
and ``.channels``.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import _inprocess, _page, _uvicorn
from ._chart import chart
from ._machine import describe
from ._progress import Progress
from ._results import PEERS, Results, Table
from ._targets import judge
from ._text import environment, table_text, verdicts_text

_TABLES = (*_inprocess.TABLES, "start", *_uvicorn.TABLES)
_IN_PROCESS = tuple(peer for peer in PEERS if "+" not in peer)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for."""
    options = _parse(arguments)
    before = Results.load(options.use) if options.use else None
    if options.tables or before is None:
        results = _measure(options)
        if before is not None:
            results.complete(before)
        _save(results, options.output)
    else:
        results = before
        if options.note:
            results.environment["note"] = options.note
        _print(results)
    if options.write_docs:
        _page.write(results)
    return 0


def _save(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results.save(folder / "results.json")
    for table in results.tables:
        if table.rows:
            (folder / f"{table.key}.svg").write_text(chart(table), "utf-8")
    print(verdicts_text(judge(results)))
    print(f"Written: {folder}/results.json, and a chart for each table.")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compare falconws with its peers."
    )
    parser.add_argument(
        "--tables",
        type=_list_of(_TABLES),
        metavar="A,B",
        help=f"which tables: {', '.join(_TABLES)} (all; with --use none)",
    )
    parser.add_argument(
        "--peers",
        type=_list_of(_IN_PROCESS),
        default=list(_IN_PROCESS),
        metavar="A,B",
        help=f"which peers: {', '.join(_IN_PROCESS)} (all)",
    )
    parser.add_argument(
        "--rounds", type=_positive, default=100, help="rounds in process (100)"
    )
    parser.add_argument(
        "--server-rounds", type=_positive, default=7, help="rounds on uvicorn (7)"
    )
    parser.add_argument(
        "--seconds", type=float, default=1.5, help="seconds of load in a round (1.5)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="a look: 3 rounds, 1 on uvicorn, of 0.5 s"
    )
    parser.add_argument(
        "--loop",
        choices=("uvloop", "asyncio"),
        default=_default_loop(),
        help="the event loop (uvloop where it is installed)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("benchmarks-results"),
        metavar="DIR",
        help="where results.json and the charts go (benchmarks-results)",
    )
    parser.add_argument(
        "--use",
        type=Path,
        metavar="FILE",
        help="what is not among --tables has been measured, and stands in such a results.json",
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="put the tables into docs/explanation/performance.md, and the charts beside it",
    )
    parser.add_argument(
        "--note", help="what a reader of the results has to know, such as what else ran"
    )
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.server_rounds, options.seconds = 3, 1, 0.5
    return options


def _default_loop() -> str:
    return "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"


def _list_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Give what reads names between commas, and keeps the order of those that there are."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"{name!r} is none of {', '.join(known)}"
                )
        return [name for name in known if name in names]

    return read


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _measure(options: argparse.Namespace) -> Results:
    kept = {
        name: getattr(options, name)
        for name in ("peers", "rounds", "server_rounds", "seconds", "loop")
    }
    results = Results({**describe(), "note": options.note}, kept)
    print("\n".join(environment(results)) + "\n", flush=True)
    progress = Progress()
    for key in options.tables or _TABLES:
        table = _measure_table(key, options, progress)
        results.tables.append(table)
        progress.clear()
        print(table_text(table), flush=True)
    return results


def _measure_table(key: str, options: argparse.Namespace, progress: Progress) -> Table:
    if key in _inprocess.TABLES:
        return _inprocess.measure(
            key, options.peers, options.rounds, options.loop, progress
        )
    if key == "start":
        rounds = max(1, options.rounds // 10)
        return _inprocess.measure_start(options.peers, rounds, progress)
    load = _uvicorn.Load(options.server_rounds, options.seconds, options.loop)
    return _uvicorn.measure(key, options.peers, load, progress)


def _print(results: Results) -> None:
    print("\n".join(environment(results)) + "\n")
    for table in results.tables:
        print(table_text(table))
    print(verdicts_text(judge(results)))


if __name__ == "__main__":
    sys.exit(main())
