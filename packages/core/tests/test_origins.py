from typing import Any

import pytest

from falconws.core.origins import Origins


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("https://example.com", "https://example.com"),
        ("HTTPS://Example.COM", "https://example.com"),
        ("https://example.com:443", "https://example.com"),
        ("http://example.com:0080", "http://example.com"),
        ("wss://example.com:443", "wss://example.com"),
        ("http://example.com:443", "http://example.com:443"),
        ("http://localhost:65535", "http://localhost:65535"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("chrome-extension://abc", "chrome-extension://abc"),
        ("null", "null"),
    ],
)
def test_an_origin_is_allowed_however_it_is_written(written: str, normal: str) -> None:
    for origins in (Origins(written), Origins(["http://a", normal])):
        assert normal in origins
        assert origins.allow(written)
    assert Origins(written).allowed == frozenset({normal})


@pytest.mark.parametrize(
    "other",
    [
        "http://example.com",
        "https://example.com:8443",
        "https://www.example.com",
        "https://example.com.evil.example",
        "https://example.com/",
        "https://example.com, https://example.com",
        "null",
        "",
    ],
)
def test_an_origin_of_another_scheme_host_or_port_is_not_allowed(other: str) -> None:
    assert not Origins("https://example.com").allow(other)
    assert other not in Origins(())


def test_all_origins_are_allowed_by_an_asterisk() -> None:
    assert Origins("*").allow("https://example.com")
    assert "null" in Origins("*")
    assert Origins("*").allowed == "*"
    assert None not in Origins("*")


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "example.com",
        "https://",
        "https://example.com/",
        "https://*.example.com",
        "https://user@example.com",
        "https://example.com:",
        "https://example.com:65536",
        "https://exämple.com",
        "https://example.com\n",
        "\u212ahttps://example.com",  # The Kelvin sign is a k in lower case.
    ],
)
def test_what_is_no_origin_is_refused_with_what_to_write(origin: str) -> None:
    with pytest.raises(ValueError, match=r"Write scheme://host or scheme://host:port"):
        Origins([origin])


@pytest.mark.parametrize("origins", [["*"], {"https://example.com", "*"}])
def test_an_asterisk_among_others_is_refused(origins: Any) -> None:
    with pytest.raises(ValueError, match="give it alone"):
        Origins(origins)
