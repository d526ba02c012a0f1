"""What Falcon 4.4 does of requests: their headers, addresses, parameters and bodies."""

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


_THE_REQUEST = [
    _of(
        "request:attributes",
        "A request shows its method, path, query string, Content-Type, scope and options.",
    ),
    _of("request:own-attributes", "An application may set attributes of its own."),
    _of("request:empty-path", "An empty path is given as `/`."),
    _of(
        "request:trailing-slash",
        "A path's trailing slash stays, unless `strip_url_path_trailing_slash` is set.",
    ),
    _of("request:uri-template", "`uri_template` is that of the route which matched."),
    _of(
        "request:context",
        "`context` keeps an application's data, by attribute and by key.",
    ),
    _of("request:context-type", "`context_type` of a subclass makes its contexts."),
    _of(
        "request:websocket",
        "The handshake of a WebSocket is a GET whose stream is an UnsupportedError.",
    ),
    _of(
        "request:wsgi-only",
        "`env` is an AttributeError and `log_error` a NotImplementedError.",
        "The errors are the same; their sentences name what there is, `logging.getLogger`.",
    ),
    _of(
        "request:options",
        "RequestOptions have their documented defaults, and requests are read as they say.",
    ),
    _of(
        "request:auto-parse-form",
        "`auto_parse_form_urlencoded` is an option, for WSGI alone.",
        "There is no such option, since there is no WSGI.",
    ),
]

