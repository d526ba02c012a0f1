"""The code blocks of the documents, run as they stand there."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from . import states

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "packages/*/*.md", "docs/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
)


def _blocks(document: Path, language: str) -> list[Any]:
    text = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


PYTHON_BLOCKS = [
    pytest.param(block, id=f"{document.relative_to(ROOT)}:{number}")
    for document in DOCUMENTS
    for number, block in enumerate(_blocks(document, "python"), start=1)
]


@pytest.mark.parametrize("block", PYTHON_BLOCKS)
def test_every_python_block_runs_as_a_program(block: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(block, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-W", "error", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    ("name", "block"),
    [
        pytest.param(name, block, id=f"{document.relative_to(ROOT)}:{name}")
        for document in DOCUMENTS
        for name, block in _blocks(document, r"python (test_\w+\.py)")
    ],
)
def test_every_block_of_tests_passes(name: str, block: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(block, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    assert f"{block.count('def test_')} passed" in finished.stdout


async def test_the_application_of_the_readme_serves_all_three(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    block = _blocks(ROOT / "README.md", "python")[0]
    (tmp_path / "main.py").write_text(block, encoding="utf-8")
    server = serve("main:app", tmp_path)
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/")).json() == {"hello": "world"}
        assert (await client.get("/?name=Ada")).json() == {"hello": "Ada"}
        async with connect(f"{server.ws_url}/") as ws:
            await ws.send("hello")
            assert await ws.recv() == "You said: hello"
        async with client.stream("GET", "/ticks") as response:
            lines = response.aiter_lines()
            assert [await anext(lines) for _ in range(4)] == [
                "data: tick 0",
                "",
                "data: tick 1",
                "",
            ]


def test_the_application_of_the_readme_is_about_twenty_lines() -> None:
    block = _blocks(ROOT / "README.md", "python")[0]
    body = block.partition("class ")[2]
    assert len([line for line in body.splitlines() if line.strip()]) <= 20


def test_the_readme_has_two_commands_and_continuous_integration_runs_the_second() -> (
    None
):
    commands = [block.strip() for block in _blocks(ROOT / "README.md", "sh")]
    assert commands == [
        "pip install uv && uv run examples/chat/app.py",
        "pip install uv && uv run nox",
    ]
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_link_of_the_documents_to_a_file_leads_to_one() -> None:
    broken = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in DOCUMENTS
        for target in re.findall(
            r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")
        )
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert not broken


def test_the_states_of_a_websocket_are_drawn_as_they_are() -> None:
    page = states.PAGE.read_text(encoding="utf-8")
    assert "OPEN --> CLOSED: close, disconnect" in page
    assert states.written(page) == page
