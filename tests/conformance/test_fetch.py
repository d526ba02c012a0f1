"""WHATWG Fetch: what a browser makes of the headers of Cross-Origin Resource Sharing."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from falconws.core import CORSMiddleware
from tests.conformance.manifest import requirement
from tests.conformance.protocol import Reply, app_of, ask

ORIGINS = ["https://a.example", "http://a.example", "https://b.example:8443", "null"]
POLICY = st.just("*") | st.lists(st.sampled_from(ORIGINS), unique=True)
NAMES = st.sampled_from(["authorization", "content-type", "x-a"])


def check(reply: Reply, origin: str, credentials: bool) -> bool:
    """Do the CORS check (4.10)."""
    allowed = reply.header("access-control-allow-origin")
    with_them = reply.header("access-control-allow-credentials") == "true"
    if credentials:
        return allowed == origin and with_them
    return allowed in ("*", origin)


def preflight(reply: Reply, method: str, names: list[str]) -> bool:
    """Do what the CORS-preflight fetch (4.9) does after the CORS check."""

    def listed(name: str) -> set[str]:
        return set((reply.header(f"access-control-allow-{name}") or "").split(", "))

    headers = set(",".join(listed("headers")).split(","))
    methods = listed("methods") | {"GET", "HEAD", "POST"}
    return 200 <= reply.status <= 299 and method in methods and set(names) <= headers


@requirement("fetch:4.10:cors-check")
@requirement("fetch:4.9:preflight")
@requirement("fetch:3.3.4:credentials")
@requirement("fetch:3.3.5:vary")
@given(
    POLICY,
    POLICY,
    st.sampled_from(ORIGINS),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.lists(NAMES, unique=True).map(sorted),
    st.booleans(),
)
@example("*", "*", ORIGINS[0], "PUT", ["x-a"], True)
@example([ORIGINS[0]], [], ORIGINS[1], "GET", [], False)
@settings(max_examples=300)
def test_a_script_may_read_what_the_policy_says(
    origins: Any,
    trusted: Any,
    origin: str,
    method: str,
    names: list[str],
    credentials: bool,
) -> None:
    app = app_of(lambda req, resp: None, "GET", "POST", "PUT")
    app.add_middleware(CORSMiddleware(origins, ["X-B", "X-C"], trusted))
    allowed = "*" in origins or origin in origins
    if credentials:
        allowed = allowed and ("*" in trusted or origin in trusted)
    headers = [("Origin", origin)]
    reply = ask(app, method, headers=headers)
    assert check(reply, origin, credentials) == allowed
    if allowed:
        assert reply.header("access-control-expose-headers") == "X-B, X-C"
    headers.append(("Access-Control-Request-Method", method))
    headers += [("Access-Control-Request-Headers", ",".join(names))] * bool(names)
    asked = ask(app, "OPTIONS", headers=headers)
    passes = check(asked, origin, credentials) and preflight(asked, method, names)
    assert passes == (allowed and method != "DELETE")
    if (
        origins != "*" or trusted
    ):  # a cache must not give one origin what is for another
        assert "Origin" in (reply.header("vary") or "").split(", ")
        assert "Origin" in (ask(app, method).header("vary") or "").split(", ")
