"""What a request says of itself, but for query and body, compared with Falcon."""

from typing import Any

import falcon
import msgpack
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import falconws.core
from tests.conformance.differential import Exchange, both, same
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import (
    attempt,
    attribute,
    joined,
    outcome,
    outcomes,
    raised,
    reading,
    sent,
    shown,
)

# What the request is.


@requirement("falcon:request:attributes")
@requirement("falcon:request:own-attributes")
def test_a_request_shows_what_was_asked_for() -> None:
    def read(req: Any) -> list[Any]:
        req.anything = "mine"
        plain = attribute(
            "method", "path", "query_string", "content_type", "is_websocket", "anything"
        )
        return [*plain(req), req.scope["type"], req.options.default_media_type]

    exchange = Exchange("/a b", "PUT", b"x=1", [("Content-Type", "a/b")])
    assert outcome(read, exchange) == shown(
        ["PUT", "/a b", "x=1", "a/b", False, "mine", "http", "application/json"]
    )


@requirement("falcon:request:empty-path")
@requirement("falcon:request:trailing-slash")
@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("path", ["", "/", "/a", "/a/", "/a//", "//"])
def test_an_empty_path_is_the_root_and_a_trailing_slash_stays_unless_it_is_unwanted(
    path: str, strip: bool
) -> None:
    options = {"strip_url_path_trailing_slash": strip}
    text = outcome(attribute("path"), Exchange(path), **options)
    stripped = path.removesuffix("/") if strip and len(path) > 1 else path
    assert text == shown(stripped or "/")


@requirement("falcon:request:uri-template")
@requirement("falcon:request:context-type")
def test_a_request_has_the_routes_template_and_a_context_of_its_classs_type() -> None:
    def build(falcon: Any) -> Any:
        class Request(falcon.asgi.Request):  # type: ignore[misc]
            context_type = dict

        class Resource:
            async def on_get(self, req: Any, resp: Any, room: str) -> None:
                req.context["room"] = room
                resp.media = [req.uri_template, req.context]

        app = falcon.asgi.App(request_type=Request)
        app.add_route("/rooms/{room}", Resource())
        return app

    assert same(build, Exchange("/rooms/7")).body == b'["/rooms/{room}",{"room":"7"}]'


@requirement("falcon:request:context")
def test_a_context_is_read_by_attribute_and_by_key() -> None:
    def read(req: Any) -> list[Any]:
        req.context.user = "ann"
        req.context["room"] = 7
        return [req.context["user"], req.context.room, sorted(req.context)]

    assert outcome(read) == shown(["ann", 7, ["room", "user"]])


@requirement("falcon:request:websocket")
async def test_the_handshake_of_a_websocket_is_a_get_without_a_body() -> None:
    scope = {"type": "websocket", "path": "/chat", "query_string": b"", "headers": []}
    read = attribute("method", "is_websocket", "scheme", "path")
    for framework in (falcon, falconws.core):
        req = framework.asgi.Request(dict(scope), None)
        assert await attempt(read, req) == shown(["GET", True, "ws", "/chat"])
        assert await attempt(attribute("stream"), req) == raised("UnsupportedError")


@requirement("falcon:request:wsgi-only")
@requirement("falcon:request:auto-parse-form")
def test_what_only_wsgi_has_is_an_error_that_says_what_to_take_instead() -> None:
    def message(req: Any) -> str:
        try:
            req.log_error("gone")
        except NotImplementedError as exc:
            return str(exc)
        return ""

    assert outcome(attribute("env")) == raised("AttributeError")
    theirs, ours = outcomes(message)
    assert ("getLogger" in theirs, "getLogger" in ours) == (False, True)
    assert hasattr(falcon.RequestOptions(), "auto_parse_form_urlencoded")
    assert not hasattr(falconws.core.RequestOptions(), "auto_parse_form_urlencoded")


# Where it was sent to.

HOSTS = st.sampled_from(
    ["example.org", "a.b.example.org", "localhost", "[::1]", "EXAMPLE", "x_y.z.", ""]
)
SERVERS = [("example.com", 80), ("example.com", 443), ["a.example.com", 8000], None]
LOCATION = attribute(
    "scheme",
    "host",
    "port",
    "netloc",
    "subdomain",
    "root_path",
    "prefix",
    "relative_uri",
    "uri",
    "url",
    "forwarded_scheme",
    "forwarded_host",
    "forwarded_prefix",
    "forwarded_uri",
)


