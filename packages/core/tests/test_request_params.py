from typing import Any

import pytest

from falconws.core import HTTPInvalidParam, HTTPMissingParam, Request, RequestOptions
from falconws.testing import create_scope

GETTERS = ["get_param", "get_param_as_int", "get_param_as_bool", "get_param_as_list"]


async def receive() -> Any:
    raise AssertionError("The query string is read without the body.")


def request(query_string: str, **options: Any) -> Request:
    scope = create_scope(query_string=query_string)
    return Request(scope, receive, RequestOptions(**options))


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
    req = request("b=1,2&c=3", auto_parse_qs_csv=True)
    assert req.get_param_as_list("b", transform=int) == [1, 2]
    assert req.get_param("b") == "2"


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
    ("getter", "value"),
    [
        ("get_param", "1"),
        ("get_param_as_int", 1),
        ("get_param_as_bool", True),
        ("get_param_as_list", ["0", "1"]),
    ],
)
def test_a_parameters_value_is_given_and_stored_the_last_of_several(
    getter: str, value: object
) -> None:
    store: dict[str, object] = {}
    assert getattr(request("a=0&a=1"), getter)("a", required=True, store=store) == value
    assert store == {"a": value}


@pytest.mark.parametrize(
    ("text", "limits", "message"),
    [
        ("3", {"min_value": 3}, None),
        ("2", {"min_value": 3}, "must be at least 3"),
        ("5", {"max_value": 5}, None),
        ("6", {"max_value": 5}, "may not exceed 5"),
        ("0", {"min_value": 0, "max_value": 0}, None),
        ("-1", {"min_value": 0, "max_value": 0}, "must be at least 0"),
        ("x", {}, "must be an integer"),
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
    assert caught.value.status == "400 Bad Request"
    assert '"a"' in str(caught.value.description)
    assert message in str(caught.value.description)


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


def test_a_list_has_one_value_or_many_each_of_them_transformed() -> None:
    assert request("a=1").get_param_as_list("a") == ["1"]
    assert request("a=1&a=2").get_param_as_list("a", transform=int) == [1, 2]
    with pytest.raises(HTTPInvalidParam, match='"a" parameter is invalid'):
        request("a=1&a=x").get_param_as_list("a", transform=int)
