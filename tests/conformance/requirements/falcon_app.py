"""What Falcon 4.4 does of the App, middleware, errors, redirects, hooks and routing."""

from __future__ import annotations

from ..manifest import Requirement

_API = "https://falcon.readthedocs.io/en/4.4.0/api"


def _of(
    page: str, id: str, behaviour: str, divergence: str | None = None
) -> Requirement:
    return Requirement(f"falcon:{id}", f"{_API}/{page}.html", behaviour, divergence)


REQUIREMENTS: list[Requirement] = [
    _of(
        "app",
        "app:arguments",
        "The arguments of `App` have their names, order and defaults.",
    ),
    _of(
        "app",
        "app:attributes",
        "An App has `req_options`, `resp_options`, `router_options` and `ws_options`.",
    ),
    _of(
        "app",
        "app:media-type",
        "`media_type` is the default media type of requests and of responses.",
    ),
    _of(
        "app",
        "app:cors-once",
        "`cors_enable` together with a `CORSMiddleware` is a ValueError.",
    ),
    _of(
        "app",
        "app:types",
        "Requests and responses are of `request_type` and `response_type`, contexts of `context_type`.",
    ),
    _of(
        "app",
        "app:form-option",
        "`auto_parse_form_urlencoded` keeps an ASGI application from starting.",
        "There is no such option, so that setting it fails at once.",
    ),
    _of(
        "app",
        "app:sync-refused",
        "Responders, sinks, error handlers and hooks that are plain functions are refused where they are added.",
    ),
    _of(
        "app",
        "app:wrap-sync",
        "An environment variable lets responders and sinks be plain functions.",
        "`App(wrap_sync=True)` does it, and for error handlers and middleware too: an explicit switch beats an environment variable.",
    ),
    _of(
        "app",
        "app:startup-sync-refused",
        "A `process_startup` that is a plain function fails when the server starts.",
        "It is refused where the component is added, like any other hook.",
    ),
    _of(
        "app",
        "app:sinks",
        "A sink answers all methods of the paths that its prefix matches from their start; the latest goes first, and named groups are its arguments.",
    ),
    _of(
        "app",
        "app:static-routes",
        "Of several static routes that match, the latest answers, and a file that it does not have is a 404.",
    ),
    _of(
        "app",
        "app:fallback-order",
        "Routes go before sinks, and those before static routes unless `sink_before_static_route` is false.",
    ),
    _of(
        "app",
        "app:lifespan",
        "`process_startup` hooks run in order and `process_shutdown` hooks in reverse, until one fails: the server is told of that with the traceback.",
    ),
    _of(
        "app",
        "app:lifespan-asgi-version",
        "Where the server speaks another version of ASGI than 3, the start fails and the message names that version.",
    ),
    _of(
        "app",
        "app:lifespan-asgi-version-missing",
        "A lifespan scope without a version of ASGI counts as version 2, and the start fails.",
        "It counts as version 3, since nothing but that calls an application with three arguments.",
    ),
    _of(
        "app",
        "app:lifespan-state",
        "The state of the lifespan is not supported.",
        "`App.state` is what servers copy into the scope of each request.",
    ),
    _of(
        "app",
        "app:scopes",
        "A scope of an unknown type, or of a version of the specification or of HTTP that is not known, is refused with an exception that servers understand.",
    ),
    _of(
        "app",
        "app:disconnected-first",
        "The first event is received before a request is handled, and a client that has left by then gets no response.",
        "A request is handled without waiting for its body, which a responder may never read.",
    ),
    _of(
        "app",
        "app:error-handlers",
        "The handler for the nearest base of an exception answers, of several for one type the latest; body and media that were set are taken back, status and headers are not.",
    ),
    _of(
        "app",
        "app:error-handler-arguments",
        "A handler is given the request, the response, the exception and the values of the template's fields; without one the type's own `handle` is taken.",
    ),
    _of(
        "app",
        "app:error-handler-types",
        "A handler is for subclasses of Exception, or a TypeError.",
    ),
    _of(
        "app",
        "app:error-handler-raises",
        "A handler may raise an HTTPError or HTTPStatus, which is the response.",
    ),
    _of(
        "app",
        "app:error-handler-fails",
        "Any other exception of a handler goes to the server, and the client gets no response.",
        "It is logged, and the client gets a 500.",
    ),
    _of(
        "app",
        "app:error-streams",
        "An error that comes after `stream` or `sse` was set sends what those give under the error's status.",
        "They are taken back and closed, as every other body is.",
    ),
    _of(
        "app",
        "app:error-encoding",
        "The Content-Encoding of a body that an error replaces stays, for the body of the error.",
        "It is taken back with the body.",
    ),
    _of(
        "app",
        "app:unhandled-exceptions",
        "An exception that has no handler is logged with its traceback, and is a 500 that says nothing of it.",
    ),
    _of(
        "app",
        "app:error-in-rendering",
        "An exception in rendering sets the status, and the body is empty.",
        "The body says what went wrong: a client must learn why.",
    ),
    _of(
        "app",
        "app:error-in-status",
        "A status that is none goes to the server as an exception when the response is sent.",
        "It is a ValueError where it is set, and with that a 500.",
    ),
    _of(
        "app",
        "app:error-in-streaming",
        "An exception while a body is streamed goes to the server.",
    ),
    _of(
        "app",
        "app:error-reporter",
        "The reporter, of several the latest, is told of every exception with the values of the fields and whether it was handled.",
    ),
    _of(
        "app",
        "app:error-reporter-streams",
        "The reporter is not told of an exception that ends a stream.",
        "It is, as not handled: nobody else would hear of it.",
    ),
    _of(
        "app",
        "app:error-reporter-fails",
        "An exception of the reporter goes to the server, and the client gets no response.",
        "It is logged, and the client gets the response.",
    ),
    _of(
        "app",
        "app:error-negotiation",
        "An error is sent as what Accept likes best of JSON, XML and what there are media handlers for; types that build on JSON or XML count as these.",
    ),
    _of(
        "app",
        "app:error-always-a-body",
        "A client that accepts none of the formats gets an error without a body.",
        "It gets JSON: a client must learn why, and RFC 9110 lets a server disregard Accept.",
    ),
    _of(
        "app",
        "app:error-problem-json",
        "`application/problem+json` is answered with the JSON of other errors.",
        "It is a format of its own, that of RFC 9457.",
    ),
    _of(
        "app",
        "app:error-msgpack",
        "MessagePack is a format of errors once the application registers its handler.",
        "The handler is registered from the start, see ADR 5.",
    ),
    _of(
        "app",
        "app:error-serializer",
        "`set_error_serializer` replaces what puts errors into responses.",
    ),
    _of(
        "app",
        "app:error-serializer-sync",
        "A serializer or reporter that is a coroutine function is taken, and never awaited.",
        "It is refused where it is set.",
    ),
    _of(
        "middleware",
        "middleware:order",
        "`process_request` and `process_resource` hooks run in the order of the components, `process_response` hooks in reverse.",
    ),
    _of(
        "middleware",
        "middleware:complete",
        "`resp.complete` skips what would come before the `process_response` hooks.",
    ),
    _of(
        "middleware",
        "middleware:independent",
        "Every `process_response` hook runs, whatever was raised before.",
    ),
    _of(
        "middleware",
        "middleware:dependent",
        "With `independent_middleware=False` a `process_request` that fails keeps the `process_response` hooks of its own component and of later ones from running.",
    ),
    _of(
        "middleware",
        "middleware:req-succeeded",
        "`req_succeeded` is false once an exception was raised, a 404 included.",
    ),
    _of(
        "middleware",
        "middleware:resource",
        "`process_resource` runs if there is a route, even one that has no responder for the method; not for sinks.",
    ),
    _of(
        "middleware",
        "middleware:params",
        "A `process_resource` hook may change the arguments of the responder.",
    ),
    _of(
        "middleware",
        "middleware:add",
        "Middleware is a component or an iterable of some; one without a hook is a TypeError.",
    ),
    _of(
        "middleware",
        "middleware:async-names",
        "A hook whose name ends in `_async` goes before the one whose does not.",
    ),
    _of(
        "errors",
        "errors:classes",
        "There is a class for each error, with the same bases.",
    ),
    _of(
        "errors",
        "errors:arguments",
        "The classes take the same arguments, which become attributes and headers.",
    ),
    _of(
        "errors",
        "errors:to-dict",
        "`to_dict` has title, description, code and link in this order, as far as they are given.",
    ),
    _of(
        "errors",
        "errors:rendering",
        "An error is sent with its status, headers and the same JSON or XML.",
    ),
    _of(
        "errors",
        "errors:status",
        "An error takes a status as a number or as a line; what is none is a ValueError.",
    ),
    _of(
        "errors",
        "errors:to-json",
        "`to_json` serializes with the handler that it is given.",
    ),
    _of(
        "errors",
        "errors:to-xml",
        "`to_xml`, which is deprecated, writes characters that XML does not have.",
        "They are replaced: what is sent is well-formed. It is not deprecated, as errors are sent with it.",
    ),
    _of(
        "errors",
        "errors:text",
        "An error as text is its `repr`.",
        "It is a sentence with status, title and description, for logs.",
    ),
    _of("errors", "errors:copies", "An error can be copied and pickled."),
    _of(
        "errors",
        "errors:malformed-cause",
        "The description of a MediaMalformedError has the text of the exception that it is raised from.",
    ),
    _of(
        "errors",
        "errors:own-title",
        "Errors that describe themselves take no other title.",
        "They do: an application may speak another language to its users.",
    ),
    _of(
        "errors",
        "errors:headers-order",
        "A header that an argument stands for goes before one of that name in `headers`.",
    ),
    _of(
        "errors",
        "errors:headers-untouched",
        "An error adds its headers to the mapping that it is given.",
        "It copies the mapping: the next error that is given it is another one.",
    ),
    _of(
        "errors",
        "errors:retry-after-zone",
        "A `retry_after` of another time zone is written as if it were GMT.",
        "It is converted to GMT.",
    ),
    _of(
        "errors",
        "errors:payload-too-large",
        "`HTTPPayloadTooLarge` is a deprecated class of its own.",
        "It is another name of `HTTPContentTooLarge`, so that either catches the other.",
    ),
    _of(
        "errors",
        "errors:unprocessable",
        "The title of a 422 is that of RFC 4918, Unprocessable Entity.",
        "It is that of RFC 9110, 15.5.21, Unprocessable Content.",
    ),
    _of(
        "errors",
        "errors:other",
        "The errors that are no responses are ValueError, TypeError, OSError and RuntimeError.",
    ),
    _of(
        "status",
        "errors:http-status",
        "An HTTPStatus that is raised is a response with its status, headers and text.",
    ),
    _of(
        "status",
        "errors:joke-statuses",
        "There are statuses of 7xx with the reasons of a joke.",
        "There are none: they are not HTTP's.",
    ),
    _of(
        "redirects",
        "redirects:classes",
        "Five classes redirect, with 301, 302, 303, 307 and 308, to their location, and have no body.",
    ),
    _of(
        "redirects",
        "redirects:encoded",
        "A location is sent as it is given.",
        "It is percent-encoded unless it is already: a header has no other characters.",
    ),
    _of(
        "redirects",
        "redirects:headers-untouched",
        "A redirect adds its location to the mapping of headers that it is given.",
        "It copies the mapping.",
    ),
    _of(
        "redirects",
        "redirects:line-breaks",
        "A location may have line breaks, which begin another header.",
        "That is a ValueError: it is response splitting.",
    ),
    _of(
        "hooks",
        "hooks:order",
        "Hooks run as nested decorators: before the responder from the outermost, after it from the innermost.",
    ),
    _of(
        "hooks",
        "hooks:arguments",
        "A hook is given request, response, resource, before a responder its arguments to change, and what else the decorator was given.",
    ),
    _of(
        "hooks",
        "hooks:class",
        "A hook on a class is for all of its responders, those with a suffix too.",
    ),
    _of(
        "hooks",
        "hooks:inheritance",
        "A hook on a class is for the responders that it inherits.",
    ),
    _of("hooks", "hooks:raise", "When a responder raises, hooks after it do not run."),
    _of(
        "hooks",
        "hooks:websocket",
        "Hooks of `on_websocket` are given the WebSocket in place of the response.",
    ),
    _of(
        "hooks",
        "hooks:on-request",
        "A hook on a class is not for `on_request`, and a UserWarning says so.",
    ),
    _of(
        "hooks",
        "hooks:sync-refused",
        "A hook that is a plain function fails when its responder is called.",
        "It is refused where it is put on a responder.",
    ),
    _of(
        "hooks",
        "hooks:every-name",
        "A hook on a class is for methods that are named after a method of HTTP.",
        "It is for other methods called `on_*` whose first argument is `req` as well: an App may be told of more methods than are known to the class.",
    ),
    _of(
        "routing",
        "routing:methods",
        "A resource's `on_get` and its like answer the methods of RFC 9110, of WebDAV, PATCH and QUERY; any other is a 400.",
    ),
    _of(
        "routing",
        "routing:method-not-allowed",
        "A method without a responder is a 405, whose Allow has those that have one, and OPTIONS.",
    ),
    _of(
        "routing",
        "routing:options",
        "OPTIONS are answered with a 200 without a body, whose Allow has the methods that have a responder.",
    ),
    _of("routing", "routing:head", "HEAD has a responder of its own, or is a 405."),
    _of(
        "routing",
        "routing:version-control",
        "The responder of VERSION-CONTROL is `on_version-control`, which no `def` can define.",
        "It is `on_version_control`.",
    ),
    _of(
        "routing",
        "routing:websocket-method",
        "A request whose method is WEBSOCKET is a 400 before anything is looked for.",
        "It is an unknown method like any other: a 400 where there is a route, and a sink may answer.",
    ),
    _of(
        "routing",
        "routing:custom-methods",
        "An environment variable makes more methods known.",
        "`App(http_methods=[...])` does: an explicit argument beats an environment variable.",
    ),
    _of(
        "routing",
        "routing:on-request",
        "With `default_to_on_request` the responder `on_request` answers all methods that have none.",
    ),
    _of(
        "routing",
        "routing:on-request-options",
        "OPTIONS leave out the methods that `on_request` answers.",
        "Allow has them: they are allowed.",
    ),
    _of(
        "routing",
        "routing:suffix",
        "A suffix chooses the responders whose names end in it; a resource without any is refused.",
    ),
    _of(
        "routing",
        "routing:compiled-router",
        "A `CompiledRouter` has `find`, `map_http_methods` and `options`, and `finder_src` is the Python source of its tree.",
        "There is no `finder_src`, as no source is made to be executed.",
    ),
    _of(
        "routing",
        "routing:custom-router",
        "A router of one's own gives None, or three or four things, which are None where there is no route.",
    ),
    _of(
        "routing",
        "routing:custom-router-methods",
        "A method that a router's map does not have is a 400.",
        "It is a 405, or the answer to OPTIONS: what the map has is known.",
    ),
    _of(
        "routing",
        "routing:custom-router-arguments",
        "A router of one's own is given the arguments of `add_route`, and a private one.",
        "It is not given the private one, since there is nothing but ASGI.",
    ),
    _of(
        "routing",
        "routing:url-for",
        "There is no way from a resource to its path.",
        "`url_for` builds it.",
    ),
    _of(
        "routing",
        "routing:templates",
        "A template is a string of segments behind a slash: literal ones, fields, and complex ones of both.",
    ),
    _of(
        "routing",
        "routing:broken-templates",
        "Whitespace, a field without a name that an argument can have, or with one twice, and a converter that is unknown or does not take its arguments are refused.",
    ),
    _of(
        "routing",
        "routing:conflicts",
        "Two templates conflict when they have fields of other names or converters at one place; the same one again replaces the route.",
    ),
    _of(
        "routing",
        "routing:find",
        "A path leads to the route whose segments it matches, one by one.",
    ),
    _of(
        "routing",
        "routing:priorities",
        "Literal segments go before complex ones, and those before a field; a way without a route is left for the next.",
    ),
    _of(
        "routing",
        "routing:identifiers",
        "The name of a field is an identifier of ASCII.",
        "It is any identifier of Python, since arguments are.",
    ),
    _of(
        "routing",
        "routing:braces",
        "A template with a single brace is a literal text.",
        "It is refused: nobody means it.",
    ),
    _of(
        "routing",
        "routing:quoted",
        "A brace in the arguments of a converter ends the field.",
        "In quotes it is text, so that a regular expression can have it.",
    ),
    _of(
        "routing",
        "routing:multi-segment-beside",
        "A field that takes all segments conflicts with a field beside it.",
        "It does not: it comes last, for paths that nothing else matches.",
    ),
    _of(
        "routing",
        "routing:refused-leaves-nothing",
        "A template that is refused may leave a field behind, which conflicts with later ones.",
        "It leaves nothing behind.",
    ),
    _of(
        "routing",
        "routing:leading-slashes",
        "A path that begins with several slashes is routed as if there were one.",
        "It is another path: what is checked in front of the application, by its path, is what is routed.",
    ),
    _of(
        "routing",
        "routing:converter-literals",
        "Arguments of a converter are evaluated as Python.",
        "They are literals: a template is data, never run.",
    ),
    _of(
        "routing",
        "routing:converter-int",
        "`int(num_digits, min, max)` matches whole numbers.",
    ),
    _of(
        "routing",
        "routing:converter-float",
        "`float(min, max, finite)` matches numbers, infinite ones if it is told to.",
    ),
    _of(
        "routing",
        "routing:converter-dt",
        "`dt(format_string)` matches times of that form.",
    ),
    _of(
        "routing",
        "routing:converter-uuid",
        "`uuid` matches UUIDs with and without hyphens.",
    ),
    _of(
        "routing",
        "routing:converter-path",
        "`path` matches all that is left of a path, slashes included.",
    ),
    _of(
        "routing",
        "routing:converter-re",
        "`re(pattern, group)` matches a whole segment and gives it, or a group that took part.",
    ),
    _of(
        "routing",
        "routing:converter-strict",
        "Converters read what Python's constructors read: signs, underscores, digits of any script; a sign is a digit, and NaN is within all limits.",
        "They read the usual writing of a value: a resource has one path, not many.",
    ),
    _of(
        "routing",
        "routing:custom-converter",
        "A converter of one's own is registered by name, takes arguments, and gives None for no match; it may take several segments.",
    ),
]
