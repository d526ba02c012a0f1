"""What `falconws.sse` exports."""

from __future__ import annotations

import falconws.sse


def test_the_package_exports_its_public_names_and_no_others() -> None:
    assert set(falconws.sse.__all__) == {
        "Event",
        "EventParser",
        "EventStream",
        "EventStreams",
        "EventTooLargeError",
        "SSEvent",
        "aiter_events",
    }
    assert all(hasattr(falconws.sse, name) for name in falconws.sse.__all__)
