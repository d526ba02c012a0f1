"""Every check there is. A bare ``nox`` runs them all; continuous integration does nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import nox

ROOT = Path(__file__).parent
ENVIRONMENTS = ROOT / ".nox"
PYTHONS = ["3.11", "3.12", "3.13"]

# Each package, and what its own tests install beside it and pytest.
PACKAGES = {
    "media": ["jsonschema", "msgspec", "pydantic", "python-multipart"],
    "core": [
        "falconws-testing",
        "backports.zstd",
        "brotli",
        "jsonschema",
        "msgspec",
        "pydantic",
    ],
    "ws": ["falconws-testing", "falconws-ws[server]", "itsdangerous", "msgspec"],
    "sse": ["falconws-testing"],
    "channels": [
        "falconws-channels[redis]",
        "falconws-sse",
        "falconws-testing",
        "falconws-ws",
    ],
    "testing": [
        "falconws-ws",
        "falconws-sse",
        "httpx",
        "uvicorn",
        "uvloop",
        "websockets",
    ],
}
TEST_TOOLS = ["pytest", "pytest-asyncio", "pytest-xdist", "hypothesis"]

# Servers and browsers are not to wait for each other: conftest.py sees to that.
SIDE_BY_SIDE = ["-n", "2"]

nox.options.sessions = [
    "lint",
    "contracts",
    "types",
    "coverage",
    "isolation",
    "shuffled",
    "tests",
]
nox.options.default_venv_backend = (
    "none"  # uv makes the environments, of the whole workspace
)
nox.options.error_on_external_run = False

# Interpreters are those of the machine: a check must not depend on a download.
UV_ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": ""}


def uv(session: nox.Session, *args: str, **env: str) -> None:
    session.run("uv", *args, env=UV_ENVIRONMENT | env, external=True, silent=False)


def sync(
    session: nox.Session, name: str, group: str, python: str | None = None
) -> Path:
    """Make an environment of the workspace and a dependency group; give its programs."""
    environment = ENVIRONMENTS / name
    chosen = ["--python", python] if python else []
    uv(
        session,
        "sync",
        "--quiet",
        "--no-default-groups",
        f"--group={group}",
        *chosen,
        UV_PROJECT_ENVIRONMENT=str(environment),
    )
    return environment / "bin"


@cache
def find_python(version: str) -> str | None:
    """Find an interpreter: the one that runs this, one on the path, or one of pyenv's."""
    candidates = [sys.executable, shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        found = subprocess.run(
            [pyenv, "root"], capture_output=True, text=True, check=False
        )
        versions = Path(found.stdout.strip(), "versions").glob(
            f"{version}.*/bin/python"
        )
        candidates += [str(path) for path in versions]
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if candidate:
            # A shim of pyenv's is on the path for versions that are not in use, and fails.
            answer = subprocess.run(
                [candidate, "-c", script], capture_output=True, text=True, check=False
            )
            if answer.stdout.strip() == version:
                return candidate
    return None


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and form."""
    programs = sync(session, "lint", "lint")
    session.run(str(programs / "ruff"), "check")
    session.run(str(programs / "ruff"), "format", "--check")


@nox.session
def contracts(session: nox.Session) -> None:
    """Check that imports point down, between the packages and inside of core."""
    programs = sync(session, "contracts", "contracts")
    session.run(str(programs / "lint-imports"))


@nox.session
def types(session: nox.Session) -> None:
    """Check types, of the sources, the tests and the examples."""
    mypy = str(sync(session, "types", "types") / "mypy")
    # By their names: the sources share a namespace, which paths would not tell.
    session.run(mypy, *(arg for name in PACKAGES for arg in ("-p", f"falconws.{name}")))
    tests = [f"packages/{name}/tests" for name in PACKAGES]
    session.run(
        mypy,
        *tests,
        "tests",
        "benchmarks",
        "examples",
        "fuzz",
        "conftest.py",
        "noxfile.py",
    )


@nox.session
@nox.parametrize("version", PYTHONS, ids=PYTHONS)
def tests(session: nox.Session, version: str) -> None:
    """Run the tests on a version of Python; arguments behind ``--`` are pytest's."""
    python = find_python(version)
    if python is None:
        session.skip(f"There is no Python {version} on this machine.")
    programs = sync(session, f"tests-{version}", "test", python)
    # On the oldest, `isolation` has run the packages' own. What runs there and on the newest
    # runs in between; real servers take their time.
    in_memory = ["packages", "tests/conformance"]
    chosen = {PYTHONS[0]: ["tests"], PYTHONS[-1]: []}.get(version, in_memory)
    arguments = session.posargs or [*SIDE_BY_SIDE, *chosen]
    session.run(str(programs / "python"), "-m", "pytest", *arguments)


@nox.session
def coverage(session: nox.Session) -> None:
    """See that each package's own tests reach every line and branch of it."""
    # The newest: Python 3.11 loses sight of a coroutine that went on after a timeout.
    python = next(filter(None, map(find_python, reversed(PYTHONS))), None)
    programs = sync(session, "coverage", "test", python)
    for name in PACKAGES:
        measured = [f"--cov=falconws.{name}", "--cov-branch", "--cov-fail-under=100"]
        report = "--cov-report=term-missing:skip-covered"
        tests = f"packages/{name}/tests"
        pytest = [str(programs / "python"), "-m", "pytest", "-q", *SIDE_BY_SIDE]
        session.run(*pytest, *measured, report, tests)


@nox.session
def isolation(session: nox.Session) -> None:
    """Install each package alone, import all of it, and run its own tests."""
    wheels = ENVIRONMENTS / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    uv(
        session,
        "build",
        "--quiet",
        "--all-packages",
        "--wheel",
        "--out-dir",
        str(wheels),
    )
    constraints = ENVIRONMENTS / "constraints.txt"
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]
    constraints.write_text("\n".join(settings["constraint-dependencies"]))
    for name, siblings in PACKAGES.items():
        environment = ENVIRONMENTS / f"isolation-{name}"
        python = str(environment / "bin" / "python")
        oldest = ["--python", find_python(PYTHONS[0]) or PYTHONS[0]]
        uv(session, "venv", "--quiet", "--clear", *oldest, str(environment))
        install = [
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "--find-links",
            str(wheels),
        ]
        install += ["--constraint", str(constraints)]
        # uv remembers wheels by name and version, and these change while the version does not.
        install += [f"--refresh-package=falconws-{package}" for package in PACKAGES]
        uv(session, *install, f"falconws-{name}")
        session.run(python, "-I", "-W", "error", "-c", IMPORT_ALL, f"falconws.{name}")
        uv(session, *install, *TEST_TOOLS, *siblings)
        tests = f"packages/{name}/tests"
        session.run(python, "-m", "pytest", "-q", *SIDE_BY_SIDE, tests)


