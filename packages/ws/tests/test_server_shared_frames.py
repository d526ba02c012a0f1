"""Frames that many clients get."""

from __future__ import annotations

import pytest

from falconws.ws.server.shared_frames import EXTENSION, build_shared_frame


def test_a_message_is_framed_as_it_goes_over_the_wire() -> None:
    assert build_shared_frame("h\u00e9").octets == b"\x81\x03h\xc3\xa9"
    assert build_shared_frame(b"\x00").octets == b"\x82\x01\x00"
    assert EXTENSION == "falconws.shared_frame"


@pytest.mark.parametrize("message", [None, 1, bytearray(b"a")])
def test_a_message_is_text_or_bytes(message: object) -> None:
    with pytest.raises(TypeError, match="str or bytes"):
        build_shared_frame(message)  # type: ignore[arg-type]