_HEADERS = [
    _of(
        "request:headers",
        "`headers` has lower-case names and Latin-1 values; repeated ones are joined by a comma.",
    ),
    _of(
        "request:headers-single",
        "Of a header that a request has once, such as Host, the last one counts.",
    ),
    _of(
        "request:get-header",
        "`get_header` finds a name in any case; an absent one is None, the default or a 400.",
    ),
    _of(
        "request:get-header-as-int",
        "`get_header_as_int` gives what `int` makes of a value, or a 400.",
    ),
    _of(
        "request:get-header-as-datetime",
        "`get_header_as_datetime` reads an IMF-fixdate, and the obsolete forms if `obs_date`.",
    ),
    _of(
        "request:header-properties",
        "The common headers are attributes; None when absent or empty, but for Content-Type.",
    ),
    _of("request:accept", "`accept` is `*/*` when the header is absent or empty."),
    _of(
        "request:content-length",
        "`content_length` is a number, None when absent or empty, and else a 400.",
    ),
    _of(
        "request:content-length-digits",
        "A Content-Length is read by `int`, with its signs and underscores.",
        "Only digits are a length (RFC 9110, 8.6): proxies that read it otherwise can be tricked.",
    ),
    _of(
        "request:dates",
        "`date` and the two conditions are times in UTC, and a 400 for what is no date.",
    ),
    _of(
        "request:dates-obsolete",
        "The attributes read the IMF-fixdate only.",
        "They read the obsolete forms too, as every recipient must (RFC 9110, 5.6.7).",
    ),
    _of(
        "request:dates-spelling",
        "Dates are read as `strptime` reads them: doubled spaces, single digits, UTC for GMT.",
        "They have one spelling in HTTP; only the long name of the day is not compared.",
    ),
    _of(
        "request:dates-century",
        "A year of two digits from 69 on is in the past century.",
        "It is in the past if it would else be more than 50 years ahead (RFC 9110, 5.6.7).",
    ),
    _of(
        "request:etags",
        "`if_match` and `if_none_match` are lists of tags, `['*']`, or None without a tag.",
    ),
    _of(
        "request:etags-malformed",
        "What lies between stray quotes is one tag, and bare tags in a list are none.",
        "Each tag is found, and a stray quote is dropped: to lose a tag is to lose an update.",
    ),
    _of(
        "request:etag-comparison",
        "Tags are compared weakly with `==` and strongly with `strong_compare`.",
        page="util",
    ),
    _of(
        "request:etag-quote",
        "`ETag.dumps` writes a quote in a tag as it is.",
        "It is a ValueError, since the quote would end the tag.",
        page="util",
    ),
    _of(
        "request:range",
        "`range` is the first and last position of one range with a unit; else a 400.",
    ),
    _of(
        "request:range-digits",
        "Positions are read by `int`, with its signs, spaces and underscores.",
        "Only digits are a position (RFC 9110, 14.1.1).",
    ),
    _of(
        "request:range-unit",
        "The unit may be empty, and is given as it was sent.",
        "An empty one is a 400, and it is given in lower case (RFC 9110, 14.1).",
    ),
    _of(
        "request:cookies",
        "`cookies` gives the first value of each name, unquoted.",
        page="cookies",
    ),
    _of(
        "request:cookie-values",
        "`get_cookie_values` gives all values of a name, or None.",
        page="cookies",
    ),
    _of(
        "request:cookie-names",
        "A cookie whose name is no token is left out, and only that one.",
        page="cookies",
    ),
    _of(
        "request:cookies-nameless",
        "A field without an equals sign is a cookie of that name without a value.",
        "It is left out: browsers send a value without a name so, which would hide a real cookie.",
        page="cookies",
    ),
    _of(
        "request:cookies-empty",
        'A value of `""` keeps its quotes.',
        "It is empty: so Falcon's own `set_cookie` writes an empty value.",
        page="cookies",
    ),
    _of(
        "request:cookies-utf-8",
        "Escaped bytes in a quoted value are Latin-1.",
        "They are UTF-8 where they can be, as `set_cookie` writes them.",
        page="cookies",
    ),
    _of(
        "request:client-accepts",
        "`client_accepts` says whether the range that fits a media type best has a weight.",
    ),
    _of(
        "request:client-accepts-common",
        "JSON, MessagePack by both of its names, and XML are asked for by attributes.",
    ),
    _of(
        "request:client-prefers",
        "`client_prefers` gives the first of the media types with the highest weight, or None.",
    ),
    _of(
        "request:accept-malformed",
        "A client with one malformed range in its Accept header accepts nothing.",
        "The malformed range is passed over, as RFC 9110, 12.5.1 names no error for it.",
    ),
    _of(
        "request:accept-parameters",
        "A range with a parameter fits types that lack it, and `*/html` any HTML.",
        "Any parameter but a charset has to be there, and there is no such range (RFC 9110, 12.5.1).",
    ),
    _of(
        "request:accept-case",
        "Types and charsets are compared in their case.",
        "They are compared in any case (RFC 9110, 8.3.1 and 8.3.2).",
    ),
    _of(
        "request:client-accepts-no-type",
        "Whoever accepts `*/*` accepts what is no media type.",
        "Nobody accepts what is no media type.",
    ),
]

