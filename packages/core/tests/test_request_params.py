from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import HTTPInvalidParam, HTTPMissingParam, Request, RequestOptions
from falconws.testing import create_scope

EXAMPLE = UUID("64be949b-3433-4d36-a4a8-9f19d352fee8")

# A value that each getter reads, and what it makes of that.
GETTERS: dict[str, tuple[str, object]] = {
    "get_param": ("x", "x"),
    "get_param_as_int": ("-7", -7),
    "get_param_as_float": ("1e3", 1000.0),
    "get_param_as_bool": ("yes", True),
    "get_param_as_uuid": (str(EXAMPLE), EXAMPLE),
    "get_param_as_datetime": (
        "1994-11-06T08:49:37Z",
        datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC),
    ),
    "get_param_as_date": ("1994-11-06", date(1994, 11, 6)),
}


async def receive() -> Any:
    raise AssertionError("The query string is read without the body.")


def request(query_string: str, **options: Any) -> Request:
    scope = create_scope(query_string=query_string)
    return Request(scope, receive, options=RequestOptions(**options))


def test_a_query_string_is_parsed_once_and_read_by_name() -> None:
    req = request("a=1&b=x+y&b=2")
    assert req.query_string == "a=1&b=x+y&b=2"
    assert req.params == {"a": "1", "b": ["x y", "2"]}
    assert req.params is req.params
    assert req.has_param("a")
    assert not req.has_param("c")


def test_a_query_string_that_is_no_utf_8_does_no_harm() -> None:
    scope = create_scope()
    scope["query_string"] = b"a=\xff"
    assert Request(scope, receive).get_param("a") == "\ufffd"


def test_blank_values_and_commas_are_read_as_the_options_say() -> None:
    assert request("a=&b=1,2").params == {"a": "", "b": "1,2"}
    assert request("a=&b=1", keep_blank_qs_values=False).params == {"b": "1"}
    assert request("b=1,2&c=3", auto_parse_qs_csv=True).get_param("b") == "2"


def test_a_list_of_nothing_but_blanks_is_absent_where_blanks_are() -> None:
    req = request("a=,", auto_parse_qs_csv=True, keep_blank_qs_values=False)
    assert req.get_param("a") is None
    assert req.get_param("a", default="x") == "x"


@pytest.mark.parametrize("getter", GETTERS)
def test_an_absent_parameter_is_none_or_the_default_or_an_error(getter: str) -> None:
    get = getattr(request("b=1"), getter)
    default, store = object(), dict[str, object]()
    assert get("a", store=store) is None
    assert get("a", default=default, store=store) is default
    assert store == {}
    with pytest.raises(HTTPMissingParam) as caught:
        get("a", required=True)
    assert caught.value.status == "400 Bad Request"
    assert caught.value.description == 'The "a" parameter is required.'


@pytest.mark.parametrize(
    ("getter", "text", "value"), [(g, *v) for g, v in GETTERS.items()]
)
def test_a_parameters_value_is_given_and_stored_the_last_of_several(
    getter: str, text: str, value: object
) -> None:
    store: dict[str, object] = {}
    get = getattr(request(f"a=0&a={text}&b={text}"), getter)
    assert get("a", required=True, store=store) == value
    assert get("b", allow_multiple=False) == value
    assert store == {"a": value}
    with pytest.raises(HTTPInvalidParam, match="more than one value"):
        get("a", allow_multiple=False)


@pytest.mark.parametrize("getter", [g for g in GETTERS if g != "get_param"])
def test_what_is_not_of_the_type_that_is_asked_for_is_a_400(getter: str) -> None:
    with pytest.raises(HTTPInvalidParam, match='"a" parameter is invalid') as caught:
        getattr(request("a=x"), getter)("a")
    assert caught.value.status == "400 Bad Request"


@given(st.text(max_size=9), st.sampled_from(sorted(GETTERS)))
def test_no_text_is_more_than_a_400(text: str, getter: str) -> None:
    req = request("")
    req.params["a"] = text
    with suppress(HTTPInvalidParam):
        getattr(req, getter)("a")


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("3", {"min_value": 3}, None),
        ("2", {"min_value": 3}, "must be at least 3"),
        ("5", {"max_value": 5}, None),
        ("6", {"max_value": 5}, "may not exceed 5"),
        ("0", {"min_value": 0, "max_value": 0}, None),
        ("-1", {"min_value": 0, "max_value": 0}, "must be at least 0"),
        ("1.0", {}, "must be an integer"),
        ("", {}, "must be an integer"),
        ("9" * 5000, {}, "must be an integer"),  # more digits than Python converts
    ],
)
def test_an_integer_outside_of_its_limits_is_a_400(
    text: str, limits: dict[str, Any], message: str | None
) -> None:
    req = request(f"a={text}")
    if message is None:
        assert req.get_param_as_int("a", **limits) == int(text)
        return
    with pytest.raises(HTTPInvalidParam) as caught:
        req.get_param_as_int("a", **limits)
    assert message in str(caught.value.description)


@pytest.mark.parametrize(
    ("text", "limits", "is_allowed"),
    [
        ("0.5", {"min_value": 0.5}, True),
        ("0.49", {"min_value": 0.5}, False),
        ("0.5", {"max_value": 0.5}, True),
        ("0.51", {"max_value": 0.5}, False),
        ("inf", {"min_value": 0}, True),
        ("nan", {}, True),
        ("nan", {"min_value": 0}, False),
        ("nan", {"max_value": 0}, False),
    ],
)
def test_a_float_outside_of_its_limits_is_a_400(
    text: str, limits: dict[str, Any], is_allowed: bool
) -> None:
    req = request(f"a={text}")
    if is_allowed:
        assert isinstance(req.get_param_as_float("a", **limits), float)
        return
    with pytest.raises(HTTPInvalidParam, match=r"at least|exceed"):
        req.get_param_as_float("a", **limits)


def test_a_time_is_read_in_the_format_that_is_asked_for() -> None:
    req = request("a=6.11.1994")
    assert req.get_param_as_date("a", "%d.%m.%Y") == date(1994, 11, 6)
    assert req.get_param_as_datetime("a", "%d.%m.%Y") == datetime(1994, 11, 6)
    with pytest.raises(HTTPInvalidParam, match="a date or time as %Y"):
        req.get_param_as_date("a", "%Y")


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (True, ["true", "True", "t", "yes", "y", "1", "on"]),
        (False, ["false", "False", "f", "no", "n", "0", "off"]),
    ],
)
def test_a_boolean_is_written_in_many_ways(value: bool, texts: list[str]) -> None:
    for text in texts:
        assert request(f"a={text}").get_param_as_bool("a") is value


def test_a_blank_boolean_is_true_unless_it_is_to_be_false() -> None:
    for query in ("a", "a="):
        assert request(query).get_param_as_bool("a") is True
        assert request(query).get_param_as_bool("a", blank_as_true=False) is False


@pytest.mark.parametrize("text", ["2", "TRUE", "maybe"])
def test_what_is_no_boolean_is_a_400(text: str) -> None:
    with pytest.raises(HTTPInvalidParam, match="'true' or 'false'"):
        request(f"a={text}").get_param_as_bool("a")
