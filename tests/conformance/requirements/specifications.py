"""What the specifications require: HTTP and what belongs to it, and ASGI."""

from __future__ import annotations

from ..manifest import Requirement

_FETCH = {
    "3.3.4": "cors-protocol-and-credentials",
    "3.3.5": "cors-protocol-and-http-caches",
    "4.9": "cors-preflight-fetch",
    "4.10": "cors-check",
}


def _rfc(
    number: int, id: str, behaviour: str, divergence: str | None = None
) -> Requirement:
    section = id.partition(":")[0]
    url = f"https://www.rfc-editor.org/rfc/rfc{number}.html#section-{section}"
    return Requirement(f"rfc{number}:{id}", url, behaviour, divergence)


def _asgi(
    page: str, id: str, behaviour: str, divergence: str | None = None
) -> Requirement:
    url = f"https://asgi.readthedocs.io/en/latest/{page}.html"
    return Requirement(f"asgi:{id}", url, behaviour, divergence)


def _fetch(id: str, behaviour: str) -> Requirement:
    anchor = _FETCH[id.partition(":")[0]]
    return Requirement(
        f"fetch:{id}", f"https://fetch.spec.whatwg.org/#{anchor}", behaviour
    )


_WWW = "specs/www"

_OF_ASGI = [
    _asgi(
        _WWW,
        "http:response-events",
        "A response is one start and at least one body event, with no keys but theirs.",
    ),
    _asgi(
        _WWW,
        "http:response-headers",
        "Headers are pairs of bytes, their names in lower case, and no pseudo-headers.",
    ),
    _asgi(
        _WWW,
        "http:more-body",
        "Nothing is sent behind the body event that has no `more_body`, but trailers.",
    ),
    _asgi(
        _WWW,
        "http:failing-stream",
        "A response that breaks off is never completed: the exception goes to the server.",
    ),
    _asgi(
        _WWW,
        "http:disconnect",
        "A client may leave at any moment: the application ends, and closes its streams.",
    ),
    _asgi(
        _WWW,
        "http:send-raises",
        "That `send` raises an `OSError` ends the response, and is no error.",
    ),
    _asgi(
        _WWW,
        "http:request-body",
        "The body is all `body` of its events, up to the first without `more_body`.",
    ),
    _asgi(
        _WWW,
        "http:disconnect-in-body",
        "A body that ends in `http.disconnect` is not taken for a whole one.",
    ),
    _asgi(
        _WWW,
        "http:scope-defaults",
        "A scope may leave out its scheme, root path, client, server and extensions.",
    ),
    _asgi(
        _WWW,
        "http:header-names",
        "A request's header names may be in any case, and its headers any iterable.",
    ),
    _asgi(
        _WWW,
        "http:root-path",
        "What an application routes by is the path without `root_path` in front of it.",
    ),
    _asgi(
        "specs/main",
        "main:extra-keys",
        "Keys that are not known are ignored.",
    ),
    _asgi(
        "specs/main",
        "main:unknown-scope",
        "A scope of a type that is not served is an exception.",
    ),
    _asgi(
        "specs/main",
        "main:versions",
        "A scope of a later major version of its specification is an exception.",
    ),
    _asgi(
        "extensions",
        "extensions:trailers",
        "Trailers are announced in the start, and follow the last body event, if the "
        "server offers the extension and the client sends `TE: trailers`.",
    ),
    _asgi(
        "extensions",
        "extensions:trailer-header",
        "The application sends the `Trailer` header that names its trailers.",
    ),
    _asgi(
        "extensions",
        "extensions:early-hints",
        "Early hints are sent if the server offers it, before the last body event.",
        "They are sent before the start, not behind it, as the one server that offers the "
        "extension, hypercorn, takes them there only.",
    ),
    _asgi(
        "extensions",
        "extensions:pathsend",
        "A server that offers it is given the path of a whole file in place of a body.",
    ),
    _asgi(
        "specs/lifespan",
        "lifespan:events",
        "Start-up and shutdown are each answered with one event.",
    ),
    _asgi(
        "specs/lifespan",
        "lifespan:failed",
        "A phase that fails is answered with `failed` and a message, and is the last one.",
    ),
    _asgi(
        "specs/lifespan",
        "lifespan:state",
        "What is put into the state at start-up is in the state of every request's scope.",
    ),
]

