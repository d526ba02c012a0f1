"""The kit for tests, beside Falcon's: the clients, their requests and results."""

from __future__ import annotations

import asyncio
import gc
import unittest
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import falcon.testing
import pytest

import falconws.core
import falconws.testing
from tests.conformance.kits import (
    both,
    raw,
    respond,
    same,
    telling,
)
from tests.conformance.manifest import requirement

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def told(path: str = "/", key: str = "", **arguments: Any) -> Callable[[Any, Any], Any]:
    """Give the act of sending a POST to an App that tells what it got; of that a key, or all."""

    def act(framework: Any, kit: Any) -> Any:
        client = kit.TestClient(telling(framework))
        answer = client.simulate_post(path, **arguments).json
        return answer[key] if key else answer

    return act


# The clients.


@requirement("falcon:testing:client-methods")
@pytest.mark.parametrize("method", [*METHODS, "request"])
def test_a_client_has_a_method_for_each_of_http(method: str) -> None:
    def act(framework: Any, kit: Any) -> Any:
        client = kit.TestClient(telling(framework))
        arguments = ("TRACE", "/a") if method == "request" else ("/a",)
        results = [
            getattr(client, f"simulate_{method}")(*arguments, headers={"X-A": "1"}),
            getattr(client, method)(*arguments, headers={"X-A": "1"}),
        ]
        return [(r.status_code, r.headers["X-Method"]) for r in results]

    expected = "TRACE" if method == "request" else method.upper()
    assert same(act) == [(200, expected)] * 2


@requirement("falcon:testing:client-headers")
def test_headers_of_a_client_are_sent_with_every_request() -> None:
    def act(framework: Any, kit: Any) -> Any:
        client = kit.TestClient(telling(framework), headers={"X-A": "1", "X-B": "2"})
        own = client.simulate_get("/", headers={"X-B": "3"}).json["headers"]
        plain = client.simulate_get("/").json["headers"]
        return [[h["x-a"], h["x-b"]] for h in (own, plain)]

    assert same(act) == [["1", "3"], ["1", "2"]]


class Lifespan:
    def __init__(self) -> None:
        self.events: list[str] = []

    async def process_startup(self, scope: Any, event: Any) -> None:
        self.events.append("startup")

    async def process_request(self, req: Any, resp: Any) -> None:
        self.events.append("request")

    async def process_shutdown(self, scope: Any, event: Any) -> None:
        self.events.append("shutdown")


@requirement("falcon:testing:client-lifespan")
def test_each_request_of_a_client_is_a_run_of_the_application() -> None:
    def act(framework: Any, kit: Any) -> Any:
        lifespan = Lifespan()
        client = kit.TestClient(telling(framework, middleware=lifespan))
        client.simulate_get("/")
        client.simulate_get("/")
        return lifespan.events

    assert same(act) == ["startup", "request", "shutdown"] * 2


@requirement("falcon:testing:client-startup-failed")
def test_a_start_up_that_fails_is_told() -> None:
    class Broken:
        async def process_startup(self, scope: Any, event: Any) -> None:
            raise ValueError

    def act(framework: Any, kit: Any) -> Any:
        kit.TestClient(telling(framework, middleware=Broken())).simulate_get("/")

    assert same(act) == "raised RuntimeError"


