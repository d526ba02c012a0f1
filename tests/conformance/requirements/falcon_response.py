"""What Falcon 4.4 does of responses, CORS, static files and utilities."""

from __future__ import annotations

from ..manifest import Requirement

_API = "https://falcon.readthedocs.io/en/4.4.0/api"


def _of(
    id: str,
    behaviour: str,
    divergence: str | None = None,
    *,
    page: str = "request_and_response_asgi",
) -> Requirement:
    return Requirement(f"falcon:{id}", f"{_API}/{page}.html", behaviour, divergence)


_THE_RESPONSE = [
    _of(
        "response:attributes",
        "A response has Falcon's attributes, and methods with Falcon's arguments.",
    ),
    _of(
        "response:options",
        "ResponseOptions have their documented names and defaults.",
    ),
    _of(
        "response:context",
        "`context` keeps an application's data; other attributes may be set too.",
    ),
    _of(
        "response:removed",
        "`body` and `add_link` are AttributeErrors that name what replaced them.",
        "`body` sets `text` or `data`, as programs for older versions do.",
    ),
    _of(
        "response:status",
        "`status` and `status_code` take a line, a code or an http.HTTPStatus.",
    ),
    _of(
        "response:status-checked",
        "A status that is none is found by the server when the response is sent, or not at all.",
        "It is a ValueError where it is set, as the mistake is there.",
    ),
    _of("response:set-stream", "`set_stream` sets a stream and its length."),
    _of(
        "response:schedule",
        "What is scheduled runs after the response, and before the first of the events.",
    ),
    _of(
        "response:schedule-always",
        "What is scheduled is forgotten when the stream raises.",
        "It runs, as it does after every other error.",
    ),
    _of(
        "response:schedule-types",
        "`schedule` refuses coroutines and functions; `schedule_sync` refuses nothing.",
        "Either refuses all that is not a function of its kind, which could not run later.",
    ),
]

_BODIES = [
    _of(
        "response:body-order",
        "The body is the first of `sse`, `text`, `data`, `media` and `stream` that is not None.",
    ),
    _of(
        "response:content-length",
        "Content-Length is measured; only a stream's, a HEAD's and a 304's can be set.",
    ),
    _of(
        "response:head",
        "A HEAD is answered without the body, and with the length of what is in hand.",
    ),
    _of(
        "response:head-nothing",
        "The answer to a HEAD that was given nothing has a Content-Length of 0.",
        "It has none: that of a GET is not known (RFC 9110, 8.6).",
    ),
    _of(
        "response:head-length",
        "A Content-Length that was set stays in the answer to a HEAD, whatever the body is.",
        "It is that of the body, as in the answer to a GET (RFC 9110, 8.6).",
    ),
    _of(
        "response:without-content",
        "Responses of status 100, 101, 204 and 304 are sent without their body.",
    ),
    Requirement(
        "rfc9110:8.6:no-content-length",
        "https://www.rfc-editor.org/rfc/rfc9110.html#section-8.6",
        "A response of status 1xx or 204 has no Content-Length.",
    ),
    _of(
        "response:content-type",
        "Content-Type is the default media type unless it was set; a 204 and a 304 have none.",
    ),
    _of(
        "response:media",
        "`media` is serialized when the response is sent, by the handler for its Content-Type.",
        page="media",
    ),
    _of(
        "response:render-body",
        "A subclass of Response may give a body of its own by `render_body`.",
    ),
    _of(
        "response:rendering-errors",
        "An error in rendering is answered without a body, or let through to the server.",
        "It is answered like every other, so that the client learns why.",
    ),
    _of(
        "response:body-types",
        "`text` and `stream` take anything; what cannot be sent fails when it is sent.",
        "They take strings, and asynchronous iterables or files, and say so in a TypeError.",
    ),
    _of(
        "response:stream-iterable",
        "An asynchronous iterable is sent piece by piece, until its end or None.",
    ),
    _of(
        "response:stream-file",
        "A file is sent by awaiting `read`, until that gives nothing, and is closed.",
    ),
    _of(
        "response:stream-file-none",
        "A file that gives None is asked again.",
        "None ends it like every stream: asking for ever would hold up all connections.",
    ),
    _of(
        "response:stream-blocks",
        "A file is read in blocks of 8 KiB.",
        "The blocks are of 64 KiB, as each costs a send.",
    ),
    _of(
        "response:stream-closed",
        "A file that is not sent, as to a HEAD, stays open.",
        "It is closed however the response ends.",
    ),
]

