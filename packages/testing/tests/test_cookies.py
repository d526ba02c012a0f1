"""Cookies, as a client reads, keeps and returns them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from falconws.testing import create_scope, create_scope_ws
from falconws.testing.cookies import Cookie, CookieJar

# What a Set-Cookie header says.


def parsed(line: str) -> Cookie:
    cookie = Cookie.parse(line)
    assert cookie is not None
    return cookie


def test_a_cookie_is_its_value_as_a_string() -> None:
    cookie = parsed("a=1; Path=/")
    assert cookie == cookie.value == "1"
    assert type(cookie.value) is str
    assert {"a": cookie} == {"a": "1"}


def test_a_cookie_knows_what_the_header_says_of_it() -> None:
    cookie = parsed(
        " a = x=y ; Path=/p; DOMAIN=.A.test; Max-Age=-3; secure; HttpOnly; Partitioned;"
        "SameSite=Lax; Expires=Wed, 09 Jun 2027 10:18:14 GMT"
    )
    assert (cookie.name, cookie.value, cookie.coded_value) == ("a", "x=y", "x=y")
    assert (cookie.path, cookie.domain, cookie.max_age) == ("/p", ".A.test", -3)
    assert cookie.expires == datetime(2027, 6, 9, 10, 18, 14, tzinfo=UTC)
    assert (cookie.secure, cookie.http_only, cookie.partitioned) == (True, True, True)
    assert cookie.same_site == "Lax"


def test_what_the_header_does_not_say_is_none() -> None:
    cookie = parsed("a=")
    assert cookie == ""
    facts = ("path", "domain", "max_age", "expires", "same_site")
    assert [getattr(cookie, fact) for fact in facts] == [None] * 5
    flags = ("secure", "http_only", "partitioned")
    assert [getattr(cookie, flag) for flag in flags] == [False] * 3


@pytest.mark.parametrize("line", ["", "a", "=1", " =1", "=/", "; a=1"])
def test_a_line_without_a_name_and_a_value_is_no_cookie(line: str) -> None:
    assert Cookie.parse(line) is None


def test_attributes_that_make_no_sense_are_ignored() -> None:
    cookie = parsed("a=1; Max-Age=1.5; Expires=soon; Path=; Domain=; SameSite=")
    assert (cookie.max_age, cookie.expires, cookie.path) == (None, None, None)
    assert (cookie.domain, cookie.same_site) == (None, None)


@pytest.mark.parametrize(
    ("date", "year"),
    [
        ("Thu, 01-Jan-1970 00:00:00 GMT", 1970),
        ("Thursday, 01-Jan-70 00:00:00 GMT", 1970),
        ("Thu, 01-Jan-69 00:00:00 GMT", 2069),
        ("Thu Jan  1 00:00:00 1970", 1970),
    ],
)
def test_a_date_may_have_an_older_form(date: str, year: int) -> None:
    cookie = parsed(f"a=1; Expires={date}")
    assert cookie.expires == datetime(year, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("coded", "value"),
    [
        ('"x y"', "x y"),
        ('""', ""),
        (r'"\303\251\054\"\\"', 'é,"\\'),
        (r'"\351"', "é"),
        ('"', '"'),
        ('"a', '"a'),
        ('a"', 'a"'),
    ],
)
def test_a_value_in_quotes_is_read_and_kept_as_it_came(coded: str, value: str) -> None:
    cookie = parsed(f"a={coded}")
    assert cookie == value
    assert cookie.coded_value == coded
    scope = create_scope(cookies={"a": cookie})
    assert dict(scope["headers"])[b"cookie"] == f"a={coded}".encode()


def test_all_cookies_of_a_response_are_found_in_their_order() -> None:
    headers = [(b"Set-Cookie", b"a=1"), (b"x-cookie", b"b=2"), (b"set-cookie", b"")]
    headers.append((b"set-cookie", b"a=2; Path=/p"))
    assert [(c.name, c.path) for c in Cookie.parse_all(headers)] == [
        ("a", None),
        ("a", "/p"),
    ]


# What a jar returns.


@pytest.mark.parametrize("digits", [17, 400, 5000])
def test_an_age_may_be_longer_than_any_time(digits: int) -> None:
    browser = Browser().take(f"a=1; Max-Age={'9' * digits}")
    assert browser.cookie() == b"a=1"
    assert browser.take(f"a=1; Max-Age=-{'9' * digits}").cookie() is None


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Browser:
    """A jar with what it is asked in a test."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.jar = CookieJar(self.clock)

    def take(self, *lines: str, path: str = "/", host: str = "a.test") -> Browser:
        headers = [(b"set-cookie", line.encode("latin-1")) for line in lines]
        self.jar.store(create_scope(path, host=host), headers)
        return self

    def cookie(
        self, path: str = "/", host: str = "a.test", scheme: str = "http"
    ) -> bytes | None:
        scope = create_scope(path, host=host, scheme=scheme)
        self.jar.add_to(scope)
        return dict(scope["headers"]).get(b"cookie")


