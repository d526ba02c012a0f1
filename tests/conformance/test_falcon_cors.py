"""CORSMiddleware beside Falcon's: which origins' scripts are told that they may read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.calls import results
from tests.conformance.differential import Build, Exchange, both
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import raised

ORIGINS = ["https://a.example", "https://b.example:8443", "null"]
SOME_ORIGINS = st.sampled_from(["*", *ORIGINS]) | st.sets(st.sampled_from(ORIGINS))
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "allow_origins": SOME_ORIGINS,
        "expose_headers": st.sampled_from(["X-A, X-B", ["X-A", "X-B"], None]),
        "allow_credentials": SOME_ORIGINS | st.none(),
        "allow_private_network": st.booleans(),
    },
)
CORS = "Access-Control"
CORS_REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "Origin": st.sampled_from([*ORIGINS, "https://c.example"]),
        f"{CORS}-Request-Method": st.sampled_from(["PUT", ""]),
        f"{CORS}-Request-Headers": st.sampled_from(["X-A, X-B", ""]),
        f"{CORS}-Request-Private-Network": st.sampled_from(["true", "1"]),
    },
)
PREFLIGHT = {"Origin": ORIGINS[0], f"{CORS}-Request-Method": "PUT"}


def with_cors(policy: dict[str, Any]) -> Build:
    """Give the builder of an App with a policy: what it answers depends on the path."""

    def build(falcon: Any) -> Any:
        async def answer(req: Any, resp: Any) -> None:
            resp.text = "text"
            if req.path == "/own":
                resp.set_header(f"{CORS}-Allow-Origin", "https://own.example")
                resp.set_header("Allow", "GET")

        app = falcon.asgi.App(middleware=falcon.CORSMiddleware(**policy))
        app.add_route("/", SimpleNamespace(on_get=answer, on_put=answer))
        app.add_route("/own", SimpleNamespace(on_get=answer, on_options=answer))
        app.add_sink(answer, "/sink")
        return app

    return build


@requirement("falcon:cors:response")
@requirement("falcon:cors:preflight")
@requirement("falcon:cors:no-allow")
@given(
    POLICIES,
    CORS_REQUESTS,
    st.sampled_from(["GET", "OPTIONS", "PUT", "DELETE"]),
    st.sampled_from(["/", "/own", "/missing", "/sink"]),
)
@example({"allow_credentials": "*"}, PREFLIGHT, "OPTIONS", "/")
@example({"allow_credentials": "*"}, PREFLIGHT, "OPTIONS", "/sink")
@example({"expose_headers": ["X-A"]}, {"Origin": "null"}, "GET", "/own")
@settings(max_examples=200)
def test_cors_middleware_answers_alike(
    policy: dict[str, Any], headers: dict[str, str], method: str, path: str
) -> None:
    exchange = Exchange(path, method, headers=headers.items())
    theirs, ours = both(with_cors(policy), exchange)
    ignored = {"vary"}  # see the requirement on it
    if ours.header("access-control-allow-origin") is None:
        assert not any(name.startswith("access-control") for name, _ in ours.headers)
        prefix = "access-control-allow-"
        ignored |= {f"{prefix}credentials", f"{prefix}private-network"}
    for found in (theirs, ours):
        found.headers = [pair for pair in found.headers if pair[0] not in ignored]
    assert ours.comparable() == theirs.comparable()


@requirement("falcon:cors:response")
@requirement("falcon:cors:preflight")
@requirement("falcon:cors:vary")
@requirement("falcon:cors:no-allow")
@pytest.mark.parametrize(
    ("path", "method", "theirs"),
    [
        ("/", "GET", {"allow-origin": ORIGINS[0], "allow-credentials": "true"}),
        (
            "/",
            "OPTIONS",
            {
                "allow-origin": ORIGINS[0],
                "allow-credentials": "true",
                "allow-methods": "GET, PUT",
                "allow-headers": "*",
                "max-age": "86400",
            },
        ),
        ("/sink", "OPTIONS", {"allow-credentials": "true"}),
    ],
)
def test_a_policy_for_one_origin_says_so_to_caches(
    path: str, method: str, theirs: dict[str, str]
) -> None:
    policy = {"allow_origins": ORIGINS[:2], "allow_credentials": ORIGINS[0]}
    exchange = Exchange(path, method, headers=PREFLIGHT.items())
    answers = both(with_cors(policy), exchange)
    found = [
        {
            name[15:]: value
            for name, value in answer.headers
            if name[:15] == "access-control-"
        }
        for answer in answers
    ]
    assert found == [theirs, theirs if "allow-origin" in theirs else {}]
    assert [answer.header("vary") for answer in answers] == [None, "Origin"]
    without = both(with_cors(policy), Exchange(path, method))
    assert [answer.header("vary") for answer in without] == [None, "Origin"]


@requirement("falcon:cors:wildcard")
@requirement("falcon:cors:origins")
@pytest.mark.parametrize("argument", ["allow_origins", "allow_credentials"])
@pytest.mark.parametrize("origin", ["*", "https://a.example/", "a.example"])
def test_origins_are_checked(argument: str, origin: str) -> None:
    def act(falcon: Any) -> None:
        falcon.CORSMiddleware(**{argument: [origin]})

    theirs, ours = results(act)
    assert theirs == (raised("ValueError") if origin == "*" else "None")
    assert ours == raised("ValueError")


@requirement("falcon:cors:origins")
def test_origins_are_compared_as_browsers_write_them() -> None:
    build = with_cors({"allow_origins": "HTTPS://a.example:443"})
    theirs, ours = both(build, Exchange(headers=[("Origin", "https://a.example")]))
    assert theirs.header("access-control-allow-origin") is None
    assert ours.header("access-control-allow-origin") == "https://a.example"