@requirement("falcon:testing:client-disconnect")
def test_the_client_stays_until_the_response_is_complete() -> None:
    seen: list[bool] = []

    async def http(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        watching = asyncio.ensure_future(receive())
        done, _ = await asyncio.wait({watching}, timeout=0.05)
        seen.append(bool(done))
        watching.cancel()
        await respond(send, b"")

    both(lambda framework, kit: kit.TestClient(raw(http)).simulate_get("/"))
    assert seen == [True, False]


@requirement("falcon:testing:client-loop")
def test_a_plain_client_is_for_plain_tests() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        kit.TestClient(telling(framework)).simulate_get("/")

    with warnings.catch_warnings():  # Falcon leaves a coroutine behind.
        warnings.simplefilter("ignore")
        assert same(act) == "raised RuntimeError"
        gc.collect()


@requirement("falcon:testing:client-conductor")
@requirement("falcon:testing:conductor-lifespan")
def test_a_client_is_a_conductor_for_a_block() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        lifespan = Lifespan()
        app = telling(framework, middleware=lifespan)
        async with kit.TestClient(app, headers={"X-A": "1"}) as conductor:
            assert isinstance(conductor, kit.ASGIConductor)
            results = [await conductor.simulate_get("/") for _ in range(2)]
        await kit.ASGIConductor(app).simulate_get("/")
        return [r.json["headers"]["x-a"] for r in results], lifespan.events

    events = ["startup", "request", "request", "shutdown", "request"]
    assert same(act) == (["1", "1"], events)


@requirement("falcon:testing:client-wsgi")
def test_there_is_asgi_only() -> None:
    async def entering(framework: Any, kit: Any) -> Any:
        async with kit.TestClient(falcon.App()):
            pass

    theirs, ours = both(
        lambda _, kit: kit.TestClient(falcon.App()).simulate_get("/").status_code
    )
    assert theirs == 404
    assert ours.startswith("raised ")
    theirs, ours = both(entering)
    assert theirs == "raised CompatibilityError"
    assert ours.startswith("raised ")


@requirement("falcon:testing:simulate-functions")
@pytest.mark.parametrize("method", METHODS)
def test_requests_are_functions_too(method: str) -> None:
    def act(framework: Any, kit: Any) -> Any:
        app = telling(framework)
        results = [
            getattr(kit, f"simulate_{method}")(app, "/", headers={"X-A": "1"}),
            kit.simulate_request(app, method.upper(), "/", headers={"X-A": "1"}),
        ]
        return [(r.status_code, r.headers["X-Method"]) for r in results]

    assert same(act) == [(200, method.upper())] * 2


@requirement("falcon:testing:conductor-error")
def test_an_application_is_shut_down_after_an_error() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        lifespan = Lifespan()
        with pytest.raises(ZeroDivisionError):
            async with kit.ASGIConductor(telling(framework, middleware=lifespan)):
                raise ZeroDivisionError
        return lifespan.events

    assert both(act) == (["startup"], ["startup", "shutdown"])


@requirement("falcon:testing:conductor-methods")
@pytest.mark.parametrize("method", METHODS)
def test_a_conductor_has_coroutines(method: str) -> None:
    async def act(framework: Any, kit: Any) -> Any:
        async with kit.ASGIConductor(telling(framework)) as conductor:
            results = [
                await getattr(conductor, f"simulate_{method}")("/"),
                await getattr(conductor, method)("/"),
                await conductor.simulate_request(method.upper(), "/"),
                await conductor.request(method.upper(), "/"),
            ]
        return [r.headers["X-Method"] for r in results]

    assert same(act) == [method.upper()] * 4


@requirement("falcon:testing:stream")
@pytest.mark.parametrize("name", ["simulate_get_stream", "get_stream"])
def test_a_response_is_read_while_it_is_sent(name: str) -> None:
    async def act(framework: Any, kit: Any) -> Any:
        told: list[str] = []

        async def http(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 207})
            for chunk in (b"a", b"b"):
                event = {"type": "http.response.body", "body": chunk, "more_body": True}
                await send(event)
            while (await receive())["type"] != "http.disconnect":
                pass
            told.append("left")

        async with kit.ASGIConductor(raw(http)) as conductor:
            async with getattr(conductor, name)("/") as result:
                assert isinstance(result, kit.StreamedResult)
                read = b""
                while len(read) < 2:
                    read += await result.stream.read()
            return result.status_code, read, told

    assert same(act) == (207, b"ab", ["left"])


@requirement("falcon:testing:stream-read")
def test_reading_waits_for_something() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        go_on = asyncio.Event()

        async def http(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200})
            await go_on.wait()
            await send({"type": "http.response.body", "body": b"a"})

        async with kit.ASGIConductor(raw(http)) as conductor:
            async with conductor.simulate_get_stream("/") as result:
                asyncio.get_running_loop().call_later(0.05, go_on.set)
                first = await result.stream.read()
                await go_on.wait()
                return first, await result.stream.read()

    theirs, ours = both(act)
    assert theirs[0] == b""
    assert ours == (b"a", b"")


# Requests.