@requirement("falcon:request:host")
@requirement("falcon:request:scheme")
@requirement("falcon:request:subdomain")
@requirement("falcon:request:uri")
@given(
    st.none() | st.builds("{}{}".format, HOSTS, st.sampled_from(["", ":8000", ":1"])),
    st.fixed_dictionaries(
        {
            "server": st.sampled_from(SERVERS),
            "root_path": st.sampled_from(["", "/app"]),
            "path": st.sampled_from(["/", "/a b/", "/\xe9"]),
            "query_string": st.sampled_from([b"", b"a=1&b=%20", b"?"]),
        },
        optional={"scheme": st.sampled_from(["http", "https", "ws", "wss"])},
    ),
)
def test_a_request_tells_where_it_was_sent_to(
    host: str | None, scope: dict[str, Any]
) -> None:
    headers = [] if host is None else [("Host", host)]
    outcome(LOCATION, sent(*headers, **scope))


@requirement("falcon:request:host")
@requirement("falcon:request:scheme")
@requirement("falcon:request:subdomain")
@requirement("falcon:request:uri")
@pytest.mark.parametrize(
    ("host", "scope", "expected"),
    [
        ("a.b.org:81", {}, ["http", "a.b.org", 81, "a.b.org:81", "a"]),
        ("b", {"scheme": "https"}, ["https", "b", 443, "b", None]),
        ("[::1]:8000", {}, ["http", "::1", 8000, "[::1]:8000", None]),
        (None, {"server": ("b", 81)}, ["http", "b", 81, "b:81", None]),
        (None, {"server": None}, ["http", "localhost", 80, "localhost", None]),
    ],
)
def test_a_location_is_that_of_the_host_header_or_of_the_server(
    host: str | None, scope: dict[str, Any], expected: list[Any]
) -> None:
    headers = [] if host is None else [("Host", host)]
    path = {"path": "/b", "root_path": "/a", "query_string": b"x=1"}
    prefix = f"{expected[0]}://{expected[3]}/a"
    addresses = ["/a", prefix, "/a/b?x=1", f"{prefix}/b?x=1", f"{prefix}/b?x=1"]
    forwarded = [expected[0], expected[3], prefix, f"{prefix}/b?x=1"]
    text = outcome(LOCATION, sent(*headers, **path, **scope))
    assert text == shown([*expected, *addresses, *forwarded])


@requirement("falcon:request:root-path")
def test_the_root_path_is_no_part_of_what_is_routed() -> None:
    def build(framework: Any) -> Any:
        class Resource:
            async def on_get(self, req: Any, resp: Any) -> None:
                resp.text = req.path

        app = framework.asgi.App()
        app.add_route("/b", Resource())
        return app

    mounted = Exchange("/a/b", scope={"root_path": "/a"})
    theirs, ours = both(build, mounted)
    assert (theirs.status, ours.status, ours.body) == (404, 200, b"/b")
    assert same(build, Exchange("/b", scope={"root_path": "/a"})).body == b"/b"


@requirement("falcon:request:root-path-alias")
def test_the_old_name_of_the_root_path_needs_no_warning() -> None:
    with pytest.warns(falcon.util.DeprecatedWarning) as caught:
        text = outcome(attribute("app"), sent(root_path="/a"))
    assert text == shown("/a")
    assert len(caught) == 1  # theirs


@requirement("falcon:request:host-malformed")
@requirement("falcon:request:host-default-port")
@requirement("falcon:request:host-bare-ipv6")
@requirement("falcon:request:server-unix")
@requirement("falcon:request:subdomain-address")
@pytest.mark.parametrize(
    ("names", "exchange", "theirs", "ours"),
    [
        (["port"], sent(("Host", "b:x")), raised("ValueError"), "8000"),
        (["port"], sent(("Host", "b:99999")), "99999", "8000"),
        (["host"], sent(("Host", "[::1")), "'::'", "'example.org'"),
        (["netloc"], sent(("Host", "b:80")), "'b:80'", "'b'"),
        (["netloc"], sent(("Host", "b:")), "'b:'", "'b'"),
        (["netloc"], sent(("Host", "::1")), "'::1'", "'[::1]'"),
        (["netloc"], sent(server=("::1", 81)), "'::1:81'", "'[::1]:81'"),
        (["netloc"], sent(server=("/s", None)), "'/s:None'", "'/s'"),
        (["port"], sent(server=("/s", None)), "None", "80"),
        (["subdomain"], sent(("Host", "192.0.2.1")), "'192'", "None"),
        (["subdomain"], sent(("Host", "[::ffff:192.0.2.1]")), "'::ffff:192'", "None"),
    ],
)
def test_a_location_is_one_that_can_be_written_into_a_url(
    names: list[str], exchange: Exchange, theirs: str, ours: str
) -> None:
    assert outcomes(attribute(*names), exchange) == (theirs, ours)