def test_a_jar_without_cookies_adds_nothing() -> None:
    assert Browser().cookie() is None


def test_a_cookie_is_returned_until_the_session_ends() -> None:
    browser = Browser().take("a=1", "b=2")
    assert browser.cookie() == browser.cookie() == b"a=1; b=2"
    assert [cookie.name for cookie in browser.jar] == ["a", "b"]
    assert len(browser.jar) == 2
    browser.jar.clear()
    assert browser.cookie() is None
    assert len(browser.jar) == 0


def test_a_cookie_that_is_set_again_is_replaced_in_its_place() -> None:
    assert Browser().take("a=1", "b=2").take("a=3").cookie() == b"a=3; b=2"


def test_a_value_is_returned_as_it_was_sent() -> None:
    assert Browser().take('a="x y"').cookie() == b'a="x y"'


@pytest.mark.parametrize(
    "end",
    [
        "Max-Age=0",
        "Max-Age=-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Max-Age=0; Expires=Wed, 09 Jun 2038 10:18:14 GMT",
    ],
)
def test_a_cookie_whose_time_is_over_is_forgotten(end: str) -> None:
    browser = Browser().take("a=1").take(f"a=; {end}")
    assert browser.cookie() is None
    assert len(browser.jar) == 0
    assert browser.take(f"b=; {end}").cookie() is None


