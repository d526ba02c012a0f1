"""What a request's query string says, compared with Falcon."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgpack
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.differential import Exchange, both
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import (
    Read,
    attribute,
    joined,
    outcome,
    outcomes,
    raised,
    reading,
    shown,
)

INVALID = raised("HTTPInvalidParam", "400 Bad Request", "Invalid parameter")
MISSING = raised("HTTPMissingParam", "400 Bad Request", "Missing parameter")


def query(text: str) -> Exchange:
    return Exchange(query=text.encode())


def repeated(name: str, values: list[str]) -> Exchange:
    return query("&".join(f"{name}={quote(value)}" for value in values))


def by_getter(getter: str, name: str = "a", **arguments: Any) -> Read:
    """Read a parameter, and what is in the caller's mapping then."""

    def read(req: Any) -> list[Any]:
        store: dict[str, Any] = {}
        if "store" in arguments:
            arguments["store"] = store
        return [getattr(req, getter)(name, **arguments), store]

    return read


# How a query string is parsed.

ENCODED = st.text(max_size=4).map(quote) | st.sampled_from(
    ["1,2", "a+b", "%2C", "%C3%A9", "%FF", "%zz", "%", "a=b", ",", "|", "\xe9"]
)
NAMES = st.sampled_from(["a", "b", "A", "a[k]", "%61", "+", "\xe9"]) | ENCODED
FIELDS = st.builds("{}={}".format, NAMES.filter(bool), ENCODED) | ENCODED
QUERIES = joined(FIELDS, "&", "&&") | st.text("ab=&%+,1", max_size=12)


def without_what_differs(text: str, keep_blank: bool, csv: bool) -> str:
    """Leave out a field of nothing but an equals sign, and lists with blanks in them."""
    fields = [field for field in text.split("&") if field != "="]
    if csv and not keep_blank:
        fields = [f for f in fields if "" not in f.partition("=")[2].split(",")]
    return "&".join(fields)


@requirement("falcon:request:params")
@requirement("falcon:request:query-string")
@requirement("falcon:request:has-param")
@given(QUERIES, st.booleans(), st.booleans())
def test_a_query_string_is_parsed_as_the_options_say(
    text: str, keep_blank: bool, csv: bool
) -> None:
    def read(req: Any) -> list[Any]:
        present = [req.has_param(name) for name in ("a", "", "\xe9")]
        return [req.params, req.query_string, present]

    text = without_what_differs(text, keep_blank, csv)
    options = {"keep_blank_qs_values": keep_blank, "auto_parse_qs_csv": csv}
    outcome(read, query(text), **options)


@requirement("falcon:request:params")
@requirement("falcon:request:params-blank")
@requirement("falcon:request:params-csv")
@pytest.mark.parametrize(
    ("text", "options", "params"),
    [
        ("a=1&b=%C3%A9+%2B&a=2", {}, {"a": ["1", "2"], "b": "\xe9 +"}),
        ("a=&b&c=1,2", {}, {"a": "", "b": "", "c": "1,2"}),
        ("a=&b&c=1", {"keep_blank_qs_values": False}, {"c": "1"}),
        ("a=1,,2", {"auto_parse_qs_csv": True}, {"a": ["1", "", "2"]}),
        (
            "a=1,,2&a=3",
            {"auto_parse_qs_csv": True, "keep_blank_qs_values": False},
            {"a": ["1", "2", "3"]},
        ),
    ],
)
def test_parameters_are_strings_or_lists_of_them(
    text: str, options: dict[str, bool], params: dict[str, Any]
) -> None:
    assert outcome(attribute("params"), query(text), **options) == shown(params)


@requirement("falcon:request:params-csv-blank")
@pytest.mark.parametrize(
    ("read", "theirs", "ours"),
    [
        (attribute("params"), "dict('a': list(), 'b': list('1'))", "dict('b': '1')"),
        (lambda req: req.get_param("a"), raised("IndexError"), "None"),
        (lambda req: req.get_param_as_list("b"), "list('1')", "list('1')"),
    ],
)
def test_a_list_of_nothing_but_blanks_is_absent(
    read: Read, theirs: str, ours: str
) -> None:
    options = {"auto_parse_qs_csv": True, "keep_blank_qs_values": False}
    assert outcomes(read, query("a=,&b=1,"), **options) == (theirs, ours)


@requirement("falcon:request:params-nameless")
def test_an_equals_sign_alone_is_no_parameter() -> None:
    texts = outcomes(attribute("params"), query("=&a=1"))
    assert texts == (shown({"": "", "a": "1"}), shown({"a": "1"}))