@requirement("falcon:testing:request-query")
@requirement("falcon:testing:request-params")
@pytest.mark.parametrize(
    ("path", "arguments", "query"),
    [
        ("/", {}, ""),
        ("/?a=1&b=%20", {}, "a=1&b=%20"),
        ("/", {"query_string": "a=1"}, "a=1"),
        ("/", {"params": {"a": 1, "b": "x&y"}}, "a=1&b=x%26y"),
        ("/", {"params": {"a": [1, "b"]}}, "a=1&a=b"),
        ("/", {"params": {"a": [1, "b"]}, "params_csv": True}, "a=1,b"),
        ("/", {"params": {"a": True, "b": False}}, "a=true&b=false"),
    ],
)
def test_a_query_is_given_in_one_of_three_ways(
    path: str, arguments: dict[str, Any], query: str
) -> None:
    assert same(told(path, "query", **arguments)) == query


@requirement("falcon:testing:request-query-twice")
def test_a_query_is_given_once() -> None:
    two: dict[str, Any] = {"query_string": "a=1", "params": {"b": 1}}
    theirs, ours = both(told(**two))
    assert (theirs["query"], ours) == ("a=1", "raised ValueError")
    for more in ({"query_string": "a=1"}, {"params": {"b": 1}}):
        assert same(told("/?c=1", **more)) == "raised ValueError"


@requirement("falcon:testing:request-path")
def test_a_path_begins_with_a_slash() -> None:
    assert same(told("a")) == "raised ValueError"


@requirement("falcon:testing:request-method")
def test_a_method_may_be_in_lower_case() -> None:
    def act(framework: Any, kit: Any) -> Any:
        result = kit.TestClient(telling(framework)).simulate_request("post", "/")
        return result.headers["X-Method"]

    assert same(act) == "POST"


@requirement("falcon:testing:request-headers")
@pytest.mark.parametrize(
    "headers", [{"X-A": "1", "x-b": "é"}, [("X-A", "1"), ("x-b", "é")]]
)
def test_headers_are_a_mapping_or_pairs(headers: Any) -> None:
    theirs, ours = both(told("/", "headers", headers=headers))
    for sent in (theirs, ours):
        assert (sent["x-a"], sent["x-b"]) == ("1", "é")


@requirement("falcon:testing:request-defaults")
def test_requests_go_to_a_host_that_is_nobodys() -> None:
    theirs, ours = both(told())
    for answer, kit in ((theirs, falcon.testing), (ours, falconws.testing)):
        assert answer["headers"]["host"] == kit.DEFAULT_HOST
        assert answer["headers"]["user-agent"] == kit.DEFAULT_UA
    assert falcon.testing.DEFAULT_HOST == "falconframework.org"
    assert falcon.testing.DEFAULT_UA == f"falcon-client/{falcon.__version__}"
    assert falconws.testing.DEFAULT_HOST == "falconws.test"
    assert falconws.testing.DEFAULT_UA.startswith("falconws-testing")


@requirement("falcon:testing:request-body")
@requirement("falcon:testing:request-content-type")
@pytest.mark.parametrize("body", ["é", "é".encode(), "", "x" * 9000])
def test_a_body_is_text_or_bytes(body: str | bytes) -> None:
    text = body if isinstance(body, str) else body.decode()
    for key, expected in (("body", text), ("type", "text/x")):
        assert same(told("/", key, body=body, content_type="text/x")) == expected


@requirement("falcon:testing:request-json")
def test_json_and_messagepack_are_sent_as_such() -> None:
    def act(framework: Any, kit: Any) -> Any:
        sent = told(json={"é": [1]})(framework, kit)
        packed = told(msgpack={"a": 1})(framework, kit)
        return sent["type"], sent["body"].replace(" ", ""), packed["type"]

    theirs, ours = both(act)
    assert ours[0] == theirs[0] == "application/json"
    assert ours[2] == theirs[2] == "application/msgpack"
    assert theirs[1] == '{"é":[1]}'
    assert ours[1] in (theirs[1], '{"\\u00e9":[1]}')


@requirement("falcon:testing:request-json-type")
def test_json_may_be_of_another_type() -> None:
    theirs, ours = both(told(json={}, content_type="application/problem+json"))
    assert theirs["type"] == "application/json"
    assert ours["type"] == "application/problem+json"


@requirement("falcon:testing:request-payloads")
@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"body": "a", "json": 1}, "1"),
        ({"body": "a", "msgpack": 1}, "\x01"),
        ({"json": 2, "msgpack": 1}, "\x01"),
    ],
)
def test_a_body_is_given_once(arguments: dict[str, Any], body: str) -> None:
    theirs, ours = both(told(**arguments))
    assert (theirs["body"], ours) == (body, "raised ValueError")


