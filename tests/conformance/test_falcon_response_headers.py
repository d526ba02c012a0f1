"""The headers, cookies and links of a response beside Falcon's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.apps import FRAMEWORKS, drive
from tests.conformance.differential import Answer, Build, Exchange, both, same
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import raised, shown
from tests.conformance.responses import responding, telling, told

# What a server lets through: Latin-1 without control characters.
LATIN_1 = st.characters(max_codepoint=0xFF, exclude_categories=["Cc"])
VALUES = st.text(LATIN_1, max_size=12)
TOKENS = st.text("abcXYZ019!#$%&'*+.^_`|~-", min_size=1, max_size=8)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31))


# Headers.

NAMES = st.sampled_from(["X-A", "x-a", "ETag", "Cache-Control"]) | TOKENS.filter(
    lambda name: name.lower() not in ("vary", "set-cookie")
)
TEXTS = VALUES.filter(bool)
CALLS = st.one_of(
    st.tuples(st.just("set_header"), NAMES, TEXTS | st.integers()),
    st.tuples(st.just("append_header"), NAMES, TEXTS | st.integers()),
    st.tuples(st.just("delete_header"), NAMES),
    st.tuples(st.just("get_header"), NAMES),
    st.tuples(st.just("get_header"), NAMES, VALUES),
    st.tuples(st.just("set_headers"), st.dictionaries(NAMES, TEXTS)),
    st.tuples(st.just("set_headers"), st.lists(st.tuples(NAMES, TEXTS))),
)


@requirement("falcon:response:headers")
@given(st.lists(CALLS, max_size=8))
@example(
    [("set_header", "X-A", "1"), ("append_header", "x-a", 2), ("get_header", "X-a")]
)
def test_headers_are_set_appended_to_and_deleted_by_name(
    calls: list[tuple[Any, ...]],
) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        results = [getattr(resp, name)(*arguments) for name, *arguments in calls]
        resp.headers["x-copied"] = "no"
        return results, sorted(resp.headers.items())

    found = same(telling(act), Exchange())
    assert found.status == 200
    assert found.body.startswith(b"tuple(list(")


@requirement("falcon:response:no-cookies-as-headers")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("get_header", ["Set-Cookie"]),
        ("set_header", ["set-cookie", "a=b"]),
        ("set_headers", [{"Set-Cookie": "a=b"}]),
        ("delete_header", ["SET-COOKIE"]),
    ],
)
def test_cookies_are_no_headers(name: str, arguments: list[Any]) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        return getattr(resp, name)(*arguments)

    assert told(act) == (raised("HeaderNotSupported"),) * 2


URIS = st.text(st.characters(exclude_categories=["C"]), max_size=9) | st.text(
    "/?#[]@%20aé "
)
ETAGS = TEXTS.filter(lambda text: '"' not in text)
FILENAMES = st.text(st.characters(exclude_categories=["C"], exclude_characters='"\\'))
NUMBERS = st.integers(0, 10**12)
ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "accept_ranges": VALUES,
    "cache_control": st.lists(VALUES) | st.lists(VALUES).map(tuple),
    "content_length": NUMBERS | NUMBERS.map(str),
    "content_location": URIS,
    "content_range": st.tuples(NUMBERS, NUMBERS, NUMBERS | st.just("*"))
    | st.tuples(NUMBERS, NUMBERS, NUMBERS, TOKENS).map(list),
    "content_type": TEXTS,
    "downloadable_as": FILENAMES,
    "etag": ETAGS | ETAGS.map('"{}"'.format) | ETAGS.map('W/"{}"'.format),
    "expires": TIMES | TIMES.map(lambda time: time.replace(tzinfo=UTC)),
    "last_modified": TIMES | TIMES.map(lambda time: time.replace(tzinfo=UTC)),
    "location": URIS,
    "retry_after": NUMBERS | NUMBERS.map(str),
    "vary": st.lists(TOKENS) | st.lists(TOKENS).map(tuple) | st.just("*"),
    "viewable_as": FILENAMES,
}


@requirement("falcon:response:header-attributes")
@pytest.mark.parametrize("name", ATTRIBUTES)
@settings(max_examples=40)
@given(data=st.data())
def test_common_headers_are_attributes(name: str, data: st.DataObject) -> None:
    value = data.draw(ATTRIBUTES[name])

    def act(falcon: Any, resp: Any) -> Any:
        setattr(resp, name, value)
        read, headers = getattr(resp, name), resp.headers
        setattr(resp, name, None)
        left = resp.headers
        setattr(resp, name, value)
        return left, [read], headers

    found = same(telling(act), Exchange())
    assert found.body.startswith((b"tuple(dict(), list('", b'tuple(dict(), list("'))


@requirement("falcon:response:header-attributes")
@pytest.mark.parametrize(
    ("name", "value", "header", "text"),
    [
        (
            "cache_control",
            ["no-store", "private"],
            "cache-control",
            "no-store, private",
        ),
        ("content_location", "/é ?a=b", "content-location", "/%C3%A9%20?a=b"),
        ("content_range", (0, 4, "*"), "content-range", "bytes 0-4/*"),
        ("content_range", (0, 4, 9, "lines"), "content-range", "lines 0-4/9"),
        ("downloadable_as", "a b", "content-disposition", 'attachment; filename="a b"'),
        (
            "viewable_as",
            "é",
            "content-disposition",
            "inline; filename=e_; filename*=UTF-8''%C3%A9",
        ),
        ("etag", "a", "etag", '"a"'),
        ("etag", 'W/"a"', "etag", 'W/"a"'),
        ("expires", datetime(2026, 1, 2), "expires", "Fri, 02 Jan 2026 00:00:00 GMT"),
        ("location", "/%20", "location", "/%20"),
        ("retry_after", 5, "retry-after", "5"),
        ("vary", ("A", "b"), "vary", "A, b"),
    ],
)
def test_a_header_attribute_writes_its_header(
    name: str, value: Any, header: str, text: str
) -> None:
    def act(falcon: Any, resp: Any) -> None:
        setattr(resp, name, value)

    assert same(responding(act), Exchange()).header(header) == text


EAST = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
ODD_VALUES: list[tuple[str, Any, str, str]] = [
    ("cache_control", "ab", "a, b", "ab"),
    ("vary", "ab", "a, b", "ab"),
    ("content_range", "bytes 0-1/2", "bytes b-y/t", "bytes 0-1/2"),
    ("content_range", (1, 2, 3, "lines", 5), "bytes 1-2/3", "ValueError"),
    ("content_range", (1, 2), "IndexError", "ValueError"),
    ("content_length", -1, "-1", "ValueError"),
    ("content_length", "5.0", "5.0", "ValueError"),
    ("etag", "", "IndexError", '""'),
    (
        "downloadable_as",
        'a"',
        'attachment; filename="a""',
        r'attachment; filename="a\""',
    ),
    ("viewable_as", "\\", r'inline; filename="\"', r'inline; filename="\\"'),
    ("expires", EAST, "Fri, 02 Jan 2026 03:00:00 GMT", "Fri, 02 Jan 2026 01:00:00 GMT"),
    ("last_modified", "now", "AttributeError", "now"),
    ("retry_after", EAST, "2026-01-02 03:00:00+02:00", "Fri, 02 Jan 2026 01:00:00 GMT"),
]


@requirement("falcon:response:header-attribute-values")
@pytest.mark.parametrize(("name", "value", "theirs", "ours"), ODD_VALUES)
def test_an_attribute_checks_what_it_is_given_and_writes_it_by_its_syntax(
    name: str, value: Any, theirs: str, ours: str
) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        setattr(resp, name, value)
        return getattr(resp, name)

    expected = (raised(e) if e.endswith("Error") else shown(e) for e in (theirs, ours))
    assert told(act) == tuple(expected)


@requirement("falcon:response:header-syntax")
@pytest.mark.parametrize(
    ("name", "value"), [("X A", "1"), ("", "1"), ("X:", "1"), ("é", "1"), ("X-A", "日")]
)
def test_a_name_is_a_token_and_a_value_is_latin_1(name: str, value: str) -> None:
    theirs, ours = told(lambda falcon, resp: resp.set_header(name, value))
    assert (theirs, ours) == ("None", raised("ValueError"))


@requirement("falcon:response:append")
@pytest.mark.parametrize(
    ("name", "first", "second", "theirs", "ours"),
    [
        ("X-A", "a", "b", "a, b", "a, b"),
        ("X-A", "", "b", ", b", "b"),
        ("Vary", "A", "a, B", "A, a, B", "A, B"),
    ],
)
def test_what_is_appended_makes_neither_an_empty_member_nor_one_twice(
    name: str, first: str, second: str, theirs: str, ours: str
) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        resp.append_header(name, first)
        resp.append_header(name.lower(), second)
        return resp.get_header(name)

    assert told(act) == (shown(theirs), shown(ours))


@requirement("falcon:response:weak-etag")
def test_a_weak_etag_stays_weak() -> None:
    def act(falcon: Any, resp: Any) -> Any:
        resp.etag = falcon.ETag.loads('W/"a"')
        return resp.etag

    assert told(act) == (shown('"a"'), shown('W/"a"'))


@requirement("falcon:response:header-attributes")
@requirement("falcon:response:delete-twice")
def test_an_attribute_that_is_deleted_is_none() -> None:
    def act(falcon: Any, resp: Any) -> Any:
        resp.etag = "a"
        del resp.etag
        return resp.etag

    def delete(falcon: Any, resp: Any) -> None:
        del resp.etag

    assert told(act) == ("None", "None")
    assert told(delete) == (raised("KeyError"), "None")


INJECTIONS: dict[str, Callable[[Any, str], Any]] = {
    "set_header": lambda resp, text: resp.set_header("X-A", text),
    "append_header": lambda resp, text: resp.append_header("X-A", text),
    "set_headers": lambda resp, text: resp.set_headers({"X-A": text}),
    "content_type": lambda resp, text: setattr(resp, "content_type", text),
    "location": lambda resp, text: setattr(resp, "location", text),
    "downloadable_as": lambda resp, text: setattr(resp, "downloadable_as", text),
    "vary": lambda resp, text: setattr(resp, "vary", [text]),
    "target": lambda resp, text: resp.append_link(text, "next"),
    "title": lambda resp, text: resp.append_link("/", "next", title=text),
    "Set-Cookie": lambda resp, text: resp.append_header("Set-Cookie", text),
    "path": lambda resp, text: resp.set_cookie("a", "b", path=text),
    "domain": lambda resp, text: resp.unset_cookie("a", domain=text),
}


@requirement("falcon:response:no-line-breaks")
@pytest.mark.parametrize("where", INJECTIONS)
@pytest.mark.parametrize("text", ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b"])
def test_what_ends_a_header_is_refused(where: str, text: str) -> None:
    theirs, ours = told(lambda falcon, resp: INJECTIONS[where](resp, text))
    assert (theirs, ours) == ("None", raised("ValueError"))


# Cookies. Both may quote and order what they write in ways of their own: what a line says is
# compared, not the line.

Cookie = tuple[str, str, dict[str, str]]


def read_cookie(line: str) -> Cookie:
    """Give a Set-Cookie line's name, value and attributes, as a browser would."""
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    if value[:1] == '"':  # Not a browser: those who read cookies by RFC 2109.
        value = re.sub(r"\\([0-7]{3}|.)", _character, value[1:-1])
    parts = (attribute.partition("=") for attribute in attributes)
    return name, value, {key.lower(): text for key, _, text in parts}


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 8)) if match[1].isdigit() else match[1]