@requirement("falcon:request:query-string-utf-8")
def test_a_query_string_that_is_not_utf_8_does_no_harm() -> None:
    build = reading(attribute("query_string"))
    theirs, ours = both(build, Exchange(query=b"a=\xff"))
    assert (theirs.status, theirs.error) == (None, "UnicodeDecodeError")
    assert (ours.status, ours.body.decode()) == (200, shown("a=\ufffd"))


# A parameter's value.

TEXTS = {
    "get_param": ["", "x", "1,2"],
    "get_param_as_int": ["7", "-7", "+7", " 7", "1_0", "7.0", "", "x", "\u0663", "0x7"],
    "get_param_as_float": ["7", "-7.5", "1e3", "inf", "1e999", "", "x", "1_0.5"],
    "get_param_as_bool": [
        *["true", "True", "t", "yes", "y", "1", "on", "false", "False", "f", "no"],
        *["n", "0", "off", "", "TRUE", "Y", "2", " "],
    ],
    "get_param_as_uuid": [
        *["00000000-0000-0000-0000-000000000005", "{00000000000000000000000000000005}"],
        *["urn:uuid:00000000-0000-0000-0000-000000000005", "5", ""],
    ],
    "get_param_as_datetime": [
        *["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+0130", "2026-01-02T03:04:05"],
        *["2026-02-30T03:04:05Z", "2026-01-02", ""],
    ],
    "get_param_as_date": ["2026-01-02", "2026-1-2", "2026-02-30", "26-01-02", ""],
    "get_param_as_json": ['{"x":[1,null]}', "7", "null", '"\xe9"', "{", "", "x", "'x'"],
    "get_param_as_media": ['{"x":1}', "7", "null", "{", "", "x"],
    "get_param_as_list": ["1", "2,3", "4|5", "6 7", "", "x"],
    "get_param_as_dict": ["k", "1", "m,2", "k|1", "k 1", ""],
}
ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "get_param_as_int": {
        "min_value": st.integers(-8, 8),
        "max_value": st.integers(-8, 8),
    },
    "get_param_as_float": {
        "min_value": st.floats(-8, 8),
        "max_value": st.floats(-8, 8),
    },
    "get_param_as_bool": {"blank_as_true": st.booleans()},
    "get_param_as_datetime": {"format_string": st.sampled_from(["%Y-%m-%d", "%H"])},
    "get_param_as_date": {"format_string": st.sampled_from(["%Y-%m-%d", "%y-%m-%d"])},
    "get_param_as_list": {
        "transform": st.just(int),
        "delimiter": st.sampled_from(
            [",", "|", " ", "pipeDelimited", "spaceDelimited"]
        ),
    },
    "get_param_as_dict": {
        "delimiter": st.sampled_from(
            [",", "|", " ", "pipeDelimited", "spaceDelimited"]
        ),
    },
}


@requirement("falcon:request:get-param")
@requirement("falcon:request:get-param-as-int")
@requirement("falcon:request:get-param-as-float")
@requirement("falcon:request:get-param-as-bool")
@requirement("falcon:request:get-param-as-uuid")
@requirement("falcon:request:get-param-as-datetime")
@requirement("falcon:request:get-param-as-date")
@requirement("falcon:request:get-param-as-json")
@requirement("falcon:request:get-param-as-media")
@requirement("falcon:request:get-param-as-list")
@requirement("falcon:request:get-param-as-dict")
@pytest.mark.parametrize("getter", TEXTS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_parameter_is_read_as_what_is_asked_for(
    getter: str, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.sampled_from(TEXTS[getter]), max_size=2), "values")
    optional = {
        "required": st.booleans(),
        "allow_multiple": st.booleans(),
        "default": st.just("default"),
        "store": st.none(),
        **ARGUMENTS.get(getter, {}),
    }
    arguments = data.draw(st.fixed_dictionaries({}, optional=optional), "arguments")
    if getter == "get_param_as_list":
        arguments.pop("allow_multiple", None)
    if getter == "get_param_as_dict" and not values:  # in which both differ: see below
        arguments.pop("store", None)
    outcome(by_getter(getter, **arguments), repeated("a", values))


@requirement("falcon:request:get-param")
@requirement("falcon:request:get-param-required")
@requirement("falcon:request:get-param-default")
@requirement("falcon:request:get-param-store")
@pytest.mark.parametrize("getter", TEXTS)
def test_an_absent_parameter_is_none_or_the_default_or_an_error(getter: str) -> None:
    absent = query("b=1")
    assert outcome(by_getter(getter, store={}), absent) == shown([None, {}])
    assert outcome(by_getter(getter, default="x"), absent) == shown(["x", {}])
    assert outcome(by_getter(getter, required=True), absent) == MISSING
    if getter != "get_param_as_dict":
        text = outcome(by_getter(getter, store={}, default="x"), absent)
        assert text == shown(["x", {}])


