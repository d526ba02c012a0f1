"""Status lines as constants: ``HTTP_404 == HTTP_NOT_FOUND == "404 Not Found"``.

The reason phrases are those of the IANA registry that RFC 9110, 16.2.1 establishes.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus as _HTTPStatus

__all__ = [
    "HTTP_100",
    "HTTP_CONTINUE",
    "HTTP_101",
    "HTTP_SWITCHING_PROTOCOLS",
    "HTTP_102",
    "HTTP_PROCESSING",
    "HTTP_103",
    "HTTP_EARLY_HINTS",
    "HTTP_200",
    "HTTP_OK",
    "HTTP_201",
    "HTTP_CREATED",
    "HTTP_202",
    "HTTP_ACCEPTED",
    "HTTP_203",
    "HTTP_NON_AUTHORITATIVE_INFORMATION",
    "HTTP_204",
    "HTTP_NO_CONTENT",
    "HTTP_205",
    "HTTP_RESET_CONTENT",
    "HTTP_206",
    "HTTP_PARTIAL_CONTENT",
    "HTTP_207",
    "HTTP_MULTI_STATUS",
    "HTTP_208",
    "HTTP_ALREADY_REPORTED",
    "HTTP_226",
    "HTTP_IM_USED",
    "HTTP_300",
    "HTTP_MULTIPLE_CHOICES",
    "HTTP_301",
    "HTTP_MOVED_PERMANENTLY",
    "HTTP_302",
    "HTTP_FOUND",
    "HTTP_303",
    "HTTP_SEE_OTHER",
    "HTTP_304",
    "HTTP_NOT_MODIFIED",
    "HTTP_305",
    "HTTP_USE_PROXY",
    "HTTP_307",
    "HTTP_TEMPORARY_REDIRECT",
    "HTTP_308",
    "HTTP_PERMANENT_REDIRECT",
    "HTTP_400",
    "HTTP_BAD_REQUEST",
    "HTTP_401",
    "HTTP_UNAUTHORIZED",
    "HTTP_402",
    "HTTP_PAYMENT_REQUIRED",
    "HTTP_403",
    "HTTP_FORBIDDEN",
    "HTTP_404",
    "HTTP_NOT_FOUND",
    "HTTP_405",
    "HTTP_METHOD_NOT_ALLOWED",
    "HTTP_406",
    "HTTP_NOT_ACCEPTABLE",
    "HTTP_407",
    "HTTP_PROXY_AUTHENTICATION_REQUIRED",
    "HTTP_408",
    "HTTP_REQUEST_TIMEOUT",
    "HTTP_409",
    "HTTP_CONFLICT",
    "HTTP_410",
    "HTTP_GONE",
    "HTTP_411",
    "HTTP_LENGTH_REQUIRED",
    "HTTP_412",
    "HTTP_PRECONDITION_FAILED",
    "HTTP_413",
    "HTTP_CONTENT_TOO_LARGE",
    "HTTP_REQUEST_ENTITY_TOO_LARGE",
    "HTTP_414",
    "HTTP_URI_TOO_LONG",
    "HTTP_REQUEST_URI_TOO_LONG",
    "HTTP_415",
    "HTTP_UNSUPPORTED_MEDIA_TYPE",
    "HTTP_416",
    "HTTP_RANGE_NOT_SATISFIABLE",
    "HTTP_REQUESTED_RANGE_NOT_SATISFIABLE",
    "HTTP_417",
    "HTTP_EXPECTATION_FAILED",
    "HTTP_418",
    "HTTP_IM_A_TEAPOT",
    "HTTP_421",
    "HTTP_MISDIRECTED_REQUEST",
    "HTTP_422",
    "HTTP_UNPROCESSABLE_CONTENT",
    "HTTP_UNPROCESSABLE_ENTITY",
    "HTTP_423",
    "HTTP_LOCKED",
    "HTTP_424",
    "HTTP_FAILED_DEPENDENCY",
    "HTTP_425",
    "HTTP_TOO_EARLY",
    "HTTP_426",
    "HTTP_UPGRADE_REQUIRED",
    "HTTP_428",
    "HTTP_PRECONDITION_REQUIRED",
    "HTTP_429",
    "HTTP_TOO_MANY_REQUESTS",
    "HTTP_431",
    "HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE",
    "HTTP_451",
    "HTTP_UNAVAILABLE_FOR_LEGAL_REASONS",
    "HTTP_500",
    "HTTP_INTERNAL_SERVER_ERROR",
    "HTTP_501",
    "HTTP_NOT_IMPLEMENTED",
    "HTTP_502",
    "HTTP_BAD_GATEWAY",
    "HTTP_503",
    "HTTP_SERVICE_UNAVAILABLE",
    "HTTP_504",
    "HTTP_GATEWAY_TIMEOUT",
    "HTTP_505",
    "HTTP_HTTP_VERSION_NOT_SUPPORTED",
    "HTTP_506",
    "HTTP_VARIANT_ALSO_NEGOTIATES",
    "HTTP_507",
    "HTTP_INSUFFICIENT_STORAGE",
    "HTTP_508",
    "HTTP_LOOP_DETECTED",
    "HTTP_510",
    "HTTP_NOT_EXTENDED",
    "HTTP_511",
    "HTTP_NETWORK_AUTHENTICATION_REQUIRED",
    "code_to_http_status",
    "http_status_to_code",
]

HTTP_100 = "100 Continue"
HTTP_CONTINUE = HTTP_100
HTTP_101 = "101 Switching Protocols"
HTTP_SWITCHING_PROTOCOLS = HTTP_101
HTTP_102 = "102 Processing"
HTTP_PROCESSING = HTTP_102
HTTP_103 = "103 Early Hints"
HTTP_EARLY_HINTS = HTTP_103
HTTP_200 = "200 OK"
HTTP_OK = HTTP_200
HTTP_201 = "201 Created"
HTTP_CREATED = HTTP_201
HTTP_202 = "202 Accepted"
HTTP_ACCEPTED = HTTP_202
HTTP_203 = "203 Non-Authoritative Information"
HTTP_NON_AUTHORITATIVE_INFORMATION = HTTP_203
HTTP_204 = "204 No Content"
HTTP_NO_CONTENT = HTTP_204
HTTP_205 = "205 Reset Content"
HTTP_RESET_CONTENT = HTTP_205
HTTP_206 = "206 Partial Content"
HTTP_PARTIAL_CONTENT = HTTP_206
HTTP_207 = "207 Multi-Status"
HTTP_MULTI_STATUS = HTTP_207
HTTP_208 = "208 Already Reported"
HTTP_ALREADY_REPORTED = HTTP_208
HTTP_226 = "226 IM Used"
HTTP_IM_USED = HTTP_226
HTTP_300 = "300 Multiple Choices"
HTTP_MULTIPLE_CHOICES = HTTP_300
HTTP_301 = "301 Moved Permanently"
HTTP_MOVED_PERMANENTLY = HTTP_301
HTTP_302 = "302 Found"
HTTP_FOUND = HTTP_302
HTTP_303 = "303 See Other"
HTTP_SEE_OTHER = HTTP_303
HTTP_304 = "304 Not Modified"
HTTP_NOT_MODIFIED = HTTP_304
HTTP_305 = "305 Use Proxy"
HTTP_USE_PROXY = HTTP_305
HTTP_307 = "307 Temporary Redirect"
HTTP_TEMPORARY_REDIRECT = HTTP_307
HTTP_308 = "308 Permanent Redirect"
HTTP_PERMANENT_REDIRECT = HTTP_308
HTTP_400 = "400 Bad Request"
HTTP_BAD_REQUEST = HTTP_400
HTTP_401 = "401 Unauthorized"
HTTP_UNAUTHORIZED = HTTP_401
HTTP_402 = "402 Payment Required"
HTTP_PAYMENT_REQUIRED = HTTP_402
HTTP_403 = "403 Forbidden"
HTTP_FORBIDDEN = HTTP_403
HTTP_404 = "404 Not Found"
HTTP_NOT_FOUND = HTTP_404
HTTP_405 = "405 Method Not Allowed"
HTTP_METHOD_NOT_ALLOWED = HTTP_405
HTTP_406 = "406 Not Acceptable"
HTTP_NOT_ACCEPTABLE = HTTP_406
HTTP_407 = "407 Proxy Authentication Required"
HTTP_PROXY_AUTHENTICATION_REQUIRED = HTTP_407
HTTP_408 = "408 Request Timeout"
HTTP_REQUEST_TIMEOUT = HTTP_408
HTTP_409 = "409 Conflict"
HTTP_CONFLICT = HTTP_409
HTTP_410 = "410 Gone"
HTTP_GONE = HTTP_410
HTTP_411 = "411 Length Required"
HTTP_LENGTH_REQUIRED = HTTP_411
HTTP_412 = "412 Precondition Failed"
HTTP_PRECONDITION_FAILED = HTTP_412
HTTP_413 = "413 Content Too Large"
HTTP_CONTENT_TOO_LARGE = HTTP_413
HTTP_REQUEST_ENTITY_TOO_LARGE = HTTP_413
HTTP_414 = "414 URI Too Long"
HTTP_URI_TOO_LONG = HTTP_414
HTTP_REQUEST_URI_TOO_LONG = HTTP_414  # as RFC 2616 called it
HTTP_415 = "415 Unsupported Media Type"
HTTP_UNSUPPORTED_MEDIA_TYPE = HTTP_415
HTTP_416 = "416 Range Not Satisfiable"
HTTP_RANGE_NOT_SATISFIABLE = HTTP_416
HTTP_REQUESTED_RANGE_NOT_SATISFIABLE = HTTP_416  # as RFC 2616 called it
HTTP_417 = "417 Expectation Failed"
HTTP_EXPECTATION_FAILED = HTTP_417
HTTP_418 = "418 I'm a teapot"
HTTP_IM_A_TEAPOT = HTTP_418
HTTP_421 = "421 Misdirected Request"
HTTP_MISDIRECTED_REQUEST = HTTP_421
HTTP_422 = "422 Unprocessable Content"
HTTP_UNPROCESSABLE_CONTENT = HTTP_422
HTTP_UNPROCESSABLE_ENTITY = HTTP_422
HTTP_423 = "423 Locked"
HTTP_LOCKED = HTTP_423
HTTP_424 = "424 Failed Dependency"
HTTP_FAILED_DEPENDENCY = HTTP_424
HTTP_425 = "425 Too Early"
HTTP_TOO_EARLY = HTTP_425
HTTP_426 = "426 Upgrade Required"
HTTP_UPGRADE_REQUIRED = HTTP_426
HTTP_428 = "428 Precondition Required"
HTTP_PRECONDITION_REQUIRED = HTTP_428
HTTP_429 = "429 Too Many Requests"
HTTP_TOO_MANY_REQUESTS = HTTP_429
HTTP_431 = "431 Request Header Fields Too Large"
HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE = HTTP_431
HTTP_451 = "451 Unavailable For Legal Reasons"
HTTP_UNAVAILABLE_FOR_LEGAL_REASONS = HTTP_451
HTTP_500 = "500 Internal Server Error"
HTTP_INTERNAL_SERVER_ERROR = HTTP_500
HTTP_501 = "501 Not Implemented"
HTTP_NOT_IMPLEMENTED = HTTP_501
HTTP_502 = "502 Bad Gateway"
HTTP_BAD_GATEWAY = HTTP_502
HTTP_503 = "503 Service Unavailable"
HTTP_SERVICE_UNAVAILABLE = HTTP_503
HTTP_504 = "504 Gateway Timeout"
HTTP_GATEWAY_TIMEOUT = HTTP_504
HTTP_505 = "505 HTTP Version Not Supported"
HTTP_HTTP_VERSION_NOT_SUPPORTED = HTTP_505
HTTP_506 = "506 Variant Also Negotiates"
HTTP_VARIANT_ALSO_NEGOTIATES = HTTP_506
HTTP_507 = "507 Insufficient Storage"
HTTP_INSUFFICIENT_STORAGE = HTTP_507
HTTP_508 = "508 Loop Detected"
HTTP_LOOP_DETECTED = HTTP_508
HTTP_510 = "510 Not Extended"
HTTP_NOT_EXTENDED = HTTP_510
HTTP_511 = "511 Network Authentication Required"
HTTP_NETWORK_AUTHENTICATION_REQUIRED = HTTP_511

_STATUS_LINES: dict[int, str] = {
    int(line[:3]): line
    for name, line in list(globals().items())
    if name.startswith("HTTP_")
}


@lru_cache(maxsize=256)
def code_to_http_status(status: int | str | bytes | _HTTPStatus) -> str:
    """Give the status line of a status code.

    Args:
        status: ``404``, ``"404"``, ``http.HTTPStatus.NOT_FOUND``, or a status line, which
            is returned as it is.

    Returns:
        For example ``"404 Not Found"``. A code that is not registered has the phrase
        ``"Unknown"``.

    Raises:
        ValueError: It is no three-digit status code, or is below 100.
    """
    code = http_status_to_code(status)
    if isinstance(status, bytes):
        status = status.decode("latin-1")
    if isinstance(status, str) and len(status) > 3:
        return status
    return _STATUS_LINES.get(code, f"{code} Unknown")


@lru_cache(maxsize=256)
def http_status_to_code(status: int | str | bytes | _HTTPStatus) -> int:
    """Give the status code of a status line.

    Args:
        status: ``"404 Not Found"``, ``"404"``, ``404`` or ``http.HTTPStatus.NOT_FOUND``.

    Raises:
        ValueError: It does not begin with a three-digit status code of at least 100.
    """
    if isinstance(status, int):
        code = int(status)
    else:
        line = status.decode("latin-1") if isinstance(status, bytes) else str(status)
        digits = line[:3]
        if not (digits.isascii() and digits.isdigit()) or line[3:4] not in ("", " "):
            raise ValueError(
                f"{status!r} is not an HTTP status; use one like '404 Not Found' or 404."
            )
        code = int(digits)
    if not 100 <= code <= 999:
        raise ValueError(f"{status!r} is not an HTTP status code of three digits.")
    return code