_ADDRESSES = [
    _of(
        "request:host",
        "`host`, `port` and `netloc` are those of the Host header, or else of the server.",
    ),
    _of(
        "request:scheme",
        "`scheme` is that of the scope, by default `http`, and sets the default port.",
    ),
    _of(
        "request:subdomain",
        "`subdomain` is what stands before the first dot of the host, or None.",
    ),
    _of(
        "request:uri",
        "`uri`, `url`, `relative_uri` and `prefix` are put together with the root path.",
    ),
    _of(
        "request:root-path",
        "What is routed is the whole path of the scope, the root path in front of it too.",
        "It is what comes behind the root path, which ASGI has in both: an application "
        "answers alike wherever it is mounted.",
    ),
    _of(
        "request:root-path-alias",
        "`app` is a deprecated name of `root_path`, and warns.",
        "It does not warn, so that what uses it runs where warnings are errors.",
    ),
    _of(
        "request:host-malformed",
        "A Host header with a malformed port or bracket raises ValueError or is cut.",
        "It counts as absent: what a client sends is never a traceback.",
    ),
    _of(
        "request:host-default-port",
        "`netloc` is the Host header as it was sent.",
        "The scheme's own port is left out (RFC 9110, 4.2.3), and so is a port that is empty.",
    ),
    _of(
        "request:host-bare-ipv6",
        "An IPv6 address without brackets is put into a URL without brackets.",
        "It gets its brackets (RFC 3986, 3.2.2).",
    ),
    _of(
        "request:server-unix",
        "The port of a server behind a Unix socket is None, in `netloc` too.",
        "It is the scheme's own, since ASGI has no port there.",
    ),
    _of(
        "request:subdomain-address",
        "The first number of an IPv4 address is its subdomain.",
        "An address has none.",
    ),
    _of(
        "request:forwarded",
        "`forwarded` gives what each proxy of a Forwarded header says (RFC 7239).",
    ),
    _of(
        "request:forwarded-uri",
        "`forwarded_*` are the first proxy's scheme and host, and what is put together of them.",
    ),
    _of(
        "request:forwarded-malformed",
        "Unquoted ports and what follows garbage in an element are not read.",
        "They are, for many proxies leave the quotes out.",
    ),
    _of(
        "request:x-forwarded",
        "Without Forwarded, X-Forwarded-Proto and X-Forwarded-Host count.",
    ),
    _of(
        "request:x-forwarded-list",
        "X-Forwarded-Proto and X-Forwarded-Host count as they are, lists and empty ones too.",
        "The first of a list counts, which the client's own proxy wrote; an empty one is absent.",
    ),
    _of(
        "request:access-route",
        "`access_route` is of Forwarded, X-Forwarded-For or X-Real-IP, and ends in the peer.",
    ),
    _of(
        "request:access-route-ports",
        "Ports and brackets in X-Forwarded-For are parts of the address.",
        "They are left out as they are of Forwarded.",
    ),
    _of(
        "request:access-route-obfuscated-port",
        "A port in Forwarded that is no number raises ValueError.",
        "It is left out: RFC 7239, 6.3 lets proxies hide it.",
    ),
    _of(
        "request:access-route-empty",
        "Empty parts of the headers are parts of the route.",
        "They are left out, as they name nobody.",
    ),
    _of(
        "request:access-route-real-ip",
        "X-Real-IP is one address, whatever is in it.",
        "It is split like X-Forwarded-For, where proxies have appended to it.",
    ),
    _of(
        "request:remote-addr",
        "`remote_addr` is the peer's address, `127.0.0.1` if the server knows none.",
    ),
    _of(
        "request:remote-addr-empty",
        "A peer with an empty address raises IndexError.",
        "Its address is `127.0.0.1`, too; servers give it for Unix sockets.",
    ),
]