def cookies_of(answer: Answer) -> list[Cookie]:
    return [read_cookie(line) for name, line in answer.headers if name == "set-cookie"]


def setting(*calls: tuple[str, list[Any], dict[str, Any]], **options: Any) -> Build:
    """Give the builder of an App that calls methods of each response.

    Args:
        *calls: Names of methods, and their arguments.
        **options: Set on the App's ``resp_options``.
    """

    def act(falcon: Any, resp: Any) -> None:
        for name, value in options.items():
            setattr(resp.options, name, value)
        for method, arguments, named in calls:
            getattr(resp, method)(*arguments, **named)

    return responding(act)


ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
ATTRIBUTES_OF_COOKIES: dict[str, st.SearchStrategy[Any]] = {
    "expires": TIMES | TIMES.map(lambda time: time.replace(tzinfo=EAST.tzinfo)),
    "max_age": st.integers(-9, 99).filter(bool) | st.sampled_from(["7", 7.9]),
    "domain": st.sampled_from(["example.org", ".example.org", ""]),
    "path": st.text(ASCII.filter(lambda char: char != ";")).map(str.strip),
    "secure": st.booleans() | st.none(),
    "http_only": st.booleans(),
    "same_site": st.sampled_from(["Strict", "lax", "NONE", "", None]),
    "partitioned": st.booleans(),
}