@pytest.mark.parametrize(
    "end",
    [
        "Max-Age=60",
        "Expires=Mon, 12 Jan 1970 13:47:40 GMT",
        "Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_a_cookie_is_returned_until_its_time_is_over(end: str) -> None:
    browser = Browser().take(f"a=1; {end}")
    browser.clock.now += 59
    assert browser.cookie() == b"a=1"
    assert len(browser.jar) == 1
    browser.clock.now += 1
    assert browser.cookie() is None
    assert len(browser.jar) == 0


def test_a_cookie_without_a_domain_is_for_its_host_alone() -> None:
    browser = Browser().take("a=1", host="A.test")
    assert browser.cookie(host="a.TEST") == b"a=1"
    assert browser.cookie(host="b.a.test") is None
    assert browser.cookie(host="test") is None


@pytest.mark.parametrize("domain", ["a.test", ".a.test", "A.TEST"])
def test_a_cookie_with_a_domain_is_for_the_hosts_below_it(domain: str) -> None:
    browser = Browser().take(f"a=1; Domain={domain}", host="b.a.test")
    for host in ("a.test", "b.a.test", "c.b.a.test"):
        assert browser.cookie(host=host) == b"a=1"
    for host in ("ba.test", "test", "b.test"):
        assert browser.cookie(host=host) is None


@pytest.mark.parametrize("domain", ["b.test", "b.a.test", "st"])
def test_a_host_sets_no_cookies_of_others(domain: str) -> None:
    assert len(Browser().take(f"a=1; Domain={domain}").jar) == 0


def test_an_address_has_no_hosts_below_it() -> None:
    assert len(Browser().take("a=1; Domain=0.0.1", host="127.0.0.1").jar) == 0
    browser = Browser().take("a=1; Domain=127.0.0.1", host="127.0.0.1")
    assert browser.cookie(host="127.0.0.1") == b"a=1"


@pytest.mark.parametrize(
    ("set_at", "line", "returned_to", "not_to"),
    [
        ("/", "a=1", ["/", "/x"], []),
        ("/p", "a=1", ["/", "/x"], []),
        ("/p/q", "a=1", ["/p", "/p/", "/p/x"], ["/", "/px"]),
        ("/p/q", "a=1; Path=x", ["/p/x"], ["/x"]),
        ("/p", "a=1; Path=/x", ["/x", "/x/y"], ["/p", "/xy"]),
        ("/p", "a=1; Path=/x/", ["/x/", "/x/y"], ["/x", "/xy"]),
        ("/p", "a=1; Path=/", ["/", "/x"], []),
    ],
)
def test_a_cookie_is_for_a_path_and_what_is_below_it(
    set_at: str, line: str, returned_to: list[str], not_to: list[str]
) -> None:
    browser = Browser().take(line, path=set_at)
    assert {path: browser.cookie(path) for path in returned_to} == dict.fromkeys(
        returned_to, b"a=1"
    )
    assert {path: browser.cookie(path) for path in not_to} == dict.fromkeys(not_to)


def test_a_secure_cookie_is_returned_over_https_only() -> None:
    browser = Browser().take("a=1; Secure")
    schemes = ("http", "ws", "https", "wss")
    found = [browser.cookie(scheme=scheme) for scheme in schemes]
    assert found == [None, None, b"a=1", b"a=1"]


def test_cookies_of_one_name_are_kept_for_each_path_and_domain() -> None:
    browser = Browser().take("a=1; Path=/", "a=2; Path=/p", "a=3; Domain=a.test")
    assert browser.cookie("/p") == b"a=2; a=3"
    browser.take("a=; Path=/p; Max-Age=0")
    assert browser.cookie("/p") == b"a=3"


def test_longer_paths_come_first_and_then_what_was_set_first() -> None:
    browser = Browser().take("a=1; Path=/", "b=2; Path=/p/q", "c=3; Path=/p", "d=4")
    assert browser.cookie("/p/q") == b"b=2; c=3; a=1; d=4"


def test_what_a_request_has_goes_before_what_is_kept() -> None:
    browser = Browser().take("a=1", "b=2")
    scope = create_scope(host="a.test", cookies={"c": "4", "a": "3"})
    browser.jar.add_to(scope)
    assert dict(scope["headers"])[b"cookie"] == b"c=4; a=3; b=2"
    scope = create_scope(host="a.test", cookies={"a": "3", "b": "4"})
    browser.jar.add_to(scope)
    assert dict(scope["headers"])[b"cookie"] == b"a=3; b=4"


def test_a_handshake_gets_cookies_too() -> None:
    browser = Browser().take("a=1; Secure")
    scope = create_scope_ws(host="a.test", scheme="wss", port=8000)
    browser.jar.add_to(scope)
    assert dict(scope["headers"])[b"cookie"] == b"a=1"


def test_the_host_header_says_what_the_host_is() -> None:
    browser = Browser()
    scope = create_scope(headers={"Host": "b.test:8000"}, host="a.test")
    browser.jar.store(scope, [(b"set-cookie", b"a=1")])
    assert browser.cookie(host="b.test") == b"a=1"
    assert browser.cookie(host="a.test") is None


def test_a_request_without_a_host_header_goes_to_the_server_of_the_scope() -> None:
    browser = Browser()
    scope = create_scope(http_version="1.0", host="a.test")
    browser.jar.store(scope, [(b"set-cookie", b"a=1")])
    assert browser.cookie(host="a.test") == b"a=1"
    browser = Browser()
    scope = create_scope(http_version="1.0", include_server=False)
    browser.jar.store(scope, [(b"set-cookie", b"a=1")])
    assert browser.cookie(host="a.test") is None
    assert len(browser.jar) == 1


def test_a_scope_without_a_raw_path_has_its_path() -> None:
    scope = create_scope("/p/q")
    del scope["raw_path"]
    jar = CookieJar()
    jar.store(scope, [(b"set-cookie", b"a=1")])
    scope = create_scope("/p/x")
    jar.add_to(scope)
    assert dict(scope["headers"])[b"cookie"] == b"a=1"
