"""Puts a WebSocket protocol of uvicorn to the Autobahn TestSuite, as ``nox -s autobahn`` does.

The suite's fuzzing client plays its cases against a real uvicorn whose application echoes. The
exit status is 1 if a case has failed or was not played, or if the server has logged an error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.conftest import Server

from .applications import LARGEST

ROOT = Path(__file__).parents[2]
OURS = "falconws.ws.server:WebSocketProtocol"

# The suite has no 8 and no 11.
GROUPS = {
    "1": "framing",
    "2": "pings and pongs",
    "3": "reserved bits",
    "4": "reserved opcodes",
    "5": "fragments",
    "6": "UTF-8",
    "7": "closing",
    "9": "large messages",
    "10": "automatic fragments",
    "12": "compression",
    "13": "compression, parameters",
}

VERSIONS = ("uvicorn", "websockets", "uvloop")

# What the suite calls what is not wrong; it has several words for what is.
VERDICTS = ["OK", "NON-STRICT", "INFORMATIONAL"]

# What the client says besides; anything else is of interest.
_USUAL = ("Autobahn", "Cases =", "Loading", "Servers =", "Using", "\n")

Results = dict[str, dict[str, Any]]


def main() -> int:
    options = parse_arguments()
    command = f"-m uvicorn tests.autobahn.applications:{options.app} --port 0"
    command += f" --ws {options.ws} --ws-max-size {LARGEST}"
    command += " --ws-per-message-deflate true"
    server = Server([sys.executable, *command.split()], ROOT)
    try:
        print(f"{options.app} on uvicorn --ws {options.ws}, port {server.port}")
        print(", ".join(f"{name} {version(name)}" for name in VERSIONS), flush=True)
        count = play(server.ws_url, options)
    finally:
        server.stop()
    (options.reports / "server.log").write_text(server.output)
    results = read_results(options.reports)
    faults = list(find_faults(results, count, server.output))
    print_table(results)
    print(*list_others(results), *faults, sep="\n")
    print(f"Details: {options.reports / 'index.html'}")
    return 1 if faults else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nox -s autobahn --", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="group",
        help=f"which cases: {', '.join(GROUPS)}, or a part of one such as 6.4 (all)",
    )
    parser.add_argument(
        "--ws", default=OURS, help="what uvicorn's --ws takes (%(default)s)"
    )
    parser.add_argument(
        "--app",
        choices=["bare", "framework"],
        default="bare",
        help="whether a bare ASGI callable or an App echoes (%(default)s)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=40,
        help="after how many the client is ended (%(default)s)",
    )
    parser.add_argument(
        "--wstest", type=Path, default="wstest", help="the suite's program"
    )
    parser.add_argument(
        "--reports",
        type=Path,
        default=ROOT / ".nox" / "autobahn-reports",
        help="the folder for its reports",
    )
    return parser.parse_args()


def play(url: str, options: argparse.Namespace) -> int:
    """Run the fuzzing client, and tell how far it is; give how many cases it meant to play."""
    reports: Path = options.reports
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "index.json").unlink(missing_ok=True)
    spec = {
        "outdir": str(reports),
        "servers": [{"agent": f"{options.app} {options.ws}", "url": url}],
        "cases": [f"{group}.*" for group in options.groups or GROUPS],
    }
    path = reports / "spec.json"
    path.write_text(json.dumps(spec))
    client = subprocess.Popen(
        [options.wstest, "--mode", "fuzzingclient", "--spec", path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    deadline = threading.Timer(options.minutes * 60, client.kill)
    deadline.start()
    try:
        assert client.stdout is not None
        return watch(client.stdout)
    finally:
        deadline.cancel()
        client.kill()
        client.wait()


def watch(lines: Iterator[str]) -> int:
    """Print which part of the suite the client is at; give how many cases it means to play."""
    count = played = 0
    latest = ""
    for line in lines:
        if found := re.match(r"Ok, will run (\d+) test cases", line):
            count = int(found[1])
            if (
                not count
            ):  # The client would wait for the end of cases that do not begin.
                break
        elif found := re.match(r"Running test case ID ((\d+)[\d.]*)\.\d", line):
            if found[1] != latest:
                latest = found[1]
                print(
                    f"{played:>4}/{count}  {latest:<5} {GROUPS[found[2]]}", flush=True
                )
            played += 1
        elif not line.startswith(_USUAL):
            print(line, end="", flush=True)
    return count


def read_results(reports: Path) -> Results:
    """Read what the client has written, of one server."""
    path = reports / "index.json"
    if not path.exists():
        return {}
    (results,) = json.loads(path.read_text()).values()
    order = sorted(results, key=lambda case: [int(part) for part in case.split(".")])
    return {case: results[case] for case in order}


def find_faults(results: Results, count: int, output: str) -> Iterator[str]:
    if not count or len(results) < count:
        yield f"The client has finished {len(results)} cases of {count}."
    for case, result in results.items():
        for what in ("behavior", "behaviorClose"):
            if result[what] not in VERDICTS:
                yield f"{case}: {what} {result[what]}"
    if re.search("Traceback|ERROR", output):
        yield "The server has logged errors: see server.log beside the details."


def list_others(results: Results) -> Iterator[str]:
    """List the cases that are neither OK nor at fault."""
    for verdict in VERDICTS[1:]:
        for what in ("behavior", "behaviorClose"):
            cases = [case for case in results if results[case][what] == verdict]
            if cases:
                yield f"{what} {verdict}: {', '.join(cases)}"


def print_table(results: Results) -> None:
    """Print how many cases of each group behaved how."""
    print(f"\n| group | cases | {' | '.join(VERDICTS)} | FAILED | closed as demanded |")
    print("|---" * (len(VERDICTS) + 4) + "|")
    for group, name in GROUPS.items():
        of_group = {
            case: result
            for case, result in results.items()
            if case.partition(".")[0] == group
        }
        if of_group:
            print_row(f"{group} {name}", of_group)
    print_row("all", results)
    print()


def print_row(name: str, results: Results) -> None:
    counted = Counter(result["behavior"] for result in results.values())
    closed = Counter(result["behaviorClose"] for result in results.values())
    right = sum(closed[verdict] for verdict in VERDICTS)
    figures = [counted[verdict] for verdict in VERDICTS]
    figures = [len(results), *figures, len(results) - sum(figures), right]
    print(f"| {name} | {' | '.join(map(str, figures))} |")


if __name__ == "__main__":
    sys.exit(main())
