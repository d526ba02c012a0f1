from typing import IO, Any

import pytest

from falconws.core import (
    HTTPBadRequest,
    HTTPInvalidParam,
    HTTPMissingParam,
    MediaMalformedError,
    MediaNotFoundError,
    Request,
    RequestOptions,
)
from falconws.media import (
    BaseHandler,
    Handlers,
    PayloadMalformedError,
    UnsupportedMediaTypeError,
)
from falconws.testing import create_scope


class Reverse(BaseHandler):
    """A handler with errors of its own, or with those of HTTP's as in Falcon."""

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        text = stream.read()
        if text == b"?":
            raise PayloadMalformedError("text")
        if text == b"!":
            raise HTTPBadRequest()
        return text[::-1], content_type, content_length


async def receive() -> Any:
    raise AssertionError("The query string is read without the body.")


def request(query_string: str, **options: Any) -> Request:
    req = Request(
        create_scope(query_string=query_string),
        receive,
        options=RequestOptions(**options),
    )
    req.options.media_handlers["text/reverse"] = Reverse()
    return req


# A query string that each getter reads, and what it makes of that.
GETTERS: dict[str, tuple[str, object]] = {
    "get_param_as_list": ("a=1&a=2", ["1", "2"]),
    "get_param_as_dict": ("a=k&a=v", {"k": "v"}),
    "get_param_as_json": ('a={"k":[1]}', {"k": [1]}),
    "get_param_as_media": ('a={"k":[1]}', {"k": [1]}),
}


@pytest.mark.parametrize("getter", GETTERS)
def test_an_absent_parameter_is_none_or_the_default_or_an_error(getter: str) -> None:
    get = getattr(request("b=1"), getter)
    default, store = object(), dict[str, object]()
    assert get("a", store=store) is None
    assert get("a", default=default, store=store) is default
    assert store == {}
    with pytest.raises(HTTPMissingParam, match='"a" parameter is required'):
        get("a", required=True)


@pytest.mark.parametrize(
    ("getter", "query", "value"), [(g, *v) for g, v in GETTERS.items()]
)
def test_an_object_is_given_and_stored(getter: str, query: str, value: object) -> None:
    store: dict[str, object] = {}
    assert getattr(request(query), getter)("a", required=True, store=store) == value
    assert store == {"a": value}


def test_each_item_of_a_list_is_transformed() -> None:
    req = request("a=1&a=2&b=1")
    assert req.get_param_as_list("a", int) == [1, 2]
    assert req.get_param_as_list("b", int) == [1]
    with pytest.raises(HTTPInvalidParam, match='"a" parameter is invalid'):
        request("a=1&a=x").get_param_as_list("a", int)


def test_a_list_is_the_callers_own() -> None:
    req = request("a=1&a=2")
    req.get_param_as_list("a", required=True).clear()
    assert req.get_param_as_list("a") == ["1", "2"]


@pytest.mark.parametrize(
    ("query", "delimiter", "items"),
    [
        ("a=1,2|3 4", None, ["1,2|3 4"]),
        ("a=1,2|3 4", ",", ["1", "2|3 4"]),
        ("a=1,2|3 4", "|", ["1,2", "3 4"]),
        ("a=1,2|3 4", "pipeDelimited", ["1,2", "3 4"]),
        ("a=1,2|3+4", " ", ["1,2|3", "4"]),
        ("a=1,2|3%204", "spaceDelimited", ["1,2|3", "4"]),
        ("a=1,,2", ",", ["1", "", "2"]),
        ("a=1,2&a=3", ",", ["1,2", "3"]),
    ],
)
def test_a_value_is_split_as_is_asked_for_unless_there_are_several(
    query: str, delimiter: str | None, items: list[str]
) -> None:
    assert request(query).get_param_as_list("a", delimiter=delimiter) == items


@pytest.mark.parametrize("query", ["", "a=1;2", "a=1&a=2"])
def test_a_delimiter_that_there_is_not_is_an_error_whatever_is_sent(query: str) -> None:
    for getter in ("get_param_as_list", "get_param_as_dict"):
        with pytest.raises(ValueError, match="The delimiter is one of "):
            getattr(request(query), getter)("a", delimiter=";")


