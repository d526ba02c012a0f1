import mimetypes
from typing import Any

import pytest

from falconws.core import RequestOptions, ResponseOptions, RouterOptions
from falconws.media import BaseHandler


def test_options_of_one_app_are_not_those_of_another() -> None:
    changed = RequestOptions()
    changed.media_handlers["a/b"] = BaseHandler()
    assert "a/b" not in RequestOptions().media_handlers
    assert "a/b" not in ResponseOptions().media_handlers
    RouterOptions().converters["x"] = str
    assert RouterOptions().converters == {}


@pytest.mark.parametrize("seconds", [0, -1, 0.0])
def test_a_send_timeout_that_is_over_at_once_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="send_timeout is above 0, or None"):
        ResponseOptions(send_timeout=seconds)


@pytest.mark.parametrize("seconds", [0.001, 30, None])
def test_a_send_timeout_is_seconds_or_none(seconds: float | None) -> None:
    assert ResponseOptions(send_timeout=seconds).send_timeout == seconds
    assert ResponseOptions().send_timeout == 30


def test_web_files_have_their_types_on_every_system() -> None:
    types = ResponseOptions().static_media_types
    assert types[".js"] == types[".mjs"] == "text/javascript"
    assert types[".css"] == "text/css"
    assert types[".wasm"] == "application/wasm"
    assert types[".woff2"] == "font/woff2"
    assert types[".png"] == "image/png"


def test_the_types_do_not_depend_on_the_tables_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = ResponseOptions().static_media_types
    monkeypatch.setitem(mimetypes.types_map, ".html", "text/x-of-this-system")
    assert ResponseOptions().static_media_types == before


@pytest.mark.parametrize("names", ["gzip", ["br"], ["gzip", "GZIP"], [""]])
def test_what_is_no_collection_of_encodings_is_refused(names: Any) -> None:
    with pytest.raises(ValueError, match="content_encodings is a collection of"):
        RequestOptions(content_encodings=names)


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_that_no_inflated_body_has_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="max_inflated_size is above 0"):
        RequestOptions(max_inflated_size=size)
    assert RequestOptions(max_inflated_size=1).max_inflated_size == 1
    assert RequestOptions().max_inflated_size == 10_485_760