# Where it came from.

NODES = st.sampled_from(
    [
        "192.0.2.60",
        "unknown",
        "_hidden",
        '"192.0.2.43:47011"',
        '"[2001:db8::17]:4711"',
        '"[2001:db8::17]"',
        '"unknown:8"',
    ]
)
PAIRS = (
    st.builds("{}={}".format, st.sampled_from(["for", "By", "BY", "For"]), NODES)
    | st.sampled_from(["proto=http", "Proto=HTTPS", 'proto="wss"', "host=b.example"])
    | st.sampled_from(['host="b:80"', 'host="[::1]:80"', 'ext="a,b;c"', 'x="\\""'])
)
FORWARDED = joined(joined(PAIRS, ";", "; ", " ; "), ",", ", ", " ,")
PROXIES = attribute(
    "forwarded",
    "access_route",
    "remote_addr",
    "forwarded_scheme",
    "forwarded_host",
    "forwarded_prefix",
    "forwarded_uri",
)


@requirement("falcon:request:forwarded")
@requirement("falcon:request:forwarded-uri")
@requirement("falcon:request:access-route")
@given(FORWARDED, st.sampled_from([("192.0.2.60", 5), ("::1", 5), None]))
def test_each_proxy_of_a_forwarded_header_is_read(value: str, client: object) -> None:
    # Without that header these two would count.
    others = [("X-Forwarded-Host", "x"), ("X-Forwarded-For", "192.0.2.1")]
    outcome(PROXIES, sent(("Forwarded", value), *others, client=client))


@requirement("falcon:request:forwarded")
@requirement("falcon:request:forwarded-uri")
@requirement("falcon:request:access-route")
@requirement("falcon:request:remote-addr")
def test_a_forwarded_header_is_read() -> None:
    value = 'for="[2001:db8::17]:47";proto=HTTPS;host="a:81";by=_b, for=192.0.2.60'
    hops = [
        ("[2001:db8::17]:47", "_b", "a:81", "https"),
        ("192.0.2.60", None, None, None),
    ]
    route = ["2001:db8::17", "192.0.2.60", "192.0.2.7"]
    uris = ["https", "a:81", "https://a:81", "https://a:81/"]
    text = outcome(PROXIES, sent(("Forwarded", value)))
    assert text == shown([hops, route, route[-1], *uris])


@requirement("falcon:request:x-forwarded")
@requirement("falcon:request:access-route")
@requirement("falcon:request:remote-addr")
@given(
    st.dictionaries(
        st.sampled_from(["X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"]),
        st.sampled_from(["b.example", "HTTPS", "192.0.2.1", "_x"]),
    ),
    st.none()
    | joined(st.sampled_from(["192.0.2.7", "::1", "unknown"]), ",", ", ", " ,"),
    st.sampled_from([("192.0.2.7", 5), ["::1", 5], None]),
)
def test_what_proxies_say_in_headers_of_their_own_is_read(
    headers: dict[str, str], route: str | None, client: object
) -> None:
    if route is not None:
        headers = headers | {"X-Forwarded-For": route}
    outcome(PROXIES, sent(*headers.items(), client=client))


@requirement("falcon:request:x-forwarded")
@requirement("falcon:request:access-route")
@requirement("falcon:request:remote-addr")
@pytest.mark.parametrize(
    ("name", "headers", "expected"),
    [
        ("forwarded", [], None),
        (
            "forwarded_prefix",
            [("X-Forwarded-Proto", "HTTPS")],
            "https://example.org:8000",
        ),
        ("forwarded_prefix", [("X-Forwarded-Host", "b:81")], "http://b:81"),
        ("access_route", [], ["192.0.2.7"]),
        ("access_route", [("X-Real-IP", "a")], ["a", "192.0.2.7"]),
        (
            "access_route",
            [("X-Forwarded-For", "b, c"), ("X-Real-IP", "a")],
            ["b", "c", "192.0.2.7"],
        ),
        ("access_route", [("X-Forwarded-For", "192.0.2.7")], ["192.0.2.7"]),
        ("remote_addr", [("X-Forwarded-For", "192.0.2.1")], "192.0.2.7"),
    ],
)
def test_the_peer_is_the_last_of_those_that_the_request_came_by(
    name: str, headers: list[tuple[str, str]], expected: object
) -> None:
    assert outcome(attribute(name), sent(*headers)) == shown(expected)


