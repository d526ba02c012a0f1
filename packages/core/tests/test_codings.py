from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core._codings import _ZSTD, CODINGS, choose_coding

ALL = tuple(CODINGS)
WEIGHTS = st.sampled_from(["", ";q=1", ";q=0.5", "; q=0.001", ";q=0", " ;Q=0.50 "])
LIBRARIES = {"br": "brotli", "zstd": _ZSTD, "gzip": "gzip"}


def ranked(accepted: dict[str, str], offered: tuple[str, ...]) -> str:
    """What RFC 9110, 12.5.3 says, by its sentences."""
    weights = {
        name: float(text.lower().partition("q=")[2] or 1)
        for name, text in accepted.items()
    }
    ranks = []
    for order, name in enumerate((*offered, "identity")):
        if name in weights:
            weight = weights[name]
        elif "*" in weights:  # stands for every coding that is not named
            weight = weights["*"]
        else:  # as it is, a body is acceptable if nobody says otherwise
            weight = 0.0001 if name == "identity" else 0
        if weight > 0:
            ranks.append((-weight, order, name))
    return min(ranks)[2] if ranks else "identity"


@given(
    st.dictionaries(st.sampled_from([*ALL, "identity", "*", "deflate"]), WEIGHTS),
    st.permutations(ALL),
    st.integers(1, 3),
)
def test_a_coding_is_chosen_as_the_specification_says(
    accepted: dict[str, str], order: list[str], count: int
) -> None:
    offered = tuple(order[:count])
    header = ", ".join(name + weight for name, weight in accepted.items())
    chosen = choose_coding(header, offered) or "identity"
    assert chosen == ranked(accepted, offered)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("gzip, deflate, br, zstd", "br"),  # as browsers send it
        ("GZip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("x-br", None),
        ("*", "br"),
        ("identity;q=0", None),
        ("gzip;q=0.5, identity;q=0.6", None),
        ("gzip;q=0.2, br;q=0, zstd;q=0, *;q=0.7", None),
        ("gzip;q=0, gzip, gzip;q=0", "gzip"),
        # A member that is not well formed costs that member only.
        *((f"br;{slip}, gzip;q=0.1", "gzip") for slip in ("q=2", "q=1.1", "q=-1")),
        *((f"br;{slip}, gzip;q=0.1", "gzip") for slip in ("q=nan", "q", "", "q=1;q=1")),
    ],
)
def test_common_and_odd_headers_are_read(header: str, coding: str | None) -> None:
    assert choose_coding(header, ALL) == coding


@pytest.mark.parametrize("name", ALL)
@given(pieces=st.lists(st.binary(max_size=50) | st.just(b"ab" * 5000)))
def test_what_a_coding_makes_of_any_pieces_is_read_by_its_library(
    name: str, pieces: list[bytes]
) -> None:
    library: Any = pytest.importorskip(LIBRARIES[name])
    coding = CODINGS[name]
    for level in {coding.levels[0], coding.level}:
        encoder = coding.start(level)
        data = b"".join(map(encoder.compress, pieces)) + encoder.finish()
        assert library.decompress(data) == b"".join(pieces)


@pytest.mark.parametrize("above", [0, 1])
def test_zstd_needs_no_larger_window_than_every_client_has(above: int) -> None:
    # RFC 9659: 8 MiB, which is 2 to the 23rd. One level more, and it would be larger.
    zstd: Any = pytest.importorskip(_ZSTD)
    encoder = CODINGS["zstd"].start(CODINGS["zstd"].levels[-1] + above)
    data = encoder.compress(b"a") + encoder.flush() + encoder.finish()
    options = {zstd.DecompressionParameter.window_log_max: 23}
    if above:
        with pytest.raises(zstd.ZstdError, match="too much memory"):
            zstd.decompress(data, options=options)
    else:
        assert zstd.decompress(data, options=options) == b"a"
