"""The distributions, built and installed as users get them."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

ROOT = Path(__file__).parents[2]
NAMES = ("channels", "core", "media", "sse", "testing", "ws")

# Building and installing, on a machine that is busy with other things.
PATIENCE = 300

Install = Callable[..., Path]


def _uv(*arguments: str | Path, cwd: Path = ROOT) -> str:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": ""}
    finished = subprocess.run(
        ["uv", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _uv("build", "--quiet", "--all-packages", "--out-dir", folder)
    return folder


@pytest.fixture
def install(artifacts: Path, tmp_path: Path) -> Install:
    """Give a function that makes a fresh environment of wheels; it returns its Python."""

    def run(*packages: str) -> Path:
        environment = tmp_path / "environment"
        python = environment / "bin" / "python"
        _uv("venv", "--quiet", "--python", sys.executable, environment)
        _uv(
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "--find-links",
            artifacts,
            *(f"--refresh-package=falconws-{name}" for name in NAMES),
            *packages,
        )
        return python

    return run


def test_every_package_builds_a_wheel_and_a_source_distribution(
    artifacts: Path,
) -> None:
    built = sorted(path.name for path in artifacts.iterdir() if path.suffix != "")
    assert [name for name in built if not name.startswith(".")] == sorted(
        name
        for package in NAMES
        for name in (
            f"falconws_{package}-0.1.0-py3-none-any.whl",
            f"falconws_{package}-0.1.0.tar.gz",
        )
    )


@pytest.mark.parametrize("package", NAMES)
def test_a_wheel_has_types_and_a_license_and_leaves_the_namespace_to_all(
    artifacts: Path, package: str
) -> None:
    with zipfile.ZipFile(
        artifacts / f"falconws_{package}-0.1.0-py3-none-any.whl"
    ) as wheel:
        names = set(wheel.namelist())
        license_file = f"falconws_{package}-0.1.0.dist-info/licenses/LICENSE"
        assert b"Apache License" in wheel.read(license_file)
    assert f"falconws/{package}/py.typed" in names
    assert "falconws/__init__.py" not in names


@pytest.mark.parametrize("package", NAMES)
def test_a_source_distribution_has_its_license_as_a_file(
    artifacts: Path, package: str
) -> None:
    stem = f"falconws_{package}-0.1.0"
    with tarfile.open(artifacts / f"{stem}.tar.gz") as archive:
        assert archive.getmember(f"{stem}/LICENSE").isfile()


ECHO = """
from falconws.core import App

class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        async for message in ws:
            await ws.send_text(message)

app = App()
app.add_route("/echo", Echo())
"""


def test_the_wheels_of_core_and_ws_serve_an_echo_on_uvicorn(
    install: Install, run_server: Callable[..., Any], tmp_path: Path
) -> None:
    python = install("falconws-core", "falconws-ws", "uvicorn", "websockets")
    (tmp_path / "main.py").write_text(ECHO)
    server = run_server(
        [str(python), "-m", "uvicorn", "main:app", "--port", "0"], tmp_path
    )
    with connect(f"{server.ws_url}/echo", open_timeout=30) as ws:
        ws.send("as installed")
        assert ws.recv(timeout=30) == "as installed"
    installed = _uv("pip", "list", "--python", python, "--format", "freeze")
    assert [line for line in installed.splitlines() if line.startswith("falconws")] == [
        "falconws-core==0.1.0",
        "falconws-media==0.1.0",
        "falconws-ws==0.1.0",
    ]


HTTP = """
import asyncio
from falconws.core import App, ExtensionNotInstalledError

class Plain:
    async def on_get(self, req, resp):
        resp.media = {"plain": True}

    async def on_get_events(self, req, resp):
        try:
            resp.sse = events()
        except ExtensionNotInstalledError as exc:
            resp.media = {"error": str(exc)}

class Socket:
    async def on_websocket(self, req, ws):
        pass

class Hooks:
    async def process_request_ws(self, req, ws):
        pass

async def events():
    yield

app = App(extensions=())
app.add_route("/", Plain())
app.add_route("/events", Plain(), suffix="events")
for use in (
    lambda: app.add_route("/socket", Socket()),
    lambda: app.ws_options,
    lambda: app.add_middleware(Hooks()),
):
    try:
        use()
    except (ExtensionNotInstalledError, TypeError) as exc:
        print("REFUSED", exc)
"""


def test_core_alone_serves_http_and_names_the_package_for_what_it_does_not(
    install: Install, run_server: Callable[..., Any], tmp_path: Path
) -> None:
    python = install("falconws-core", "uvicorn")
    (tmp_path / "main.py").write_text(HTTP)
    server = run_server(
        [str(python), "-m", "uvicorn", "main:app", "--port", "0"], tmp_path
    )
    assert httpx.get(server.url, timeout=30).json() == {"plain": True}
    assert (
        "falconws-sse" in httpx.get(f"{server.url}/events", timeout=30).json()["error"]
    )
    refused = [
        line for line in server.output.splitlines() if line.startswith("REFUSED")
    ]
    assert len(refused) == 3
    assert all("falconws-ws" in line for line in refused)
    assert "Socket has on_websocket()" in refused[0]
