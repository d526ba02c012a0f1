"""What is required of falconws, and where that is written.

Each requirement has a test that names it, and each test of this folder names one: see
`test_manifest.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

__all__ = ("Requirement", "requirement")

Test = TypeVar("Test", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is required.

    Attributes:
        id: Source, section and subject: ``rfc9110:13.1.2:if-none-match``.
        url: Where it is written.
        behaviour: What is required, in a sentence of our own.
        divergence: How falconws differs from that, and why; None where it does not. The test
            shows both sides.
    """

    id: str
    url: str
    behaviour: str
    divergence: str | None = None


def requirement(id: str) -> Callable[[Test], Test]:
    """Mark a test as the one that shows a requirement."""
    return pytest.mark.requirement(id)
