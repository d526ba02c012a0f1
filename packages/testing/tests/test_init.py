"""What `falconws.testing` exports."""

from __future__ import annotations

import falconws.testing


def test_the_package_exports_its_public_names_and_no_others() -> None:
    assert set(falconws.testing.__all__) == {
        "ASGIConductor",
        "ASGIWebSocketSimulator",
        "DEFAULT_HOST",
        "DEFAULT_TIMEOUT",
        "DEFAULT_UA",
        "Result",
        "StreamedResult",
        "TestClient",
        "create_scope",
        "create_scope_ws",
    }
    assert all(hasattr(falconws.testing, n) for n in falconws.testing.__all__)