@nox.session
def shuffled(session: nox.Session) -> None:
    """Run the testing package's own tests in any order, and in asyncio's debug mode."""
    python = str(sync(session, "shuffled", "test") / "python")
    tests = ["packages/testing/tests", "-q", "--random-order"]
    session.run(python, "-m", "pytest", *tests, env={"PYTHONASYNCIODEBUG": "1"})


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Look for a minute each for what breaks the invariants in fuzz/."""
    python = str(sync(session, "fuzz", "test") / "python")
    for path in sorted((ROOT / "fuzz").glob("[!_]*.py")):
        session.run(python, "-m", f"fuzz.{path.stem}", *(session.posargs or ["60"]))


@nox.session(default=False)
def autobahn(session: nox.Session) -> None:
    """Put our WebSocket protocol to the Autobahn TestSuite; groups of it behind ``--``, or ``--help``."""
    python = find_python("2.7")
    if python is None:
        session.skip(
            "The Autobahn TestSuite needs Python 2.7; there is none on this machine."
        )
    client = ENVIRONMENTS / "autobahn-client" / "bin"
    # The last that makes environments of Python 2.7; it runs on a Python of its own time.
    make = ["tool", "run", "--python", find_python(PYTHONS[0]) or PYTHONS[0]]
    make += ["--from", "virtualenv<20.16", "virtualenv", "--no-periodic-update"]
    uv(session, *make, "--quiet", "--python", python, str(client.parent))
    install = ["install", "--quiet", "--disable-pip-version-check"]
    session.run(str(client / "pip"), *install, "autobahntestsuite==25.10.1")
    programs = sync(session, "autobahn", "test")
    played = ["-m", "tests.autobahn", "--wstest", str(client / "wstest")]
    session.run(str(programs / "python"), *played, *session.posargs)


# But for plugins of pytest and of uvicorn, which are there whenever they import them, and for what
# takes an extra.
IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, sys
package = importlib.import_module(sys.argv[1])
plugins = {e.module for e in importlib.metadata.entry_points(group="pytest11")}
names = [m.name for m in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
extras = ("falconws.channels.contract", "falconws.channels.redis", "falconws.ws.server")
modules = [n for n in names if n not in plugins and not n.startswith(extras)]
for module in modules:
    importlib.import_module(module)
print(f"{package.__name__}: {len(modules) + 1} modules, from {package.__path__[0]}")
"""
