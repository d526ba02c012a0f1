"""``python -m falconws.core.inspect chat.main:app``."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ..app import App
from . import inspect_app

__all__ = ("main",)

_MISSING = object()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what an App consists of.

    Args:
        arguments: Those of the command line; None for those of the process.

    Raises:
        SystemExit: With status 2: the arguments do not lead to an App.
    """
    parser = argparse.ArgumentParser(
        prog="python -m falconws.core.inspect",
        description="Show the routes, sinks, static routes, middleware, error handlers and "
        "extensions of an App.",
    )
    parser.add_argument(
        "app",
        metavar="module:app",
        help="where the App is, such as chat.main:app; or a function without arguments that "
        "makes one, such as chat.main:create_app. Modules of the current directory are found.",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="list the responders one by one, and say where everything is defined",
    )
    parser.add_argument(
        "-i",
        "--internal",
        action="store_true",
        help="list responders and error handlers of falconws itself too",
    )
    chosen = parser.parse_args(arguments)
    info = inspect_app(_load(chosen.app))
    print(info.to_string(chosen.verbose, chosen.internal, chosen.app))


def _load(target: str) -> App:
    module, _, path = target.partition(":")
    if not path or not all(name.isidentifier() for name in module.split(".")):
        _fail(f"Name a module and an App in it, such as chat.main:app, not {target!r}.")
    found = _import(module)
    for name in path.split("."):
        found = getattr(found, name, _MISSING)
        if found is _MISSING:
            _fail(f"There is no {path!r} in the module {module!r}.")
    app = found() if _is_factory(found) else found
    if not isinstance(app, App):
        _fail(
            f"{target} is neither an App nor a function without arguments that makes one."
        )
    return app


def _import(module: str) -> Any:
    directory = os.getcwd()
    if directory not in sys.path:  # it is not with python -P, or PYTHONSAFEPATH
        sys.path.insert(0, directory)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as exc:
        # Another one is missing in the application, whose author is to see where.
        if not f"{module}.".startswith(f"{exc.name}."):
            raise
        _fail(f"There is no module {exc.name!r}, neither in {directory} nor installed.")


def _is_factory(found: Any) -> bool:
    if isinstance(found, App) or inspect.iscoroutinefunction(found):
        return False
    try:
        inspect.signature(found).bind()
    except (TypeError, ValueError):
        return False
    return True


def _fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