_HEADERS = [
    _of(
        "response:headers",
        "Headers are set, appended to, read and deleted by their names in any case.",
    ),
    _of(
        "response:no-cookies-as-headers",
        "Set-Cookie is a HeaderNotSupported for all methods but `append_header`.",
    ),
    _of(
        "response:header-attributes",
        "Common headers are attributes that write their values; None and `del` remove them.",
    ),
    _of(
        "response:header-attribute-values",
        "Attributes write what they are given, whether it is a valid value or not.",
        "A string is a whole value, times are in GMT, quotes are escaped, and what can be no "
        "length or range is a ValueError.",
    ),
    _of(
        "response:header-syntax",
        "Names and values of headers are not checked.",
        "A name that is no token and a value outside of Latin-1 are ValueErrors, as no server "
        "could send them.",
    ),
    _of(
        "response:no-line-breaks",
        "A line break or NUL in a header, link or cookie is sent, or encoded.",
        "It is a ValueError: whoever gave the text could write headers of his own.",
    ),
    _of(
        "response:append",
        "What is appended follows a comma, whatever was there before.",
        "An empty value is replaced, and Vary names nothing twice (RFC 9110, 5.6.1).",
    ),
    _of(
        "response:weak-etag",
        "An ETag that is weak is written as a strong one.",
        "It stays weak, or If-Match would take it for what it is not.",
    ),
    _of(
        "response:delete-twice",
        "Deleting an attribute whose header is not there is a KeyError.",
        "Nothing happens, as with `delete_header`.",
    ),
    _of("response:links", "`append_link` adds a link and its parameters to Link."),
    _of(
        "response:link-syntax",
        "Parameters of a link are neither quoted as needed nor checked; empty lists leave a gap.",
        "They are quoted and escaped as RFC 8288 has it, a wrong name is a ValueError, and an "
        "empty list adds nothing.",
    ),
]

_COOKIES = [
    _of(
        "cookies:set",
        "A cookie has its value and attributes; Secure as the option says, HttpOnly by default.",
        page="cookies",
    ),
    _of(
        "cookies:names",
        "A cookie's name that is no token, or is an attribute's, is a KeyError.",
        page="cookies",
    ),
    _of(
        "cookies:colon",
        "There may be a colon in a cookie's name.",
        "It is a KeyError: RFC 6265, 4.1.1 has tokens.",
        page="cookies",
    ),
    _of(
        "cookies:scope",
        "A cookie's domain and path are not checked.",
        "A semicolon or a character outside of ASCII is a ValueError, as it would add "
        "attributes or fail when it is sent.",
        page="cookies",
    ),
    _of(
        "cookies:replace",
        "Setting a cookie again keeps those attributes that are not given again.",
        "It replaces all of them: a call means the same wherever it stands.",
        page="cookies",
    ),
    _of(
        "cookies:max-age-zero",
        "A max_age of 0 is left out, and the cookie stays for the session.",
        "It is sent, and the client forgets the cookie at once (RFC 6265, 5.2.2).",
        page="cookies",
    ),
    _of(
        "cookies:quoting",
        "A value with a character such as `=` in it, and an empty one, are quoted.",
        "Only what RFC 6265, 4.1.1 does not have in a value is quoted, since browsers and "
        "scripts read the quotes as a part of it.",
        page="cookies",
    ),
    _of(
        "cookies:non-ascii",
        "A value that is not ASCII is a ValueError.",
        "It is quoted as UTF-8 in octal numbers, which http.cookies reads back.",
        page="cookies",
    ),
    _of(
        "cookies:unset",
        "`unset_cookie` gives an Expires of this moment; `same_site=None` says None.",
        "It gives the epoch and Max-Age=0, Secure where a browser would ignore the line "
        "without, takes `partitioned`, checks `same_site` as `set_cookie` does, and has no "
        "`samesite`, which Falcon deprecates.",
        page="cookies",
    ),
    _of(
        "cookies:appended",
        "A Set-Cookie that is appended is sent as it is, besides the cookies that are set.",
        page="cookies",
    ),
    _of(
        "cookies:appended-order",
        "Lines that are appended go before all cookies that are set.",
        "They are sent in the order of the calls, as the last one wins in a browser.",
        page="cookies",
    ),
]

