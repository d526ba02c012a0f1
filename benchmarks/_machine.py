"""What was measured on: the machine, and the versions of everything that takes part."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ("describe", "find_wrk")

_PACKAGES = (
    "falconws-core falconws-media falconws-sse falconws-ws falcon starlette fastapi pydantic litestar "
    "msgspec blacksheep orjson multipart python-multipart uvicorn uvloop httptools websockets picows"
).split()


def describe() -> dict[str, Any]:
    """Give the CPU, the cores, the system, the Python and the versions of packages."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "wrk": _wrk_version(),
        "packages": dict(_versions(_PACKAGES)),
    }


def find_wrk() -> str | None:
    """Find the load generator wrk: what WRK names, or what is on the path."""
    return os.environ.get("WRK") or shutil.which("wrk")


def _versions(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield name, "not installed"


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()


def _wrk_version() -> str:
    wrk = find_wrk()
    if wrk is None:
        return "not installed"
    answer = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False)
    return " ".join(answer.stdout.split()[:2])