@requirement("falcon:request:forwarded-malformed")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ("for=192.0.2.4:80", ["192.0.2.4"], ["192.0.2.4:80"]),
        ("for=[::1]:80", [], ["[::1]:80"]),
        ("garbage;for=a, for=b", ["b"], ["a", "b"]),
        ("for=a b;for=c, for=d", ["a", "d"], ["c", "d"]),
    ],
)
def test_a_proxy_is_found_behind_what_is_malformed(
    value: str, theirs: list[str], ours: list[str]
) -> None:
    def read(req: Any) -> list[str]:
        return [hop.src for hop in req.forwarded]

    texts = outcomes(read, sent(("Forwarded", value)))
    assert texts == (shown(theirs), shown(ours))


PEER = "192.0.2.7"


@requirement("falcon:request:x-forwarded-list")
@requirement("falcon:request:access-route-ports")
@requirement("falcon:request:access-route-obfuscated-port")
@requirement("falcon:request:access-route-empty")
@requirement("falcon:request:access-route-real-ip")
@pytest.mark.parametrize(
    ("name", "header", "theirs", "ours"),
    [
        ("forwarded_scheme", ("X-Forwarded-Proto", "wss, http"), "wss, http", "wss"),
        ("forwarded_scheme", ("X-Forwarded-Proto", ""), "", "http"),
        ("forwarded_host", ("X-Forwarded-Host", "a, b"), "a, b", "a"),
        ("forwarded_host", ("X-Forwarded-Host", ""), "", "example.org:8000"),
        ("access_route", ("Forwarded", 'for="_a:_b"'), None, ["_a", PEER]),
        ("access_route", ("Forwarded", 'for=""'), ["", PEER], [PEER]),
        ("access_route", ("X-Forwarded-For", "a:80"), ["a:80", PEER], ["a", PEER]),
        ("access_route", ("X-Forwarded-For", "[::1]"), ["[::1]", PEER], ["::1", PEER]),
        ("access_route", ("X-Forwarded-For", "a,,"), ["a", "", "", PEER], ["a", PEER]),
        ("access_route", ("X-Real-IP", "a, b"), ["a, b", PEER], ["a", "b", PEER]),
    ],
)
def test_an_address_on_the_way_is_an_address_alone(
    name: str, header: tuple[str, str], theirs: object, ours: object
) -> None:
    expected = raised("ValueError") if theirs is None else shown(theirs)
    assert outcomes(attribute(name), sent(header)) == (expected, shown(ours))


@requirement("falcon:request:remote-addr-empty")
def test_a_peer_without_an_address_is_on_this_machine() -> None:
    texts = outcomes(attribute("remote_addr"), sent(client=("", 0)))
    assert texts == (raised("IndexError"), shown("127.0.0.1"))
    assert outcome(attribute("remote_addr"), sent(client=None)) == shown("127.0.0.1")


# The body as media.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=6,
) | st.floats(allow_nan=False, allow_infinity=False)


def post(*chunks: bytes, content_type: str | None = None) -> Exchange:
    headers = [] if content_type is None else [("Content-Type", content_type)]
    return Exchange(method="POST", headers=headers, body=chunks)


def media(req: Any) -> Any:
    return req.get_media()


MALFORMED = raised("MediaMalformedError", "400 Bad Request", "Invalid JSON")
EMPTY = raised("MediaNotFoundError", "400 Bad Request", "Invalid JSON")
UNSUPPORTED = raised(
    "HTTPUnsupportedMediaType",
    "415 Unsupported Media Type",
    "415 Unsupported Media Type",
)


@requirement("falcon:request:get-media")
@given(JSON, st.lists(st.integers(0, 9), max_size=4))
def test_media_is_read_from_a_body_in_any_chunks(value: Any, cuts: list[int]) -> None:
    body, chunks = orjson.dumps(value), []
    for cut in cuts:
        chunks.append(body[:cut])
        body = body[cut:]
    assert outcome(media, post(*chunks, body)) == shown(value)


@requirement("falcon:request:get-media")
@given(st.text('[]{},:"01.- tnull\\', max_size=12) | st.binary(max_size=4))
def test_what_is_not_json_is_a_400(text: str | bytes) -> None:
    body = text.encode() if isinstance(text, str) else text
    outcome(media, post(body))


