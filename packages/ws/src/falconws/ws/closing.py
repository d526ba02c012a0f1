"""Close codes and reasons (RFC 6455, 7.4)."""

from __future__ import annotations

from http import HTTPStatus

from falconws.core import code_to_http_status

from .errors import Initiator

__all__ = (
    "CloseCode",
    "check_close",
    "check_code",
    "close_code_for",
    "default_reasons",
    "initiator_of",
    "shortened",
)

# RFC 6455, 5.5: a control frame has at most 125 bytes, of which the code takes two.
_MAX_REASON = 123

# RFC 6455, 7.4.1, and the IANA registry that 11.7 establishes. Missing are 1004, which means
# nothing yet, and 1005, 1006 and 1015, which must not be sent.
_REGISTERED = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})


# 7.4.1: either side breaks off with these, and servers report them of both. 1006 is nobody's.
_EITHER = frozenset({1002, 1006, 1007, 1009})

# The registry says of these that a server sends them, as those do that an App runs on.
_SERVERS = frozenset({1011, 1012, 1013, 1014})


class CloseCode:
    """The registered close codes that an application has a use for."""

    NORMAL_CLOSURE = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013


def check_close(code: int, reason: str) -> None:
    """Refuse a code that must not be sent, and a reason that is too long.

    Raises:
        ValueError: One of both, or something else in their place.
    """
    check_code(code)
    if not isinstance(reason, str):
        raise ValueError(f"A close reason is a string, not {reason!r}.")
    length = len(reason.encode())
    if length > _MAX_REASON:
        raise ValueError(
            f"A close reason has at most {_MAX_REASON} bytes in UTF-8, and this one {length}."
        )


def check_code(code: int) -> None:
    """Refuse a code that must not be sent.

    Raises:
        ValueError: It is one of those, or no number.
    """
    if not isinstance(code, int) or isinstance(code, bool):
        raise ValueError(f"A close code is a number, not {code!r}.")
    if code not in _REGISTERED and not 3000 <= code <= 4999:
        raise ValueError(
            f"The close code {code} must not be sent (RFC 6455, 7.4). Use 1000 for a normal "
            "end, and 4000 to 4999 for what your application defines."
        )


def initiator_of(code: int) -> Initiator | None:
    """Say who has closed, by the code that the server reports; None if it does not tell."""
    if code in _EITHER:
        return None
    return "server" if code in _SERVERS else "client"


def shortened(reason: str) -> str:
    """Cut a reason to the length that it may have."""
    octets = reason.encode(errors="replace")
    if len(octets) <= _MAX_REASON:
        return octets.decode()
    return octets[: _MAX_REASON - 3].decode(errors="ignore") + "..."


def close_code_for(status: int) -> int:
    """Give the close code that stands for an HTTP status: 3404 for 404."""
    return 3000 + status


def default_reasons() -> dict[int, str]:
    """Give the reasons that go with codes where the application gives none."""
    reasons = {
        CloseCode.NORMAL_CLOSURE: "Normal Closure",
        CloseCode.GOING_AWAY: "Going Away",
        CloseCode.UNSUPPORTED_DATA: "Unsupported Data",
        CloseCode.INVALID_DATA: "Invalid Data",
        CloseCode.INTERNAL_ERROR: "Internal Server Error",
    }
    for status in HTTPStatus:
        # Its own phrases differ by the version of Python.
        phrase = code_to_http_status(status).partition(" ")[2]
        reasons[close_code_for(status)] = phrase
    return reasons