@requirement("falcon:cookies:set")
@given(
    st.lists(
        st.tuples(
            TOKENS,
            st.text(ASCII),
            st.fixed_dictionaries({}, optional=ATTRIBUTES_OF_COOKIES),
        ),
        max_size=3,
        unique_by=lambda cookie: cookie[0],
    ),
    st.booleans(),
)
@example([("a", 'b"c\\;', {}), ("b", "", {"max_age": 7, "secure": False})], True)
def test_cookies_say_the_same(
    cookies: list[tuple[str, str, dict[str, Any]]], secure: bool
) -> None:
    calls = [("set_cookie", [name, value], named) for name, value, named in cookies]
    build = setting(*calls, secure_cookies_by_default=secure)
    theirs, ours = (cookies_of(each) for each in both(build, Exchange()))
    assert sorted(ours, key=repr) == sorted(theirs, key=repr)
    assert {found[:2] for found in ours} == {cookie[:2] for cookie in cookies}
    for name, _, attributes in ours:
        named = next(cookie[2] for cookie in cookies if cookie[0] == name)
        wanted = named.get("secure")
        assert ("secure" in attributes) is (secure if wanted is None else wanted)
        assert ("httponly" in attributes) is named.get("http_only", True)


_ATTRIBUTES = {"comment", "domain", "expires", "httponly", "max-age", "partitioned"}
_ATTRIBUTES |= {"path", "samesite", "secure", "version"}