_CORS = [
    _of(
        "cors:response",
        "CORSMiddleware allows origins, credentials and headers as its policy says, and keeps "
        "an Access-Control-Allow-Origin that is there already.",
        page="cors",
    ),
    _of(
        "cors:preflight",
        "A preflight request is told the methods of Allow and the headers that it asked for.",
        page="cors",
    ),
    _of(
        "cors:wildcard",
        "`'*'` among other origins is a ValueError.",
        page="cors",
    ),
    _of(
        "cors:vary",
        "Nothing says that the answer depends on the origin.",
        "`Vary: Origin` does, or a cache would give one origin the answer for another.",
        page="cors",
    ),
    _of(
        "cors:no-allow",
        "A preflight of what allows nothing is told of credentials and private networks still.",
        "It is told nothing at all.",
        page="cors",
    ),
    _of(
        "cors:origins",
        "Origins of a policy are any strings, compared as they are.",
        "What can be no origin is a ValueError, as it would never match; case and default port "
        "make no difference (RFC 6454, 5).",
        page="cors",
    ),
]

_STATIC = [
    _of(
        "static:arguments",
        "A prefix without a slash and a fallback that is no file are ValueErrors.",
        page="app",
    ),
    _of(
        "static:last-added-first",
        "Of several static routes the one that was added last is asked first, and alone.",
        page="app",
    ),
    _of(
        "static:files",
        "A file is sent with its length, media type, ETag and Last-Modified.",
        page="app",
    ),
    _of(
        "static:paths",
        "Paths that are too long, that lead out of the directory, or that have characters "
        "which file names do not have are not found.",
        page="app",
    ),
    _of(
        "static:fallback",
        "`fallback_filename` is served for a path without a file, the prefix included.",
        page="app",
    ),
    _of(
        "static:downloadable",
        "`downloadable` gives files a Content-Disposition.",
        page="app",
    ),
    _of(
        "static:media-types",
        "A file's media type is that of its ending in `static_media_types`.",
        page="app",
    ),
    _of(
        "static:endings",
        "Endings are compared as they are.",
        "They are compared in any case: what a camera calls `.JPG` is a picture.",
        page="app",
    ),
    _of(
        "static:media-types-table",
        "`static_media_types` has the operating system's table.",
        "It has Python's own: an application sends the same everywhere.",
        page="app",
    ),
    _of(
        "static:methods",
        "Files answer every method as they answer GET; Allow has GET alone.",
        "They answer GET, HEAD and OPTIONS; another method is a 405.",
        page="app",
    ),
    _of(
        "static:names",
        "Names with `'`, with two dots or with a space at the beginning are not found; names "
        "of devices and with DEL are.",
        "The former mean no harm; the latter open something else on Windows, or break a line.",
        page="app",
    ),
    _of(
        "static:links",
        "A symbolic link is followed out of the directory.",
        "It is not: the directory is what was to be public.",
        page="app",
    ),
    _of(
        "static:dots",
        "`./a` and `b/../a` are found.",
        "Every file has one path; clients resolve dots before they ask (RFC 3986, 5.2.4).",
        page="app",
    ),
    _of(
        "static:trailing-slash",
        "A slash behind a file's name is ignored.",
        "It is not found, as relative links in the file would lead elsewhere.",
        page="app",
    ),
    _of(
        "static:fifos",
        "A FIFO is opened, and the event loop stands still until somebody writes into it.",
        "What is no regular file is not found.",
        page="app",
    ),
    _of(
        "static:not-modified",
        "If-None-Match, or without it If-Modified-Since, makes a 304 of what the client has.",
        page="app",
    ),
    _of(
        "static:etag",
        "A tag has the file's time in seconds.",
        "It has nanoseconds: a strong tag differs for any two versions (RFC 9110, 8.8.1).",
        page="app",
    ),
    _of(
        "static:etag-syntax",
        "A tag without its quotes matches.",
        "It is no tag, and the file is sent (RFC 9110, 8.8.3).",
        page="app",
    ),
    _of(
        "static:conditions",
        "If-Match and If-Unmodified-Since are ignored.",
        "They are obeyed by a 412 (RFC 9110, 13.1.1 and 13.1.4).",
        page="app",
    ),
    _of(
        "static:if-range",
        "If-Range is ignored.",
        "It is obeyed, or parts of two versions would make one file (RFC 9110, 13.1.5).",
        page="app",
    ),
    _of(
        "static:odd-dates",
        "An If-Modified-Since in an obsolete form, or of another, is a 400.",
        "The former is read and the latter ignored (RFC 9110, 5.6.7 and 13.1.3).",
        page="app",
    ),
    _of(
        "static:range",
        "One range of bytes gets a 206 with that part; other units are ignored.",
        page="app",
    ),
    _of(
        "static:range-beyond",
        "A range beyond the end is a 416 that tells the length.",
        page="app",
    ),
    _of(
        "static:head-range",
        "A HEAD obeys Range.",
        "It ignores it (RFC 9110, 14.2).",
        page="app",
    ),
    _of(
        "static:odd-ranges",
        "Several ranges, malformed ones and `-0` are a 400; the unit is compared as it is.",
        "The whole file is sent, but for `-0`, which is beyond the end; the unit is read in "
        "any case (RFC 9110, 14.1.2 and 14.2).",
        page="app",
    ),
]

