"""What benchmarks make of figures. How long anything takes is nobody's business here."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import _page
from benchmarks._chart import chart
from benchmarks._results import BARE, FALCON, OURS, OWN, Cell, Results, Row, Table
from benchmarks._targets import TARGETS, Target, judge
from benchmarks._text import environment, markdown, table_text, verdicts_text


def _row(better: str = "less", **rounds: list[float]) -> Row:
    cells = {peer: Cell(values) for peer, values in rounds.items()}
    return Row("get", "GET <&>", "µs", better, cells)  # type: ignore[arg-type]


def _results(*tables: Table) -> Results:
    about = {
        "date": "today",
        "cpu": "a CPU",
        "cores": 2,
        "load": [0.5, 0.25, 0.0],
        "system": "Linux",
        "python": "CPython 3.11",
        "wrk": "not installed",
        "packages": {"falcon": "4.4.0"},
        "note": "Something else ran.",
    }
    return Results(
        about, {"loop": "uvloop", "rounds": 3, "server_rounds": 1}, list(tables)
    )


def _http() -> Table:
    row = _row(bare=[1.0, 1.5, 2.0], falconws=[2.0, 3.0, 4.0], falcon=[6.0, 5.0, 8.0])
    row.cells["starlette"] = Cell([], "it broke")
    return Table("http", "HTTP & more", "A note.", [row])


def test_the_best_round_is_the_shortest_time_or_the_highest_rate() -> None:
    assert _row("less", falconws=[3.0, 1.0, 2.0]).best(OURS) == 1.0
    assert _row("more", falconws=[3.0, 1.0, 2.0]).best(OURS) == 3.0
    assert _row("less", falconws=[3.0, 1.0, 2.0]).median(OURS) == 2.0


def test_a_ratio_above_one_is_better_whichever_way_is_better() -> None:
    assert _row("less", falconws=[2.0], falcon=[5.0]).ratio(OURS, FALCON) == 2.5
    assert _row("more", falconws=[5.0], falcon=[2.0]).ratio(OURS, FALCON) == 2.5


def test_there_is_no_ratio_without_both_figures() -> None:
    assert _row("less", falconws=[2.0]).ratio(OURS, FALCON) is None
    assert _row("less", falconws=[2.0], falcon=[]).ratio(OURS, FALCON) is None
    assert _row("less").median(OURS) is None


def test_a_rate_is_bound_by_the_load_when_every_round_was() -> None:
    assert Cell([1.0], load=[0.95, 0.99]).bound_by_load
    assert not Cell([1.0], load=[0.95, 0.5]).bound_by_load
    assert not Cell([1.0]).bound_by_load


def test_results_are_read_as_they_were_saved(tmp_path: Path) -> None:
    results = _results(_http(), Table("start", "Start", "", skipped="no reason"))
    results.save(tmp_path / "results.json")
    assert Results.load(tmp_path / "results.json") == results


def test_a_target_is_met_or_not_or_not_measured() -> None:
    results = _results(_http())
    reached = Target("2.5x", "http", "get", FALCON, 2.5)
    missed = Target("2.6x", "http", "get", FALCON, 2.6)
    unknown = Target("unknown", "sse", "get", FALCON, 1.0)
    empty = Target("empty", "http", "get", FALCON, 1.0, peer=OWN)
    verdicts = judge(results, [reached, missed, unknown, empty])
    assert [each.met for each in verdicts] == [True, False, None, None]
    assert [each.figure for each in verdicts] == [2.5, 2.5, None, None]


def test_ahead_of_every_peer_leaves_out_the_bare_callable_and_what_failed() -> None:
    row = _row(bare=[1.0], falconws=[2.0], falcon=[5.0], blacksheep=[1.8])
    row.cells["starlette"] = Cell([], "it broke")
    results = _results(Table("http", "HTTP", "", [row]))
    (verdict,) = judge(results, [Target("ahead", "http", "get", None, 1.0)])
    assert verdict.figure == pytest.approx(0.9)
    assert verdict.met is False


def test_a_target_without_a_base_is_a_limit() -> None:
    results = _results(_http())
    below = Target("below", "http", "get", "", 2.1)
    at = Target("at", "http", "get", "", 2.0)
    missing = Target("missing", "http", "get", "", 2.0, peer=OWN)
    verdicts = judge(results, [below, at, missing])
    assert [each.met for each in verdicts] == [True, False, None]
    assert "2.00 KiB           below" in verdicts_text(verdicts)


def test_beside_a_rate_stands_the_ratio_by_processor_time_which_decides_nothing() -> (
    None
):
    rate = _row("more", falconws=[3.0], falcon=[2.0])
    cpu = _row("less", falconws=[1.0], falcon=[2.0])
    cpu.key = "get-cpu"
    results = _results(Table("server", "Server", "", [rate, cpu]))
    (verdict,) = judge(results, [Target("2x", "server", "get", FALCON, 2.0)])
    assert (verdict.figure, verdict.by_cpu, verdict.met) == (1.5, 2.0, False)
    assert "1.50x    2.00x  2x" in verdicts_text([verdict])


def test_a_table_says_best_median_and_ratios_and_what_failed() -> None:
    text = table_text(_http())
    (line,) = [line for line in text.splitlines() if line.startswith("  falconws")]
    assert line.split() == ["falconws", "2.00", "3.00", "2.50x", "0.50x"]
    assert "it broke" in text
    skipped = table_text(Table("start", "Start", "", skipped="no wrk"))
    assert "skipped: no wrk" in skipped


def test_the_machine_and_the_versions_stand_in_the_output() -> None:
    text = "\n".join(environment(_results()))
    for part in (
        "a CPU, 2 cores",
        "CPython 3.11",
        "uvloop",
        "falcon 4.4.0",
        "else ran",
    ):
        assert part in text


def test_the_page_has_a_column_for_each_peer_and_a_chart_for_each_table() -> None:
    skipped = Table("start", "Start", "", skipped="no wrk")
    text = markdown(_results(_http(), skipped), "charts")
    assert "| | bare ASGI | falconws | Falcon | Starlette |" in text
    assert "| **2.00 (3.00)** 2.50x | 5.00 (6.00) | failed |" in text
    assert "(charts/http.svg)" in text
    assert "Skipped: no wrk" in text


def test_a_chart_is_valid_xml_with_a_bar_for_each_figure_on_either_ground() -> None:
    drawing = chart(_http())
    root = ElementTree.fromstring(drawing)
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["bare", "ours", "other"]
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert widths[2] == max(widths)
    assert widths[0] * 5 == pytest.approx(widths[2], abs=1)
    assert "prefers-color-scheme: dark" in drawing


def test_tables_are_put_between_the_marks_and_nothing_else_changes() -> None:
    page = "before\n" + _page._BEGIN + "\nold\n" + _page._END + "\nafter\n"
    once = _page.written(page, _results(_http()))
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "old" not in once
    assert _page.written(once, _results(_http())) == once
    with pytest.raises(ValueError, match="no lines"):
        _page.written("nothing", _results())


def test_the_page_of_the_documents_is_what_its_results_give() -> None:
    results = Results.load(_page.RESULTS)
    page = _page.PAGE.read_text("utf-8")
    assert _page.written(page, results) == page
    for table in results.tables:
        if table.rows:
            drawn = (_page.CHARTS / f"{table.key}.svg").read_text("utf-8")
            assert drawn == chart(table)


def test_every_target_is_of_a_row_that_the_results_have() -> None:
    results = Results.load(_page.RESULTS)
    missing = [t.label for t in TARGETS if results.row(t.table, t.row) is None]
    assert not missing


def test_the_bare_callable_is_the_limit_and_no_rival() -> None:
    rivals = {target.base for target in TARGETS if target.peer == OURS}
    assert rivals <= {FALCON, BARE, None}