@requirement("falcon:testing:request-scope")
@requirement("falcon:testing:request-protocol")
@requirement("falcon:testing:request-extras")
@pytest.mark.parametrize(
    ("arguments", "key", "expected"),
    [
        ({"host": "example.org"}, "host", "example.org"),
        ({"port": 8080, "host": "a"}, "netloc", "a:8080"),
        ({"remote_addr": "192.0.2.7"}, "remote_addr", "192.0.2.7"),
        ({"root_path": "/api"}, "root_path", "/api"),
        ({"http_version": "1.0"}, "http_version", "1.0"),
        ({"cookies": {"a": "1", "b": "2"}}, "cookies", {"a": "1", "b": "2"}),
        ({"protocol": "https"}, "scheme", "https"),
        ({"extras": {"http_version": "3"}}, "http_version", "3"),
    ],
)
def test_the_scope_of_a_request_is_chosen(
    arguments: dict[str, Any], key: str, expected: object
) -> None:
    assert same(told("/", key, **arguments)) == expected


@requirement("falcon:testing:request-extras-method")
def test_extras_replace_the_method_too() -> None:
    def act(framework: Any, kit: Any) -> Any:
        client = kit.TestClient(telling(framework))
        return client.simulate_post("/", extras={"method": "GET"}).headers["X-Method"]

    assert both(act) == ("raised ValueError", "GET")


def chunks_of(**arguments: Any) -> Callable[[Any, Any], Any]:
    """Give the act of sending a POST to an application that tells the events of it."""

    def act(framework: Any, kit: Any) -> Any:
        events: list[Any] = []

        async def http(scope: Any, receive: Any, send: Any) -> None:
            while not events or events[-1].get("more_body"):
                events.append(await receive())
            await respond(send, b"")

        kit.TestClient(raw(http)).simulate_post("/", **arguments)
        return events

    return act


@requirement("falcon:testing:request-chunk-size")
@requirement("falcon:testing:request-chunks")
def test_a_body_comes_in_pieces() -> None:
    theirs, ours = both(chunks_of(body="abcde", asgi_chunk_size=2))
    for events in (theirs, ours):
        pieces = [e["body"] for e in events if e.get("body")]
        assert pieces == [b"ab", b"cd", b"e"]
    assert [e for e in theirs if not e.get("body")] != []
    assert [e for e in ours if not e.get("body")] == []
    assert all(e.keys() == {"type", "body", "more_body"} for e in ours)


@requirement("falcon:testing:request-disconnect")
def test_a_client_may_have_left_before_its_request() -> None:
    async def http(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.disconnect"

    def act(framework: Any, kit: Any) -> Any:
        kit.TestClient(raw(http)).simulate_post("/", body="a", asgi_disconnect_ttl=0)

    assert same(act) == "raised ConnectionError"


@requirement("falcon:testing:request-wsgi")
@pytest.mark.parametrize("name", ["file_wrapper", "wsgierrors"])
def test_what_is_for_wsgi_is_unknown(name: str) -> None:
    def act(framework: Any, kit: Any) -> Any:
        client = kit.TestClient(telling(framework))
        return client.simulate_get("/", **{name: None}).status_code

    theirs, ours = both(act)
    assert ours == "raised TypeError"
    assert theirs in (200, "raised TypeError")


# Results.


def results(
    read: Callable[[Any], Any],
    body: bytes = b"",
    headers: list[tuple[bytes, bytes]] | None = None,
    status: int = 200,
) -> tuple[Any, Any]:
    """Give what reading a result gives, in Falcon and here."""

    async def http(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, body, headers or [], status)

    return both(lambda _, kit: read(kit.TestClient(raw(http)).simulate_get("/")))


def result(read: Callable[[Any], Any], *arguments: Any, **more: Any) -> Any:
    """Assert that reading a result gives the same, and give it."""
    theirs, ours = results(read, *arguments, **more)
    assert ours == theirs
    return ours


@requirement("falcon:testing:result-status")
def test_a_result_has_a_status() -> None:
    read = lambda r: (r.status, r.status_code)  # noqa: E731
    assert result(read, status=404) == ("404 Not Found", 404)


@requirement("falcon:testing:result-headers")
@requirement("falcon:testing:result-content")
def test_a_result_has_headers_and_a_body() -> None:
    headers = [(b"content-type", b"application/json"), (b"x-a", b"1")]

    def read(r: Any) -> Any:
        assert "X-A" in r.headers
        assert r.headers.get("x-b") is None
        names = [r.headers[name] for name in ("X-A", "x-a")]
        return names, r.content_type, r.content, r.text, r.json

    body = '{"a": "é"}'
    expected = (["1", "1"], "application/json", body.encode(), body, {"a": "é"})
    assert result(read, body.encode(), headers) == expected
    assert result(lambda r: (r.content_type, r.content, r.text)) == (None, b"", "")


@requirement("falcon:testing:result-repeated")
def test_a_header_that_is_repeated_is_joined() -> None:
    headers = [(b"x-a", b"1"), (b"x-a", b"2")]
    theirs, ours = results(lambda r: r.headers["X-A"], headers=headers)
    assert (theirs, ours) == ("2", "1, 2")
    raw_headers = results(lambda r: getattr(r, "raw_headers", None), headers=headers)
    assert raw_headers == (None, headers)


@requirement("falcon:testing:result-encoding")
@requirement("falcon:testing:result-encoding-text")
@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"text/plain; charset=utf-16", "utf-16"),
        (b"application/json", "UTF-8"),
        (b"image/png", None),
    ],
)
def test_the_encoding_is_that_of_the_content_type(
    content_type: bytes, encoding: str | None
) -> None:
    headers = [(b"content-type", content_type)]
    assert result(lambda r: r.encoding, headers=headers) == encoding
    body = "é".encode(encoding or "utf-8")
    assert result(lambda r: r.text, body, headers) == "é"