@requirement("falcon:request:get-param-store")
@requirement("falcon:request:get-param-allow-multiple")
@requirement("falcon:request:get-param-as-int")
@requirement("falcon:request:get-param-as-float")
@requirement("falcon:request:get-param-as-bool")
@requirement("falcon:request:get-param-as-uuid")
@requirement("falcon:request:get-param-as-datetime")
@requirement("falcon:request:get-param-as-date")
@requirement("falcon:request:get-param-as-json")
@requirement("falcon:request:get-param-as-media")
@requirement("falcon:request:get-param-as-list")
@requirement("falcon:request:get-param-as-dict")
@pytest.mark.parametrize(
    ("getter", "arguments", "values", "expected"),
    [
        ("get_param", {}, ["1", "2"], "2"),
        ("get_param", {"allow_multiple": False}, ["1", "2"], INVALID),
        ("get_param", {"allow_multiple": False}, ["1"], "1"),
        ("get_param_as_int", {"min_value": 7, "max_value": 7}, ["7"], 7),
        ("get_param_as_int", {"min_value": 8}, ["7"], INVALID),
        ("get_param_as_int", {"max_value": 6}, ["7"], INVALID),
        ("get_param_as_int", {}, ["7.0"], INVALID),
        ("get_param_as_float", {"min_value": 7.5, "max_value": 7.5}, ["7.5"], 7.5),
        ("get_param_as_float", {"min_value": 7.6}, ["7.5"], INVALID),
        ("get_param_as_float", {"max_value": 7.4}, ["7.5"], INVALID),
        ("get_param_as_bool", {}, [""], True),
        ("get_param_as_bool", {"blank_as_true": False}, [""], False),
        ("get_param_as_bool", {}, ["TRUE"], INVALID),
        ("get_param_as_uuid", {}, [UUID(int=5).hex], UUID(int=5)),
        ("get_param_as_uuid", {}, ["5"], INVALID),
        ("get_param_as_date", {}, ["2026-01-02"], date(2026, 1, 2)),
        ("get_param_as_date", {}, ["2026-02-30"], INVALID),
        (
            "get_param_as_datetime",
            {"format_string": "%Y"},
            ["2026"],
            datetime(2026, 1, 1),
        ),
        ("get_param_as_datetime", {}, ["2026-01-02T03:04:05"], INVALID),
        ("get_param_as_json", {}, ['{"x":null}'], {"x": None}),
        ("get_param_as_json", {}, ["{"], INVALID),
        ("get_param_as_media", {}, ["[1]"], [1]),
        ("get_param_as_media", {"media_type": "application/json"}, [""], INVALID),
        ("get_param_as_list", {}, ["1,2"], ["1,2"]),
        ("get_param_as_list", {"delimiter": "pipeDelimited"}, ["1|2"], ["1", "2"]),
        ("get_param_as_list", {"delimiter": ","}, ["1,2", "3"], ["1,2", "3"]),
        ("get_param_as_list", {"transform": int}, ["1", "2"], [1, 2]),
        ("get_param_as_list", {"transform": int}, ["1", "x"], INVALID),
        ("get_param_as_dict", {}, ["k", "1", "m", "2"], {"k": "1", "m": "2"}),
        ("get_param_as_dict", {"delimiter": ","}, ["k,1,m,2"], {"k": "1", "m": "2"}),
        ("get_param_as_dict", {}, ["k", "1", "m"], INVALID),
    ],
)
def test_a_value_is_given_and_stored_unless_it_is_a_400(
    getter: str, arguments: dict[str, Any], values: list[str], expected: Any
) -> None:
    text = outcome(by_getter(getter, store={}, **arguments), repeated("a", values))
    if expected is not INVALID:
        expected = shown([expected, {"a": expected}])
    assert text == expected


@requirement("falcon:request:get-param-as-float-nan")
@pytest.mark.parametrize("limits", [{"min_value": 1}, {"max_value": 1}])
def test_what_is_no_number_is_outside_of_any_limits(limits: dict[str, Any]) -> None:
    read = by_getter("get_param_as_float", **limits)
    assert outcomes(read, query("a=nan")) == (shown([float("nan"), {}]), INVALID)
    assert outcome(by_getter("get_param_as_float"), query("a=nan")) == shown(
        [float("nan"), {}]
    )


@requirement("falcon:request:get-param-delimiter")
@pytest.mark.parametrize("getter", ["get_param_as_list", "get_param_as_dict"])
def test_a_delimiter_that_there_is_not_is_an_error_whatever_is_sent(
    getter: str,
) -> None:
    read = by_getter(getter, delimiter=";")
    error = raised("ValueError")
    assert outcome(read, query("a=1;2")) == error
    assert outcomes(read, query("b=1")) == (shown([None, {}]), error)