@pytest.mark.parametrize(
    ("query", "delimiter", "value"),
    [
        ("a=k,v,m,n", ",", {"k": "v", "m": "n"}),
        ("a=k,1,k,2", ",", {"k": "2"}),
        ("a=k&a=v&a=m&a=n", None, {"k": "v", "m": "n"}),
        ("a=k,v,m", ",", None),
        ("a=k,v", None, None),
        ("a=", None, None),
    ],
)
def test_a_dictionary_is_a_list_of_keys_and_values_in_turn(
    query: str, delimiter: str | None, value: dict[str, str] | None
) -> None:
    req = request(query)
    if value is not None:
        assert req.get_param_as_dict("a", delimiter=delimiter) == value
        return
    with pytest.raises(HTTPInvalidParam, match="a key without a value"):
        req.get_param_as_dict("a", delimiter=delimiter)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("a[k]=v&b[k]=w&a[m]=n&a=x&a[=y&a]=z", {"k": "v", "m": "n"}),
        ("a[k]=1&a[k]=2", {"k": "2"}),
        ("a[]=v", {"": "v"}),
        ("a=k&a=v", None),
    ],
)
def test_a_deep_object_has_its_keys_in_brackets(
    query: str, value: dict[str, str] | None
) -> None:
    req = request(query)
    assert req.get_param_as_dict("a", deep_object=True) == value
    if value is None:
        with pytest.raises(HTTPMissingParam):
            req.get_param_as_dict("a", required=True, deep_object=True)


def test_a_deep_object_may_be_wanted_without_a_key_that_occurs_twice() -> None:
    req = request("a[k]=1&a[k]=2")
    with pytest.raises(HTTPInvalidParam, match=r'"a\[k\]".* more than one value'):
        req.get_param_as_dict("a", deep_object=True, allow_multiple=False)


def test_null_is_a_value_and_the_last_one_counts() -> None:
    store: dict[str, object] = {}
    req = request("a=1&a=null")
    assert req.get_param_as_json("a", store=store, default=7) is None
    assert store == {"a": None}
    for getter in ("get_param_as_json", "get_param_as_media"):
        with pytest.raises(HTTPInvalidParam, match="more than one value"):
            getattr(req, getter)("a", allow_multiple=False)


def test_a_parameter_is_json_also_where_bodies_are_not() -> None:
    assert request("a=[1]", media_handlers=Handlers({})).get_param_as_json("a") == [1]


def test_a_parameter_is_read_by_the_handler_of_its_media_type() -> None:
    req = request("a=%C3%A9x", default_media_type="text/reverse; a=b")
    read = "éx".encode()[::-1]
    assert req.get_param_as_media("a") == (read, "text/reverse; a=b", 3)
    assert req.get_param_as_media("a", "text/reverse") == (read, "text/reverse", 3)


@pytest.mark.parametrize("query", ["a=?", "a=!"])
def test_a_parameter_that_cannot_be_read_is_an_invalid_one(query: str) -> None:
    with pytest.raises(HTTPInvalidParam, match="could not be read as text/reverse"):
        request(query).get_param_as_media("a", "text/reverse")
    for empty in ("", "{"):
        with pytest.raises(HTTPInvalidParam, match="read as application/json"):
            request(f"a={empty}").get_param_as_json("a")


def test_a_media_type_without_a_handler_is_the_applications_mistake() -> None:
    req = request("a=1")
    with pytest.raises(UnsupportedMediaTypeError, match="text/csv"):
        req.get_param_as_media("a", "text/csv")
    with pytest.raises(UnsupportedMediaTypeError, match="text/csv"):
        req.get_query_string_as_media("text/csv")


def test_a_whole_query_string_is_read_as_the_bytes_that_it_encodes() -> None:
    req = request("%81%A1a+%ff")
    read = b"\xff+a\xa1\x81"
    media = req.get_query_string_as_media("text/reverse")
    assert media == (read, "text/reverse", 5)
    assert request("[1,%202]").get_query_string_as_media() == [1, 2]
    msgpack = request("%81%A1a%01", default_media_type="application/msgpack")
    assert msgpack.get_query_string_as_media() == {"a": 1}


def test_an_empty_query_string_is_a_400_unless_there_is_a_default() -> None:
    req = request("")
    assert req.get_query_string_as_media(default_when_empty=None) is None
    with pytest.raises(MediaNotFoundError, match="Invalid JSON"):
        req.get_query_string_as_media()


def test_a_query_string_that_cannot_be_read_is_a_400() -> None:
    with pytest.raises(MediaMalformedError, match="Invalid JSON"):
        request("{").get_query_string_as_media(default_when_empty=None)
