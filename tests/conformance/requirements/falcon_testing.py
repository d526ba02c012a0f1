"""What Falcon 4.4 does in `falcon.testing`."""

from __future__ import annotations

from ..manifest import Requirement

_API = "https://falcon.readthedocs.io/en/4.4.0/api/testing.html"


def _of(id: str, behaviour: str, divergence: str | None = None) -> Requirement:
    return Requirement(f"falcon:testing:{id}", _API, behaviour, divergence)


REQUIREMENTS: list[Requirement] = [
    # The clients.
    _of(
        "client-methods",
        "A `TestClient` has `simulate_request` and a method for each of seven methods of HTTP, with short names too.",
    ),
    _of(
        "client-headers",
        "Headers of a client are sent with every request, unless the request has them itself.",
    ),
    _of(
        "client-lifespan",
        "Each request of a `TestClient` starts the application up before and shuts it down after.",
    ),
    _of("client-startup-failed", "A start-up that fails is a RuntimeError."),
    _of(
        "client-disconnect",
        "The client has left as soon as the application has read the body.",
        "It stays until the response is complete, as clients do; "
        "otherwise an application that watches for its client stops too soon.",
    ),
    _of(
        "client-loop",
        "A request of a `TestClient` in a running event loop is a RuntimeError.",
    ),
    _of(
        "client-conductor",
        "`async with client` gives an `ASGIConductor` with the client's headers.",
    ),
    _of(
        "client-wsgi",
        "Applications of WSGI are tested as well.",
        "There is ASGI only.",
    ),
    _of(
        "simulate-functions",
        "`simulate_get(app)` and the like are functions as well.",
    ),
    _of(
        "conductor-lifespan",
        "`async with ASGIConductor(app)` starts the application up, and shuts it down at the end; "
        "without it, requests are sent all the same.",
    ),
    _of(
        "conductor-error",
        "After an error in the block the application is cancelled, without a shutdown.",
        "It is shut down, as by a server.",
    ),
    _of("conductor-methods", "The methods of an `ASGIConductor` are coroutines."),
    _of(
        "stream",
        "`simulate_get_stream` gives the response as soon as it has begun; "
        "at the end of the block the client leaves, and the application is waited for.",
    ),
    _of(
        "stream-read",
        "`stream.read()` gives what has come, at once; nothing is there yet, or nothing will be.",
        "It waits for something, and gives nothing when the body has ended.",
    ),
    # Requests.
    _of("request-query", "A query is in the path, in `query_string` or in `params`."),
    _of(
        "request-query-twice",
        "`query_string` prevails over `params`; beside a query in the path both are refused.",
        "Any two of them are refused: one would be lost without a word.",
    ),
    _of(
        "request-params",
        "A list in `params` gives a parameter several times, or with `params_csv` one value with commas; "
        "true and false are in lower case.",
    ),
    _of("request-path", "A path that does not begin with a slash is refused."),
    _of("request-method", "A method may be in lower case."),
    _of(
        "request-headers",
        "Headers are a mapping or pairs, with names in any case.",
    ),
    _of(
        "request-defaults",
        "Requests go to falconframework.org, from falcon-client and its version.",
        "They go to falconws.test, a name that is nobody's (RFC 6761), from falconws-testing.",
    ),
    _of("request-body", "A body is text, sent as UTF-8, or bytes."),
    _of("request-content-type", "`content_type` is the Content-Type of the body."),
    _of(
        "request-json",
        "`json` and `msgpack` are sent as such, with their Content-Type.",
    ),
    _of(
        "request-json-type",
        "Their Content-Type prevails over `content_type`.",
        "`content_type` prevails, as for application/problem+json.",
    ),
    _of(
        "request-payloads",
        "Of several, `msgpack` prevails over `json`, and that over `body`.",
        "Any two of them are refused: one would be lost without a word.",
    ),
    _of(
        "request-scope",
        "`host`, `port`, `remote_addr`, `root_path`, `http_version` and `cookies` are in the connection scope.",
    ),
    _of("request-protocol", "`protocol` is the scheme, such as https."),
    _of("request-extras", "`extras` are added to the connection scope."),
    _of(
        "request-extras-method",
        "`extras` with another method are refused.",
        "They replace what is in the scope, whatever it is.",
    ),
    _of(
        "request-chunk-size", "`asgi_chunk_size` is the most bytes of the body at once."
    ),
    _of(
        "request-chunks",
        "Some pieces of every body are empty, and of the optional keys some are missing; which, changes from request to request.",
        "Bodies are sent as servers do. `ASGIRequestEventEmitter` varies them, the same way each time.",
    ),
    _of(
        "request-disconnect",
        "With `asgi_disconnect_ttl=0` the client has left before its request, and a ConnectionError is raised if there is no response.",
    ),
    _of(
        "request-wsgi",
        "`file_wrapper` and `wsgierrors` are for WSGI; an ASGI application is asked without them.",
        "They are refused, as any name that is unknown.",
    ),
    # Results.
    _of("result-status", "A result has `status_code`, and `status` with a reason."),
    _of("result-headers", "A result's headers are found in any case of their names."),
    _of(
        "result-repeated",
        "Of a header that is sent twice, one of the values is found.",
        "They are joined by commas (RFC 9110, 5.3); `raw_headers` has them apart.",
    ),
    _of(
        "result-content",
        "A result has `content`, `text`, `json` and `content_type`.",
    ),
    _of(
        "result-encoding",
        "`encoding` is the charset of the Content-Type, or UTF-8 for JSON; None if it is not known.",
    ),
    _of(
        "result-encoding-text",
        "Without a charset text is ISO-8859-1.",
        "It is UTF-8, as text of today is: RFC 7231 took that default away.",
    ),
    _of(
        "result-json-empty",
        "`json` of an empty body is None.",
        "It is a ValueError: an empty body is no JSON, and a test would not notice that it is missing.",
    ),
    _of(
        "result-cookies",
        "`cookies` are found by name, each with its value and attributes; None is what was not sent.",
    ),
    _of("result-cookies-sent", "The cookies of a result can be sent with a request."),
    _of("result-repr", "`repr()` shows the status, the Content-Type and the body."),
    _of(
        "result-repr-long",
        "A body of more than 40 bytes is shown by its ends.",
        "One of more than 400 bytes is: an error's JSON is shown as a whole.",
    ),
    # WebSockets.
    _of(
        "ws",
        "`simulate_ws`, or `websocket`, opens a WebSocket for a block; at its end it is closed with 1000, and the application is waited for.",
    ),
    _of(
        "ws-query",
        "A `?` in the path of a WebSocket is part of the path.",
        "It begins the query, as it does for requests.",
    ),
    _of(
        "ws-state",
        "A WebSocket has `ready`, `closed`, `subprotocol`, `headers`, `close_code` and `close_reason`.",
    ),
    _of(
        "ws-state-missing",
        "`headers` are None where the application accepted without, and `close_reason` is None while it is open.",
        "They are an empty list, and an empty string.",
    ),
    _of("ws-messages", "Text, bytes, JSON and MessagePack are sent and received."),
    _of("ws-types", "A payload of another type is a TypeError."),
    _of(
        "ws-kinds",
        "Receiving text where bytes come is a PayloadTypeError.",
        "It is an AssertionError, which shows the message: it fails a test, and is no error of the client's.",
    ),
    _of(
        "ws-wait",
        "Waiting for a message polls without end, and without a limit of time.",
        "It sleeps, and ends after 5 seconds, or `timeout`, with a TimeoutError that shows where the application is.",
    ),
    _of(
        "ws-handshake-timeout",
        "A handshake that is not answered for `timeout` seconds, 5 by default, is a TimeoutError.",
    ),
    _of(
        "ws-exit-timeout",
        "At the end of the block the application has 30 seconds to return, by default.",
        "It has 5, as for everything.",
    ),
    _of(
        "ws-denied",
        "A handshake that is denied raises what its code stands for: 3404 `WebSocketPathNotFound`, "
        "3405 `WebSocketHandlerNotFound`, others `WebSocketDisconnected`.",
    ),
    _of(
        "ws-denied-close",
        "`close` before `accept` is seen with its code if that is 1011 or 3000 to 3999, and as 3403 otherwise.",
    ),
    _of(
        "ws-denied-response",
        "A handshake that is denied by a response (`websocket.http.response`) is an error of the application.",
        "It is 3000 + its status, and `denial` has the response.",
    ),
    _of(
        "ws-closed-send",
        "What the application sends when the client has left raises an OSError.",
    ),
    _of(
        "ws-closed-receive",
        "Receiving a second time after `websocket.disconnect` is an error.",
        "It is what servers do: the disconnect comes again, or nothing does. `falconws.ws` does not ask twice.",
    ),
    # Scopes.
    _of(
        "scope",
        "`create_scope` makes the connection scope of a request: type, method, path, query, headers, root path.",
    ),
    _of("scope-path", "`path` is decoded, and `raw_path` as it was given."),
    _of(
        "scope-query",
        "A `?` in `path` is part of it.",
        "It is refused: the query belongs to `query_string`, and servers divide them.",
    ),
    _of(
        "scope-iterators",
        "`headers`, `client` and `server` can be read once: they are iterators.",
        "They are lists and pairs, as servers have them, and middleware reads them more than once.",
    ),
    _of(
        "scope-client",
        "There is no `client` by default.",
        "It is 127.0.0.1, unless `remote_addr` is None.",
    ),
    _of("scope-server", "`include_server=False` leaves `server` out."),
    _of(
        "scope-missing",
        "`scheme` and `root_path` are left out where they were not given.",
        "They are there, as of servers.",
    ),
    _of(
        "scope-version",
        "The version of ASGI's specification is 2.1.",
        "It is 2.3 for HTTP, and 2.4 for WebSocket; `spec_version` chooses another.",
    ),
    _of(
        "scope-host",
        "Host has the port where it is not the scheme's own, and is not sent by HTTP/1.0.",
    ),
    _of("scope-http-version", "A version of HTTP that there is not is refused."),
    _of("scope-ws", "`create_scope_ws` has `subprotocols` and `spec_version`."),
    _of(
        "scope-ws-subprotocols",
        "`subprotocols` are left out where there are none, and are in no header.",
        "They are an empty list, and in a header, as of servers.",
    ),
    # Events.
    _of(
        "emitter-body",
        "`ASGIRequestEventEmitter` gives a body in pieces of `chunk_size`, 4096 by default; "
        "two empty ones come first, one of them without `body`.",
    ),
    _of(
        "emitter-variations",
        "Which of the optional keys are missing changes from body to body, and with the tests that ran before.",
        "It is the same for the same body.",
    ),
    _of(
        "emitter-disconnect",
        "`disconnect` makes the client leave after its body; with `exhaust_body=False`, at once.",
    ),
    _of(
        "emitter-disconnect-at",
        "The client leaves at `disconnect_at`; at once, without a body, if that is 0.",
    ),
    _of(
        "emitter-disconnect-default",
        "By default it leaves after 30 seconds.",
        "It leaves after 5, the limit of everything here.",
    ),
    _of(
        "emitter-wait",
        "To wait for the client to leave is to ask a thousand times a second.",
        "Nothing runs meanwhile.",
    ),
    _of(
        "emitter-chunk-size",
        "A `chunk_size` of 0 gives empty pieces for ever.",
        "It is a ValueError.",
    ),
    _of(
        "collector",
        "`ASGIResponseEventCollector` has `events`, `status`, `headers`, `body_chunks` and `more_body`.",
    ),
    _of(
        "collector-types",
        "An event with something of a wrong type or value is a TypeError or a ValueError.",
        "It is an `ASGIProtocolError`, an AssertionError, which quotes the rule.",
    ),
    _of(
        "collector-refused",
        "An event that is refused is among `events`.",
        "It is in the error.",
    ),
    _of(
        "collector-order",
        "Events are taken in any order: a body before the start, two starts.",
        "They are refused out of their order.",
    ),
    _of(
        "collector-after",
        "What follows the last of the body is ignored.",
        "It is refused: servers ignore it, so that the application loses it.",
    ),
    _of(
        "collector-values",
        "Any number is a status; headers may be repeated; a Content-Length may be wrong.",
        "A status has three digits and is final; Content-Type and its like are not repeated; a Content-Length is right.",
    ),
    _of(
        "collector-names",
        "A name of a header begins with a letter, and goes on with letters, digits, - and _; a value has no tabs.",
        "A name is any token, and a value may have tabs inside (RFC 9110, 5.1 and 5.5).",
    ),
    _of(
        "collector-extensions",
        "What extensions add, such as trailers, is refused.",
        "It is checked, where the extension is offered.",
    ),
    _of(
        "lifespan-emitter",
        "`ASGILifespanEventEmitter` gives start-up, an event of an unknown type, and shutdown when its condition is notified.",
    ),
    _of(
        "lifespan-emitter-early",
        "A notification before the application waits is lost.",
        "It takes an `asyncio.Event` too, for which it is not.",
    ),
    # The rest.
    _of(
        "create-asgi-req",
        "`create_asgi_req` makes a request of a body, a class, options and the arguments of `create_scope`.",
    ),
    _of(
        "resource",
        "`SimpleTestResourceAsync` answers GET and POST with its status, body, JSON and headers, and keeps what it was called with.",
    ),
    _of(
        "resource-sync",
        "`SimpleTestResource` has plain responders, for WSGI.",
        "It is another name of `SimpleTestResourceAsync`; and so are the hooks without `_async`.",
    ),
    _of("resource-both", "A resource with body and JSON is a ValueError."),
    _of(
        "resource-captures",
        "The body is kept where a header of the request asks for it: `Capture-Req-Body-Bytes` or `Capture-Req-Media`.",
    ),
    _of("resource-hooks", "The hooks are for responders of derived classes as well."),
    _of(
        "resource-hook-foreign",
        "On another resource `set_resp_defaults` is an AttributeError.",
        "It is a TypeError that says what to do.",
    ),
    _of(
        "case",
        "A `TestCase` is unittest's and a client of `self.app`, which is an empty App until it is set.",
    ),
    _of(
        "case-set-up",
        "A `setUp` that does not call that of `TestCase` leaves it without its client.",
        "It need not call it; and `app` may be an attribute of the class.",
    ),
    _of(
        "case-async",
        "Asynchronous tests are passed without being run, if unittest warns of them at all.",
        "`AsyncTestCase` runs them, with a `conductor` of the running application.",
    ),
    _of(
        "random",
        "`rand_string` makes a string of a random length.",
        "There is none: `secrets.token_urlsafe` and Hypothesis do that better.",
    ),
    _of(
        "port",
        "`get_unused_port` finds a port that another process may take before it is used.",
        "There is none: bind to port 0, and ask the socket.",
    ),
    _of(
        "encoding",
        "`get_encoding_from_headers` reads the charset of a Content-Type.",
        "There is `Result.encoding`, and `falconws.media.parse_header`.",
    ),
    _of(
        "wsgi",
        "`create_environ`, `create_req`, `closed_wsgi_iterable` and `StartResponseMock` are for WSGI.",
        "There is ASGI only.",
    ),
    _of(
        "deprecated",
        "`redirected` and `httpnow` are there, and deprecated.",
        "There is `contextlib.redirect_stdout`, and `falconws.core.http_now`.",
    ),
]