_OF_HTTP = [
    _rfc(
        9110,
        "5.3:order",
        "The values of a repeated field are one list, in their order.",
    ),
    _rfc(
        9110,
        "5.5:field-values",
        "No value of a field has a control character in it, but for tabs.",
    ),
    _rfc(9110, "5.6.7:recipient", "A date is read in the obsolete forms too."),
    _rfc(9110, "5.6.7:sender", "A date is written as an IMF-fixdate."),
    _rfc(
        9110,
        "5.6.7:leap-second",
        "A minute may have a second 60.",
        "It is taken for the second before it, as `datetime` has none.",
    ),
    _rfc(9110, "6.4.1:no-content", "HEAD, 204 and 304 have no content."),
    _rfc(
        9110,
        "6.5.1:trailers",
        "Trailers are for a client that says that it takes them.",
    ),
    _rfc(
        9110,
        "6.6.2:trailer",
        "A sender of trailers should name them in `Trailer`.",
    ),
    _rfc(9110, "8.3:content-type", "A response with content says of which type it is."),
    _rfc(
        9110,
        "8.6:content-length",
        "Content-Length is the number of bytes of the content; a 204 has none.",
    ),
    _rfc(
        9110,
        "9.1:head",
        "A server must support GET and HEAD.",
        "As in Falcon, a resource answers HEAD with an `on_head` of its own, and else with "
        "a 405; static files answer it.",
    ),
    _rfc(
        9110,
        "9.1:unknown-method",
        "A method that is not known should be a 501.",
        "It is a 400, as in Falcon.",
    ),
    _rfc(9110, "9.3.2:head", "HEAD is answered with the headers that GET would have."),
    _rfc(9110, "9.3.7:options", "OPTIONS tells of the methods of a resource."),
    _rfc(9110, "10.2.1:allow", "Allow is the set of methods that a resource has."),
    _rfc(9110, "10.2.2:location", "Location is a URI reference."),
    _rfc(9110, "10.2.3:retry-after", "Retry-After is a number of seconds or a date."),
    _rfc(
        9110,
        "12.4.1:unacceptable",
        "A server may disregard an Accept that it cannot satisfy.",
    ),
    _rfc(
        9110,
        "12.5.1:accept",
        "The most specific range that matches a media type gives its weight.",
    ),
    _rfc(
        9110, "12.5.5:vary", "An error, whose format is negotiated, says so with Vary."
    ),
    _rfc(
        9110,
        "13.1.1:if-match",
        "If-Match fails with a 412 unless a tag matches strongly, or any does for `*`.",
    ),
    _rfc(
        9110,
        "13.1.2:if-none-match",
        "If-None-Match gives a 304 if a tag matches weakly, or any for `*`.",
    ),
    _rfc(
        9110,
        "13.1.3:if-modified-since",
        "If-Modified-Since gives a 304 for what is not newer; what is no date is ignored.",
    ),
    _rfc(
        9110,
        "13.1.4:if-unmodified-since",
        "If-Unmodified-Since fails with a 412 for what is newer.",
    ),
    _rfc(
        9110,
        "13.1.5:if-range",
        "A range is followed only if If-Range is the tag, strongly, or the very date.",
        "A date counts whether or not the file may have changed twice in that second, "
        "which nobody has kept.",
    ),
    _rfc(
        9110,
        "13.2.1:other-statuses",
        "Conditions count only where the response would be a success.",
    ),
    _rfc(9110, "13.2.2:precedence", "Conditions are evaluated in their order."),
    _rfc(9110, "14.1:unit", "The unit of a range is in any case."),
    _rfc(
        9110,
        "14.1.2:byte-ranges",
        "Positions beyond the end are those up to it, and a suffix counts from there; a "
        "range that has none of the content is a 416.",
    ),
    _rfc(9110, "14.2:range", "Range counts for GET, and behind all conditions."),
    _rfc(
        9110,
        "14.2:ignored",
        "A Range that is not understood is ignored; one of several ranges may be.",
    ),
    _rfc(
        9110,
        "14.4:content-range",
        "A 206 tells the positions that it has, and a 416 the length of the whole.",
    ),
    _rfc(
        9110,
        "15.3.6:205",
        "A 205 has no content, and says so.",
    ),
    _rfc(9110, "15.4.5:304", "A 304 has the ETag that the 200 would have."),
    _rfc(9110, "15.5.1:400", "A body that is not in the format of its type is a 400."),
    _rfc(
        9110,
        "15.5.2:challenge",
        "A 401 has a challenge.",
        "`HTTPUnauthorized` without challenges has none, as in Falcon.",
    ),
    _rfc(9110, "15.5.5:404", "A path that leads nowhere is a 404."),
    _rfc(9110, "15.5.6:405", "A method that a resource has not is a 405 with Allow."),
    _rfc(9110, "15.5.16:415", "A body of a type that is not read is a 415."),
    _rfc(9110, "15.6.1:500", "An exception is a 500, and does not tell what it was."),
    _rfc(
        9110,
        "15.6.4:503",
        "A server that stops refuses with a 503, and says when to come back.",
    ),
    _rfc(
        9113,
        "8.2.3:cookies",
        "Cookie fields that came in pieces are joined by a semicolon and a space.",
    ),
]