_PARAMETERS = [
    _of("request:query-string", "`query_string` is the text without question mark."),
    _of(
        "request:query-string-utf-8",
        "A query string that is not UTF-8 raises UnicodeDecodeError to the server.",
        "Its other bytes become U+FFFD: what a client sends is never a traceback.",
    ),
    _of(
        "request:params",
        "`params` has a string for each name, or a list for one that occurs repeatedly.",
    ),
    _of("request:params-blank", "`keep_blank_qs_values` keeps blank values."),
    _of("request:params-csv", "`auto_parse_qs_csv` splits values at commas."),
    _of(
        "request:params-csv-blank",
        "A list of one or of no value remains one, so that `get_param` raises IndexError.",
        "A parameter without a value is absent, and one with one value is a string.",
    ),
    _of(
        "request:params-nameless",
        "An equals sign alone is a parameter without name and value.",
        "It is none.",
    ),
    _of("request:has-param", "`has_param` says whether there is a parameter."),
    _of("request:get-param", "`get_param` gives the last of a parameter's values."),
    _of(
        "request:get-param-required",
        "A required parameter that is absent is an HTTPMissingParam.",
    ),
    _of("request:get-param-default", "`default` is given for an absent parameter."),
    _of(
        "request:get-param-store",
        "`store` gets a value that is there, by its name too.",
    ),
    _of(
        "request:get-param-allow-multiple",
        "Without `allow_multiple`, several values are an HTTPInvalidParam.",
    ),
    _of(
        "request:get-param-as-int", "`get_param_as_int` has limits, themselves allowed."
    ),
    _of(
        "request:get-param-as-float",
        "`get_param_as_float` has limits, themselves allowed.",
    ),
    _of(
        "request:get-param-as-float-nan",
        "`nan` is inside of any limits.",
        "It is outside of any, as no comparison with it is true.",
    ),
    _of(
        "request:get-param-as-bool",
        "`get_param_as_bool` knows seven words for each; a blank is as `blank_as_true` says.",
    ),
    _of("request:get-param-as-uuid", "`get_param_as_uuid` gives a UUID or a 400."),
    _of(
        "request:get-param-as-datetime",
        "`get_param_as_datetime` reads a value in a format.",
    ),
    _of("request:get-param-as-date", "`get_param_as_date` reads a value in a format."),
    _of("request:get-param-as-json", "`get_param_as_json` gives an object or a 400."),
    _of(
        "request:get-param-as-media",
        "`get_param_as_media` reads a value by the handler of a type; without one a ValueError.",
    ),
    _of(
        "request:get-param-as-list",
        "`get_param_as_list` gives all values, or one split at a delimiter, transformed.",
    ),
    _of(
        "request:get-param-delimiter",
        "A delimiter that is not supported is a ValueError, if the parameter is there.",
        "It is one in any case: a program's mistake shows without the right request.",
    ),
    _of(
        "request:get-param-as-dict",
        "`get_param_as_dict` takes a list for keys and values in turn; an odd one is a 400.",
    ),
    _of(
        "request:get-param-as-dict-deep",
        "A deep object has its keys in brackets behind the name.",
    ),
    _of(
        "request:get-param-as-dict-deep-repeated",
        "The first value of a repeated key of a deep object counts.",
        "The last one counts, as for any other parameter.",
    ),
    _of(
        "request:get-param-as-dict-store",
        "A default dictionary is put into `store`.",
        "No default is, as with the other methods.",
    ),
    _of(
        "request:get-query-string-as-media",
        "`get_query_string_as_media` reads the decoded query string by a handler.",
    ),
    _of(
        "request:get-query-string-as-media-bytes",
        "The query string is decoded to text, and that encoded for the handler.",
        "It is decoded to the bytes that it encodes, without which MessagePack fails.",
    ),
]

_MEDIA = [
    _of(
        "request:get-media",
        "`get_media` reads the body by the handler of its type; 400 and 415 are its errors.",
    ),
    _of("request:media", "`await req.media` is `await req.get_media()`."),
    _of(
        "request:get-media-default",
        "`default_when_empty` replaces the error of an empty body, and no other.",
    ),
    _of("request:get-media-once", "The object or the error is kept and given again."),
    _of(
        "request:get-media-exhaust",
        "What a handler with `exhaust_stream` leaves unread is thrown away.",
    ),
    _of(
        "request:media-truncated",
        "A body that the client broke off is read as a whole one.",
        "It is ClientDisconnected: a truncated body is never taken for a whole one.",
    ),
    _of(
        "request:media-json-numbers",
        "NaN, Infinity and integers of any size are read.",
        "orjson refuses what RFC 8259 does not know, and reads integers over 64 bits as floats.",
        page="media",
    ),
    _of(
        "request:media-json-surrogates",
        "A lone surrogate is read from its escape.",
        "orjson refuses it: no UTF-8 can be written of it.",
        page="media",
    ),
    _of(
        "request:media-json-depth",
        "JSON that is nested too deeply raises RecursionError.",
        "It is a 400: what a client sends is never a traceback.",
        page="media",
    ),
    _of(
        "request:media-msgpack",
        "MessagePack is read once an application registers its handler.",
        "It is registered from the start (ADR 5).",
        page="media",
    ),
    _of(
        "request:media-type-case",
        "A Content-Type in another case is a 415.",
        "Media types are compared in any case (RFC 9110, 8.3.1).",
        page="media",
    ),
    _of(
        "request:media-type-range",
        "A Content-Type of ranges or of several types is matched like an Accept header.",
        "It is a 415, since it names no media type (RFC 9110, 8.3).",
        page="media",
    ),
]