@requirement("falcon:testing:result-encoding-text")
def test_text_is_utf_8() -> None:
    headers = [(b"content-type", b"text/plain")]
    theirs, ours = results(lambda r: r.text, "é".encode(), headers)
    assert (theirs, ours) == ("Ã©", "é")


@requirement("falcon:testing:result-json-empty")
def test_an_empty_body_is_no_json() -> None:
    theirs, ours = results(lambda r: r.json)
    assert (theirs, ours) == (None, "raised JSONDecodeError")


COOKIE = (
    b'a="1 2"; Expires=Sat, 01 Jan 2000 00:00:00 GMT; Max-Age=3; Domain=a.org; '
    b"Path=/x; Secure; HttpOnly; SameSite=Lax"
)


@requirement("falcon:testing:result-cookies")
def test_a_result_has_cookies_with_their_attributes() -> None:
    def read(r: Any) -> Any:
        cookie = r.cookies["a"]
        return {
            name: getattr(cookie, name)
            for name in (
                *("name", "value", "expires", "max_age", "domain", "path"),
                *("secure", "http_only", "same_site", "partitioned"),
            )
        }

    headers = [(b"set-cookie", COOKIE), (b"set-cookie", b"b=2")]
    assert result(read, headers=headers) == {
        "name": "a",
        "value": "1 2",
        "expires": datetime(2000, 1, 1, tzinfo=UTC),
        "max_age": 3,
        "domain": "a.org",
        "path": "/x",
        "secure": True,
        "http_only": True,
        "same_site": "Lax",
        "partitioned": False,
    }
    assert result(lambda r: list(r.cookies), headers=headers) == ["a", "b"]
    assert result(lambda r: dict(r.cookies)) == {}


@requirement("falcon:testing:result-cookies")
def test_what_a_cookie_does_not_have_is_none() -> None:
    def read(r: Any) -> Any:
        cookie = r.cookies["a"]
        flags = (cookie.secure, cookie.http_only, cookie.partitioned)
        return flags, cookie.path, cookie.domain, cookie.expires, cookie.same_site

    flags = (False, False, False)
    headers = [(b"set-cookie", b"a=1")]
    assert result(read, headers=headers) == (flags, None, None, None, None)


@requirement("falcon:testing:result-cookies-sent")
def test_the_cookies_of_a_result_can_be_sent() -> None:
    def act(framework: Any, kit: Any) -> Any:
        app = telling(framework)

        async def on_get(req: Any, resp: Any) -> None:
            resp.set_cookie("a", "1", path="/x")

        app.add_route("/login", SimpleNamespace(on_get=on_get))
        client = kit.TestClient(app)
        cookies = client.simulate_get("/login").cookies
        return client.simulate_post("/", cookies=cookies).json["cookies"]

    assert same(act) == {"a": "1"}