_OF_FIELDS = [
    _rfc(6265, "4.1.1:syntax", "A Set-Cookie is as the grammar has it."),
    _rfc(6265, "4.1.1:once", "A response sets a cookie once."),
    _rfc(
        6265,
        "4.1.1:other-values",
        "A cookie's value has no spaces, quotes, commas, semicolons and backslashes.",
        "Any text is sent in quotes with backslashes, as Python's http.cookies does, and "
        "comes back from browsers as it was.",
    ),
    _rfc(
        6265,
        "4.1.1:unset",
        "Max-Age begins with another digit than 0.",
        "`unset_cookie` sends Max-Age=0, which 5.2.2 has browsers take for the past.",
    ),
    _rfc(6265, "4.2.1:cookie", "Cookie is a list of pairs behind semicolons."),
    _rfc(6265, "4.2.2:same-name", "Cookies of one name are told of in the order sent."),
    _rfc(6265, "5.4:back", "What a browser sends back is what was set."),
    _rfc(
        7239,
        "4:elements",
        "Forwarded is a list of elements, whose values are tokens or quoted strings.",
    ),
    _rfc(
        7239, "5:parameters", "The parameters by, for, host and proto are in any case."
    ),
    _rfc(
        7239,
        "6:nodes",
        "A node is an address, `unknown` or a made-up name, perhaps with a port.",
    ),
    _rfc(9457, "3:media-type", "Problem details are sent to those that prefer them."),
    _rfc(9457, "3.1:members", "A problem has the members type, title and detail."),
    _rfc(9457, "3.1.2:status", "Its status is that of the response."),
    _rfc(9457, "3.2:extensions", "What else it has is an extension: `code`."),
    _rfc(
        9457,
        "4.2.1:about-blank",
        "Without a type, the title should be the phrase of the status.",
        "A title that the application gave is kept.",
    ),
    _rfc(8288, "3:link", "A link is a URI reference and its parameters."),
    _rfc(8288, "3.2:anchor", "The context of a link is that of its anchor."),
    _rfc(8288, "3.3:rel", "A link has one rel, with one or more types."),
    _rfc(
        8288,
        "3.4.1:target-attributes",
        "The attributes hreflang, type, title and title* come as they were given.",
    ),
    _rfc(8288, "3.4.2:extensions", "A link may have attributes of other names."),
    _rfc(
        6266,
        "4.2:type",
        "A file is to be saved by `attachment`, to be shown by `inline`.",
    ),
    _rfc(
        6266,
        "4.3:filename",
        "A name that is not ASCII is in `filename*`, with another one in `filename`.",
    ),
    _rfc(
        3986,
        "2.1:percent-encoding",
        "What may not stand in a URI is encoded by its UTF-8 bytes, in capitals.",
    ),
    _rfc(
        3986,
        "2.1:request-uri",
        "A URI has no characters but those of ASCII.",
        "`req.uri` and its like have the path as the server has decoded it, as in Falcon.",
    ),
    _rfc(3986, "2.3:unreserved", "What is unreserved is not encoded."),
    _rfc(
        3986, "2.4:once", "What was encoded is not encoded again, where that is asked."
    ),
    _rfc(3986, "3.2.2:host", "A host is a name, or an address in brackets."),
    _rfc(3986, "3.2.3:port", "A port may be absent, also behind a colon."),
    _rfc(3986, "3.3:path", "The path of a route, with any values, leads back to it."),
    _rfc(3986, "5.2.4:dot-segments", "No path is made that clients would shorten."),
    _fetch(
        "3.3.4:credentials",
        "With credentials the origin is told by name, and that they are allowed.",
    ),
    _fetch(
        "3.3.5:vary",
        "A response that differs by origin says so with Vary, also without an Origin.",
    ),
    _fetch("4.9:preflight", "A preflight tells of the methods and headers."),
    _fetch(
        "4.10:cors-check", "A browser shows a response to the allowed origins only."
    ),
]

REQUIREMENTS: list[Requirement] = [*_OF_ASGI, *_OF_HTTP, *_OF_FIELDS]