_STREAMS = [
    _of("stream:read", "`read` gives as many bytes as are asked for, or all for None."),
    _of("stream:readall", "`readall` gives all bytes that are left."),
    _of("stream:exhaust", "`exhaust` reads what is left, and gives nothing."),
    _of(
        "stream:close",
        "A closed stream is at its end and refuses to be read, by a ValueError.",
    ),
    _of("stream:iteration", "A stream is iterated over in the chunks that come, once."),
    _of("stream:file", "A stream is a file for reading only, without a descriptor."),
    _of(
        "stream:length",
        "A stream ends with the body, at the latest after Content-Length bytes.",
    ),
    _of("stream:first-event", "An event that was received already comes first."),
    _of(
        "stream:overread",
        "A chunk that goes beyond the announced length is given whole, whatever was asked for.",
        "No read gives more bytes than it was asked for.",
    ),
    _of(
        "stream:truncated",
        "A client that leaves in the middle of the body ends the stream.",
        "It raises ClientDisconnected: a truncated body is never taken for a whole one.",
    ),
    _of(
        "stream:iterated-twice",
        "A second iteration is refused unless the stream is at its end.",
        "It is refused in any case, so that the mistake shows with any body.",
    ),
    _of(
        "stream:eof",
        "`eof` is false while the last chunk is iterated over.",
        "It is true as soon as the server has said that this was the last.",
    ),
    _of(
        "stream:exhaust-tell",
        "After `exhaust`, `tell` counts too few bytes, or some beyond the announced length.",
        "`tell` counts the body's bytes, however they were read.",
    ),
    _of(
        "reader:read", "`read` and `readall` give the bytes of any chunks.", page="util"
    ),
    _of(
        "reader:peek", "`peek` gives the next bytes without reading them.", page="util"
    ),
    _of("reader:pipe", "`pipe` and `exhaust` read what is left.", page="util"),
    _of("reader:iteration", "A reader is iterated over once.", page="util"),
    _of("reader:file", "A reader is a file without a descriptor.", page="util"),
    _of(
        "reader:read-until",
        "`read_until` stops in front of a delimiter or after a size, and may consume it.",
        page="util",
    ),
    _of(
        "reader:pipe-until",
        "`pipe_until` writes what is in front of a delimiter.",
        page="util",
    ),
    _of(
        "reader:delimit",
        "`delimit` makes a reader of what is in front of a delimiter.",
        page="util",
    ),
    _of(
        "reader:delimiter-missing",
        "Where a delimiter to be consumed does not follow, what was in front of it is lost.",
        "It is a DelimiterError too, and nothing was read.",
        page="util",
    ),
    _of(
        "reader:delimiter-absent",
        "What was read up to a delimiter that never came is given a second time.",
        "Every byte is given once.",
        page="util",
    ),
    _of(
        "reader:delimiter-length",
        "A delimiter is not empty, and no longer than a chunk.",
        "It may be longer than a chunk.",
        page="util",
    ),
    _of(
        "reader:chunk-size",
        "A chunk size may be 0.",
        "It is positive, as there would be no pieces of that size.",
        page="util",
    ),
    _of(
        "reader:pieces",
        "Pieces are at least of the chunk size.",
        "They are of that size but for the last one, so that memory is bounded.",
        page="util",
    ),
]

REQUIREMENTS: list[Requirement] = [
    *_THE_REQUEST,
    *_HEADERS,
    *_ADDRESSES,
    *_PARAMETERS,
    *_MEDIA,
    *_STREAMS,
]