# Objects.

KEYS = st.sampled_from(["a[k]", "a[m]", "a[]", "a[k][m]", "a", "ab[k]", "a["])


@requirement("falcon:request:get-param-as-dict-deep")
@given(
    st.dictionaries(KEYS, st.sampled_from("12")),
    st.booleans(),
    st.booleans(),
)
def test_a_deep_object_has_its_keys_in_brackets(
    fields: dict[str, str], required: bool, allow_multiple: bool
) -> None:
    read = by_getter(
        "get_param_as_dict",
        deep_object=True,
        required=required,
        allow_multiple=allow_multiple,
    )
    outcome(read, query("&".join(map("=".join, fields.items()))))


@requirement("falcon:request:get-param-as-dict-deep")
def test_a_deep_object_is_a_dictionary() -> None:
    read = by_getter("get_param_as_dict", deep_object=True, store={})
    value = {"k": "1", "m]": "2"}
    text = outcome(read, query("a%5Bk%5D=1&a=0&a[m]]=2&b[k]=3"))
    assert text == shown([value, {"a": value}])
    required = by_getter("get_param_as_dict", deep_object=True, required=True)
    assert outcome(required, query("a=0&b[k]=1")) == MISSING
    single = by_getter("get_param_as_dict", deep_object=True, allow_multiple=False)
    assert outcome(single, query("a[k]=1&a[k]=2")) == INVALID


@requirement("falcon:request:get-param-as-dict-deep-repeated")
@requirement("falcon:request:get-param-as-dict-store")
def test_the_last_value_of_a_key_counts_and_a_default_is_not_stored() -> None:
    deep = by_getter("get_param_as_dict", deep_object=True)
    texts = outcomes(deep, query("a[k]=1&a[k]=2"))
    assert texts == (shown([{"k": "1"}, {}]), shown([{"k": "2"}, {}]))
    stored = by_getter("get_param_as_dict", store={}, default={"k": "1"})
    texts = outcomes(stored)
    assert texts == (shown([{"k": "1"}, {"a": {"k": "1"}}]), shown([{"k": "1"}, {}]))


@requirement("falcon:request:get-param-as-media")
@requirement("falcon:request:get-query-string-as-media")
def test_a_media_type_without_a_handler_is_the_applications_mistake() -> None:
    def read(req: Any) -> str:
        try:
            return str(req.get_param_as_media("a", "text/x"))
        except ValueError:
            return "ValueError"

    assert outcome(read, query("a=1")) == shown("ValueError")

    def read_all(req: Any) -> str:
        try:
            return str(req.get_query_string_as_media("text/x"))
        except ValueError:
            return "ValueError"

    assert outcome(read_all, query("1")) == shown("ValueError")


# The whole query string.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@requirement("falcon:request:get-query-string-as-media")
@requirement("falcon:request:get-param-as-json")
@given(JSON)
def test_a_query_string_is_read_as_media(value: Any) -> None:
    encoded = quote(orjson.dumps(value))
    whole = outcome(lambda req: req.get_query_string_as_media(), query(encoded))
    part = outcome(lambda req: req.get_param_as_json("a"), query(f"a={encoded}"))
    assert whole == part == shown(value)


@requirement("falcon:request:get-query-string-as-media")
def test_an_empty_query_string_is_a_400_unless_there_is_a_default() -> None:
    error = "400 Bad Request", "Invalid JSON"
    text = outcome(lambda req: req.get_query_string_as_media())
    assert text == raised("MediaNotFoundError", *error)
    text = outcome(lambda req: req.get_query_string_as_media(default_when_empty=None))
    assert text == shown(None)

    def with_default(req: Any) -> Any:
        return req.get_query_string_as_media(default_when_empty=None)

    text = outcome(with_default, query("%7B"))
    assert text == raised("MediaMalformedError", *error)


@requirement("falcon:request:get-query-string-as-media-bytes")
def test_a_query_string_is_read_as_the_bytes_that_it_encodes() -> None:
    def read(req: Any) -> Any:
        return req.get_query_string_as_media("application/msgpack")

    def build(falcon: Any) -> Any:
        app = reading(read)(falcon)
        handler = falcon.media.MessagePackHandler()
        app.req_options.media_handlers["application/msgpack"] = handler
        return app

    theirs, ours = both(build, query(quote(msgpack.packb([200, "\xe9"]))))
    assert theirs.body.decode() == raised(
        "MediaMalformedError", "400 Bad Request", "Invalid MessagePack"
    )
    assert ours.body.decode() == shown([200, "\xe9"])