@requirement("falcon:cookies:names")
@given(st.text() | st.sampled_from(["path", "Max-Age", "$a", "__Host-a", 5, None]))
@example("")
@example("a b")
@example("SECURE")
def test_a_cookies_name_is_a_token_and_no_attribute(name: Any) -> None:
    if isinstance(name, str):
        name = name.replace(":", "")  # see the requirement on colons
    theirs, ours = told(lambda falcon, resp: resp.set_cookie(name, "value"))
    assert ours == theirs
    valid = isinstance(name, str) and re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.A)
    if valid and name.lower() in _ATTRIBUTES:
        valid = None
    assert ours == ("None" if valid else raised("KeyError"))


@requirement("falcon:cookies:set")
@requirement("falcon:cookies:colon")
@requirement("falcon:cookies:scope")
@pytest.mark.parametrize(
    ("arguments", "theirs", "ours"),
    [
        ({"value": 5}, "ValueError", "ValueError"),
        ({"same_site": "x"}, "ValueError", "ValueError"),
        ({"max_age": "x"}, "ValueError", "ValueError"),
        ({"name": "a:b"}, None, "KeyError"),
        ({"path": "/; Secure"}, None, "ValueError"),
        ({"domain": "a;b"}, None, "ValueError"),
        ({"domain": "é"}, None, "ValueError"),
    ],
)
def test_what_no_cookie_may_have_is_refused(
    arguments: dict[str, Any], theirs: str | None, ours: str | None
) -> None:
    named = {"name": "a", "value": "b", **arguments}
    found = told(lambda falcon, resp: resp.set_cookie(**named))
    assert found == tuple(raised(e) if e else "None" for e in (theirs, ours))