@requirement("falcon:request:get-media")
@requirement("falcon:request:media")
@requirement("falcon:request:get-media-default")
@pytest.mark.parametrize(
    ("body", "content_type", "value", "with_default"),
    [
        (b'{"a":1}', None, {"a": 1}, {"a": 1}),
        (b"[1]", "application/json; charset=utf-8", [1], [1]),
        (b"null", "*/*", None, None),
        (b"", None, EMPTY, "default"),
        (b" ", None, MALFORMED, MALFORMED),
        (b"{", "application/json", MALFORMED, MALFORMED),
        (b"{}", "text/plain", UNSUPPORTED, UNSUPPORTED),
    ],
)
def test_media_is_read_by_the_handler_of_its_type(
    body: bytes, content_type: str | None, value: Any, with_default: Any
) -> None:
    exchange = post(body, content_type=content_type)
    errors = (EMPTY, MALFORMED, UNSUPPORTED)
    expected = [
        each if each in errors else shown(each) for each in (value, with_default)
    ]
    assert outcome(media, exchange) == expected[0]
    assert outcome(attribute("media"), exchange) == expected[0]
    text = outcome(lambda req: req.get_media(default_when_empty="default"), exchange)
    assert text == expected[1]


@requirement("falcon:request:get-media-once")
@pytest.mark.parametrize("body", [b"[1]", b"", b"{"])
def test_media_is_read_once_and_an_error_is_raised_again(body: bytes) -> None:
    async def read(req: Any) -> list[Any]:
        found = []
        for _ in range(2):
            try:
                found.append(await req.get_media())
            except Exception as exc:
                found.append(exc)
        default = await attempt(lambda req: req.get_media(default_when_empty=7), req)
        return [found[0] is found[1], default]

    default = {b"[1]": shown([1]), b"": "7", b"{": MALFORMED}[body]
    assert outcome(read, post(body)) == shown([True, default])


@requirement("falcon:request:get-media-exhaust")
@pytest.mark.parametrize("exhaust", [False, True])
def test_what_a_handler_leaves_unread_is_thrown_away_if_it_says_so(
    exhaust: bool,
) -> None:
    def build(falcon: Any) -> Any:
        class First(falcon.media.BaseHandler):  # type: ignore[misc]
            exhaust_stream = exhaust

            async def deserialize_async(
                self, stream: Any, content_type: str, content_length: int | None
            ) -> Any:
                return await stream.read(2)

        async def read(req: Any) -> list[bytes]:
            return [await req.get_media(), await req.stream.read()]

        app = reading(read)(falcon)
        app.req_options.media_handlers["text/x"] = First()
        return app

    answer = same(build, post(b"abc", b"def", content_type="text/x"))
    rest = b"" if exhaust else b"cdef"
    assert answer.body.decode() == shown([b"ab", rest])


@requirement("falcon:request:media-json-numbers")
@requirement("falcon:request:media-json-surrogates")
@requirement("falcon:request:media-json-depth")
@pytest.mark.parametrize(
    ("body", "theirs", "ours"),
    [
        (b"NaN", "nan", MALFORMED),
        (b"-Infinity", "-inf", MALFORMED),
        (b"1e400", "inf", MALFORMED),
        (b"18446744073709551616", "18446744073709551616", "1.8446744073709552e+19"),
        (b"-9223372036854775809", "-9223372036854775809", "-9.223372036854776e+18"),
        (b"1" * 400, "1" * 400, MALFORMED),
        (b'"\\ud800"', r"'\ud800'", MALFORMED),
        (b"[" * 50_000, raised("RecursionError"), MALFORMED),
    ],
)
def test_json_is_what_the_faster_library_takes_for_it(
    body: bytes, theirs: str, ours: str
) -> None:
    assert outcomes(media, post(body)) == (theirs, ours)


@requirement("falcon:request:media-msgpack")
@requirement("falcon:request:media-type-case")
@requirement("falcon:request:media-type-range")
@pytest.mark.parametrize(
    ("content_type", "body", "theirs", "ours"),
    [
        ("application/msgpack", msgpack.packb([1]), UNSUPPORTED, shown([1])),
        ("Application/JSON", b"[1]", UNSUPPORTED, shown([1])),
        ("application/*", b"[1]", shown([1]), UNSUPPORTED),
        ("application/json, text/plain", b"[1]", shown([1]), UNSUPPORTED),
    ],
)
def test_a_content_type_names_one_type_in_any_case(
    content_type: str, body: bytes, theirs: str, ours: str
) -> None:
    assert outcomes(media, post(body, content_type=content_type)) == (theirs, ours)


@requirement("falcon:request:options")
def test_options_have_their_defaults_and_are_obeyed() -> None:
    def read(req: Any) -> list[Any]:
        options = attribute(
            "keep_blank_qs_values",
            "auto_parse_qs_csv",
            "strip_url_path_trailing_slash",
            "default_media_type",
        )
        return [*options(req.options), "application/json" in req.options.media_handlers]

    assert outcome(read) == shown([True, False, False, "application/json", True])
    assert outcome(media, post(b"[1]"), default_media_type="text/x") == UNSUPPORTED