@requirement("falcon:testing:result-repr")
@requirement("falcon:testing:result-repr-long")
def test_a_result_is_shown() -> None:
    headers = [(b"content-type", b"text/plain")]
    assert result(repr, b"a", headers) == "Result<200 OK text/plain b'a'>"
    assert result(repr, b"x" * 40) == f"Result<200 OK {b'x' * 40!r}>"
    theirs, ours = results(repr, b"x" * 41)
    assert "..." in theirs
    assert repr(b"x" * 41) in ours
    assert "..." in results(repr, b"x" * 401)[1]


# The rest.


@requirement("falcon:testing:create-asgi-req")
def test_a_request_is_made_of_a_body_and_a_scope() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        class Own(framework.asgi.Request):  # type: ignore[misc]
            pass

        options = framework.asgi.App().req_options
        body = "é".encode()
        req = kit.create_asgi_req(
            body, Own, options, method="PUT", path="/a", headers={"X-A": "1"}
        )
        assert type(req) is Own
        assert req.options is options
        plain = kit.create_asgi_req()
        assert type(plain) is framework.asgi.Request
        return (
            *(req.method, req.path, req.get_header("x-a"), req.content_length),
            *(await req.stream.read(), await plain.stream.read()),
        )

    assert same(act) == ("PUT", "/a", "1", None, "é".encode(), b"")


def resource_app(framework: Any, resource: Any) -> Any:
    app = framework.asgi.App()
    app.add_route("/{name}", resource)
    return app


@requirement("falcon:testing:resource")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"status": "202 Accepted"},
        {"status": 202},
        {"body": "é"},
        {"json": {"é": 1}},
        {"headers": {"X-A": "1"}},
        {"headers": [("X-A", "1"), ("Content-Type", "text/x")]},
    ],
)
def test_a_resource_answers_as_it_was_told(
    method: str, arguments: dict[str, Any]
) -> None:
    def act(framework: Any, kit: Any) -> Any:
        resource = kit.SimpleTestResourceAsync(**arguments)
        assert not resource.called
        client = kit.TestClient(resource_app(framework, resource))
        r = client.simulate_request(method, "/ann")
        assert resource.called
        assert resource.captured_resp is not None
        return (
            *(r.status_code, r.content, r.headers.get("x-a"), r.content_type),
            *(resource.captured_req.path, resource.captured_kwargs),
            *(resource.captured_req_body, resource.captured_req_media),
        )

    assert same(act)[4:] == ("/ann", {"name": "ann"}, None, None)


@requirement("falcon:testing:resource")
def test_a_resource_answers_nothing_else() -> None:
    def act(framework: Any, kit: Any) -> Any:
        resource = kit.SimpleTestResourceAsync()
        client = kit.TestClient(resource_app(framework, resource))
        status = client.simulate_put("/ann").status_code
        captured = (resource.captured_req, resource.captured_resp)
        return status, resource.called, captured, resource.captured_kwargs

    assert same(act) == (405, False, (None, None), None)


@requirement("falcon:testing:resource-sync")
def test_all_resources_are_asynchronous() -> None:
    pairs = ("SimpleTestResource", "capture_responder_args", "set_resp_defaults")
    suffixes = ("Async", "_async", "_async")
    for name, suffix in zip(pairs, suffixes, strict=True):
        plain, asynchronous = both(
            lambda _, kit, n=name, s=suffix: (  # type: ignore[misc]
                getattr(kit, n) is getattr(kit, n + s)
            )
        )
        assert (plain, asynchronous) == (False, True)


@requirement("falcon:testing:resource-both")
def test_a_resource_has_a_body_or_json() -> None:
    made = lambda _, kit: kit.SimpleTestResourceAsync(body="a", json={})  # noqa: E731
    assert same(made) == "raised ValueError"


@requirement("falcon:testing:resource-captures")
@pytest.mark.parametrize(
    ("headers", "body", "media"),
    [
        ({"Capture-Req-Body-Bytes": "3"}, b'{"a', None),
        ({"Capture-Req-Media": "yes"}, None, {"a": 1}),
        ({"Capture-Req-Body-Bytes": "99", "Capture-Req-Media": "y"}, b'{"a": 1}', None),
        ({}, None, None),
    ],
)
def test_the_body_is_captured_where_it_is_asked_for(
    headers: dict[str, str], body: bytes | None, media: object
) -> None:
    def act(framework: Any, kit: Any) -> Any:
        resource = kit.SimpleTestResourceAsync()
        client = kit.TestClient(resource_app(framework, resource))
        sent = {"Content-Type": "application/json", **headers}
        client.simulate_post("/ann", body='{"a": 1}', headers=sent)
        return resource.captured_req_body, resource.captured_req_media

    assert same(act) == (body, media)