_URIS = [
    _of(
        "uri:decode",
        "`decode` undoes percent-encoding; what is not UTF-8 becomes U+FFFD.",
        page="util",
    ),
    _of(
        "uri:encode",
        "`encode` leaves a URI's delimiters alone, `encode_value` none; `_check_escaped` "
        "leaves alone what is encoded already.",
        page="util",
    ),
    _of(
        "uri:unquote-string",
        "`unquote_string` undoes the quotes and escapes of a quoted-string.",
        page="util",
    ),
    _of(
        "uri:parse-host",
        "`parse_host` gives the host and the port, or the default.",
        page="util",
    ),
    _of(
        "uri:parse-host-strict",
        "A port is whatever int() reads, an empty one is a ValueError, and brackets need not "
        "be closed.",
        "A port is a number from 0 to 65535, an empty one is the default, and the rest is a "
        "ValueError (RFC 3986, 3.2).",
        page="util",
    ),
    _of(
        "uri:parse-query-string",
        "`parse_query_string` gives strings, and lists for names that are there again.",
        page="util",
    ),
    _of(
        "uri:parse-query-string-blanks",
        "A field without a name and a value is one, and `csv` gives lists of no or one string.",
        "The field says nothing; no value is no list, and one value is a string.",
        page="util",
    ),
    _of(
        "uri:to-query-str",
        "`to_query_str` writes parameters, and lists in one field or in several.",
        page="util",
    ),
    _of(
        "uri:to-query-str-lists",
        "A tuple, and True in a list, are written as Python shows them.",
        "A tuple is a list, and True is `true` everywhere.",
        page="util",
    ),
]