@requirement("falcon:cookies:replace")
@requirement("falcon:cookies:max-age-zero")
@requirement("falcon:cookies:unset")
@pytest.mark.parametrize(
    ("calls", "theirs", "ours"),
    [
        ([{"max_age": 0}], "secure httponly", "max-age=0 secure httponly"),
        (
            [{"path": "/x", "max_age": 5}, {}],
            "path=/x max-age=5 secure httponly",
            "secure httponly",
        ),
        ([None], "expires samesite=Lax", "expires max-age=0 samesite=Lax"),
        (
            [{"path": "/x"}, None],
            "path=/x expires samesite=Lax secure httponly",
            "expires max-age=0 samesite=Lax",
        ),
    ],
)
def test_the_last_call_alone_says_what_a_cookie_is(
    calls: list[dict[str, Any] | None], theirs: str, ours: str
) -> None:
    check_attributes(
        [
            ("unset_cookie", ["a"], {})
            if named is None
            else ("set_cookie", ["a", "b"], named)
            for named in calls
        ],
        theirs,
        ours,
    )


@requirement("falcon:cookies:unset")
@pytest.mark.parametrize(
    ("name", "named", "theirs", "ours"),
    [
        ("a", {"path": "/", "same_site": ""}, "path=/", "max-age=0 path=/"),
        ("a", {"domain": "a.b", "same_site": ""}, "domain=a.b", "max-age=0 domain=a.b"),
        ("a", {"same_site": "None"}, "samesite=None", "max-age=0 secure samesite=None"),
        ("a", {"same_site": None}, "samesite=None", "max-age=0"),
        ("__Host-a", {"same_site": ""}, "", "max-age=0 secure"),
    ],
)
def test_a_cookie_is_unset_so_that_a_browser_obeys(
    name: str, named: dict[str, Any], theirs: str, ours: str
) -> None:
    calls = [("unset_cookie", [name], named)]
    check_attributes(calls, f"expires {theirs}", f"expires {ours}")


def check_attributes(calls: list[Any], theirs: str, ours: str) -> None:
    """Compare the attributes of the cookie; ``expires`` stands for any time in the past."""
    for answer, expected in zip(
        both(setting(*calls), Exchange()), (theirs, ours), strict=True
    ):
        [(_, _, attributes)] = cookies_of(answer)
        if "expires" in attributes:
            expires = parsedate_to_datetime(attributes["expires"])
            assert expires <= datetime.now(UTC)
            assert (expires.year == 1970) is (expected is ours)
            attributes["expires"] = ""
        words = [f"{key}={text}".rstrip("=") for key, text in attributes.items()]
        assert sorted(words) == sorted(expected.split())


@requirement("falcon:cookies:unset")
@pytest.mark.parametrize(
    ("named", "theirs", "ours"),
    [
        ({"samesite": "Lax"}, raised("DeprecatedWarning"), raised("TypeError")),
        ({"same_site": "x"}, "None", raised("ValueError")),
        ({"partitioned": True}, raised("TypeError"), "None"),
    ],
)
def test_unset_cookie_takes_what_set_cookie_takes(
    named: dict[str, Any], theirs: str, ours: str
) -> None:
    assert told(lambda falcon, resp: resp.unset_cookie("a", **named)) == (theirs, ours)


def set_cookie_lines(calls: list[Any]) -> list[list[str]]:
    """Give the pairs of the Set-Cookie lines in their order, in Falcon and here."""
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "headers": []}
    scope |= {"method": "GET", "path": "/", "http_version": "1.1", "query_string": b""}
    found = []
    for framework in FRAMEWORKS:
        sent, _ = drive(setting(*calls)(framework), scope, {"type": "http.request"})
        lines = [value for name, value in sent[0]["headers"] if name == b"set-cookie"]
        found.append([line.decode().partition(";")[0] for line in lines])
    return found


@requirement("falcon:cookies:quoting")
@requirement("falcon:cookies:non-ascii")
def test_values_are_quoted_only_where_they_have_to_be() -> None:
    values = ["", "a=b", "{}", "a/b?c", "a b", 'a"b\\', "a;,b"]
    theirs, ours = set_cookie_lines(
        [("set_cookie", [f"c{n}", value], {}) for n, value in enumerate(values)]
    )
    quoted = [r'"a b"', r'"a\"b\\"', r'"a\073\054b"']
    assert theirs == [
        f"c{n}={v}" for n, v in enumerate(['""', '"a=b"', '"{}"', '"a/b?c"', *quoted])
    ]
    assert ours == [f"c{n}={v}" for n, v in enumerate([*values[:4], *quoted])]
    outcomes = told(lambda falcon, resp: resp.set_cookie("a", "é"))
    assert outcomes == (raised("ValueError"), "None")
    answer = both(setting(("set_cookie", ["a", "日é"], {})), Exchange())[1]
    assert cookies_of(answer)[0][1].encode("latin-1").decode() == "日é"