@requirement("falcon:testing:resource-hooks")
def test_the_hooks_are_for_other_responders_too() -> None:
    def act(framework: Any, kit: Any) -> Any:
        class Own(kit.SimpleTestResourceAsync):  # type: ignore[misc]
            @framework.before(kit.capture_responder_args_async)  # type: ignore[untyped-decorator]
            @framework.before(kit.set_resp_defaults_async)  # type: ignore[untyped-decorator]
            async def on_put(self, req: Any, resp: Any, **params: Any) -> None:
                resp.text += "!"

        resource = Own(status="202 Accepted", body="a")
        r = kit.TestClient(resource_app(framework, resource)).simulate_put("/ann")
        return r.status_code, r.text, resource.called, resource.captured_kwargs

    assert same(act) == (202, "a!", True, {"name": "ann"})


@requirement("falcon:testing:resource-hook-foreign")
def test_the_hook_that_answers_is_for_its_own_resources() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        resp = framework.asgi.Response()
        await kit.set_resp_defaults_async(None, resp, object(), {})

    assert both(act) == ("raised AttributeError", "raised TypeError")


def run(case: type[unittest.TestCase], *methods: str) -> tuple[int, int]:
    """Run tests of a class; give how many there were, and how many did not pass."""
    outcomes = unittest.TestResult()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in methods:
            case(method).run(outcomes)
        gc.collect()
    return outcomes.testsRun, len(outcomes.errors + outcomes.failures)


@requirement("falcon:testing:case")
def test_a_test_case_is_a_client() -> None:
    def act(framework: Any, kit: Any) -> Any:
        class Case(kit.TestCase):  # type: ignore[misc]
            def default(self) -> None:
                assert self.simulate_get("/").status_code == 404

            def other(self) -> None:
                self.app = telling(framework)
                assert self.simulate_get("/").status_code == 200
                assert self.post("/").headers["X-Method"] == "POST"

            def failing(self) -> None:
                assert self.simulate_get("/").status_code == 200

        return run(Case, "default", "other", "failing")

    assert same(act) == (3, 1)


@requirement("falcon:testing:case-set-up")
def test_a_test_case_need_not_be_set_up() -> None:
    def act(framework: Any, kit: Any) -> Any:
        class Case(kit.TestCase):  # type: ignore[misc]
            def setUp(self) -> None:
                self.app = telling(framework)

            def check(self) -> None:
                assert self.simulate_get("/").status_code == 200

        class OfTheClass(kit.TestCase):  # type: ignore[misc]
            app = telling(framework)
            check = Case.check

        return run(Case, "check"), run(OfTheClass, "check")

    assert both(act) == (((1, 1), (1, 1)), ((1, 0), (1, 0)))


@requirement("falcon:testing:case-async")
def test_an_asynchronous_test_is_run() -> None:
    async def fail(self: unittest.TestCase) -> None:
        raise AssertionError

    def act(framework: Any, kit: Any) -> Any:
        return run(type("Case", (kit.TestCase,), {"test_it": fail}), "test_it")

    assert both(act) == ((1, 0), "raised TypeError")

    class Ours(falconws.testing.AsyncTestCase):
        app = telling(falconws.core)
        failing = fail

        async def check(self) -> None:
            assert (await self.conductor.simulate_get("/")).status_code == 200

    assert run(Ours, "check", "failing") == (2, 1)


@requirement("falcon:testing:random")
@requirement("falcon:testing:port")
@requirement("falcon:testing:encoding")
@requirement("falcon:testing:wsgi")
@requirement("falcon:testing:deprecated")
@pytest.mark.parametrize(
    "name",
    [
        *("rand_string", "get_unused_port", "get_encoding_from_headers"),
        *("create_environ", "create_req", "closed_wsgi_iterable", "StartResponseMock"),
        *("redirected", "httpnow"),
    ],
)
def test_some_helpers_are_not_there(name: str) -> None:
    assert hasattr(falcon.testing, name)
    assert not hasattr(falconws.testing, name)