_UTILITIES = [
    _of(
        "status:helpers",
        "`code_to_http_status` and `http_status_to_code` take codes, lines and bytes.",
        page="status",
    ),
    _of(
        "status:checked",
        "`http_status_to_code` gives any number, and the number that any string begins with.",
        "What is no status of three digits is a ValueError.",
        page="status",
    ),
    _of(
        "status:reasons",
        "A member of http.HTTPStatus has the reason that this version of Python knows.",
        "It has that of the constant; 422 has that of RFC 9110, 15.5.21.",
        page="status",
    ),
    _of(
        "util:dates",
        "HTTP dates are written and read, the obsolete forms where they are asked for.",
        page="util",
    ),
    _of(
        "util:dates-two-digits",
        "A year of two digits is that between 1969 and 2068.",
        "It is the last one that is at most 50 years ahead (RFC 9110, 5.6.7).",
        page="util",
    ),
    _of(
        "util:dates-zones",
        "`dt_to_http` ignores the zone of a time.",
        "It turns the time into GMT, which it says that it is.",
        page="util",
    ),
    _of(
        "util:etag",
        "An ETag is a string that is read, written and compared, weakly or strongly.",
        page="util",
    ),
    _of(
        "util:etag-quotes",
        "A tag with a quote in it is written.",
        "It is a ValueError, as it would be read as another; one quote alone is left out.",
        page="util",
    ),
    _of(
        "util:secure-filename",
        "`secure_filename` makes a file's name of ASCII, and of no more than `max_length`.",
        page="util",
    ),
    _of(
        "util:context",
        "Context has the same data by attributes and as a dictionary.",
        page="util",
    ),
    _of(
        "util:case-insensitive-dict",
        "CaseInsensitiveDict finds keys in any case, and gives them as they were set last.",
        page="util",
    ),
    _of(
        "util:lower-items",
        "`lower_items()` gives the items by lower-case keys.",
        "It is not there; a comprehension does it.",
        page="util",
    ),
    _of(
        "util:mediatypes",
        "`quality` and `best_match` weigh media types by an Accept header.",
        page="media",
    ),
    _of(
        "util:mediatypes-ranges",
        "A malformed range is an InvalidMediaRange, one with more parameters than the type "
        "matches, case counts, and a type may have asterisks.",
        "A malformed range is passed over, so that a client's slip costs that range only; RFC "
        "9110, 8.3.1 and 12.5.1 say the rest.",
        page="media",
    ),
    _of(
        "util:parse-header",
        "`parse_header` splits a value from its parameters, which may be quoted.",
        page="util",
    ),
    _of(
        "util:parse-header-backslash",
        "A quoted value that ends with a backslash does not end.",
        "It does: the backslash was escaped (RFC 9110, 5.6.4).",
        page="util",
    ),
    _of(
        "util:sync-to-async",
        "Functions are called from coroutines: in a thread, in one thread, or where they are.",
        page="util",
    ),
    _of(
        "util:async-to-sync",
        "Coroutine functions are called from functions.",
        page="util",
    ),
    _of(
        "inspect:app",
        "`inspect_app` tells routes, sinks, static routes, error handlers and middleware.",
        page="inspect",
    ),
    _of(
        "inspect:internals",
        "It tells the framework's own responders and error handlers too.",
        "A route has the responders of its resource and no others, so there are none to tell.",
        page="inspect",
    ),
    _of(
        "inspect:lines",
        "The first line of a file is 0.",
        "It is 1, as for every editor.",
        page="inspect",
    ),
    _of(
        "names:public",
        "Falcon's public names are there, and have its values.",
        page="util",
    ),
    _of(
        "names:innards",
        "Falcon exports helpers of its own, two of its modules, the time zone GMT and 7xx "
        "statuses.",
        "They are not there: API, deprecated, deprecated_args, get_argnames, get_bound_method, "
        "http_cookies, IS_64_BITS, is_python_func, misc, structures, time, TimezoneGMT and "
        "HTTP_7xx; Python has what they were for.",
        page="util",
    ),
]

REQUIREMENTS: list[Requirement] = [
    *_THE_RESPONSE,
    *_BODIES,
    *_HEADERS,
    *_COOKIES,
    *_CORS,
    *_STATIC,
    *_URIS,
    *_UTILITIES,
]