@requirement("falcon:cookies:appended")
@requirement("falcon:cookies:appended-order")
def test_lines_that_are_appended_are_sent_as_they_are() -> None:
    calls: list[Any] = [
        ("set_cookie", ["b", "1"], {}),
        ("append_header", ["Set-Cookie", "z=2; Secure"], {}),
        ("set_cookie", ["a", "3"], {}),
        ("append_header", ["set-cookie", "z=4"], {}),
        ("set_cookie", ["b", "5"], {}),
    ]
    theirs, ours = set_cookie_lines(calls)
    assert theirs == ["z=2", "z=4", "b=5", "a=3"]
    assert ours == ["b=5", "z=2", "a=3", "z=4"]


# Links.

LINK: dict[str, st.SearchStrategy[Any]] = {
    "title": st.text(LATIN_1).map(lambda text: re.sub(r'["\\]', "", text)),
    "title_star": st.tuples(st.sampled_from(["", "en", "de-CH"]), st.text(max_size=5)),
    "anchor": URIS,
    "hreflang": TOKENS | st.lists(TOKENS, min_size=1),
    "type_hint": st.sampled_from(["text/html", "image/png"]),
    "crossorigin": st.sampled_from(["anonymous", "use-credentials", "Anonymous", "x"]),
    "link_extension": st.lists(st.tuples(TOKENS, TOKENS), min_size=1),
}
RELATIONS = TOKENS | URIS.map(lambda uri: f"https://example.org/{''.join(uri.split())}")


@requirement("falcon:response:links")
@given(
    st.lists(
        st.tuples(URIS, RELATIONS, st.fixed_dictionaries({}, optional=LINK)),
        min_size=1,
        max_size=2,
    )
)
@example(
    [
        (
            "/é",
            "next",
            {"title": "é", "title_star": ("de", "é"), "crossorigin": "anonymous"},
        )
    ]
)
def test_links_are_written_alike(links: list[tuple[str, str, dict[str, Any]]]) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        for target, rel, named in links:
            resp.append_link(target, rel, **named)
        return resp.headers

    theirs, ours = told(act)
    assert ours == theirs
    refused = any(named.get("crossorigin") == "x" for _, _, named in links)
    assert ours.startswith(raised("ValueError") if refused else "dict('link': ")


@requirement("falcon:response:links")
@requirement("falcon:response:link-syntax")
@pytest.mark.parametrize(
    ("rel", "named", "theirs", "ours"),
    [
        ("next", {}, "rel=next", "rel=next"),
        (
            "next",
            {"anchor": "/b c"},
            'rel=next; anchor="/b%20c"',
            'rel=next; anchor="/b%20c"',
        ),
        ("next prev", {}, "rel=next prev", 'rel="next prev"'),
        ("n", {"title": 'a"b'}, 'rel=n; title="a"b"', r'rel=n; title="a\"b"'),
        ("n", {"hreflang": []}, "rel=n; ", "rel=n"),
        ("n", {"link_extension": []}, "rel=n; ", "rel=n"),
        ("n", {"link_extension": [("a", "b c")]}, "rel=n; a=b c", 'rel=n; a="b c"'),
        ("n", {"link_extension": [("a b", "c")]}, "rel=n; a b=c", "ValueError"),
    ],
)
def test_a_links_parameters_are_quoted_and_checked(
    rel: str, named: dict[str, Any], theirs: str, ours: str
) -> None:
    def act(falcon: Any, resp: Any) -> Any:
        resp.append_link("/é", rel, **named)
        return resp.get_header("Link").partition("; ")[2]

    expected = (raised(e) if e == "ValueError" else shown(e) for e in (theirs, ours))
    assert told(act) == tuple(expected)
