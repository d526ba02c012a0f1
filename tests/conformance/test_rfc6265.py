"""RFC 6265: cookies, from a response to a browser and back."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.manifest import requirement
from tests.conformance.protocol import Reply, app_of, ask, telling

# 4.1.1, with the attributes of its draft successor.
OCTETS = r"[!#-+\--:<-\[\]-~]*"
ATTRIBUTE = re.compile(
    r"Expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|Max-Age=[1-9]\d*|Domain=[\w.]+"
    r"|Path=[ -:<-~]*|Secure|HttpOnly|SameSite=(Strict|Lax|None)|Partitioned"
)
ARGUMENTS = {
    "expires": st.datetimes(),
    "max_age": st.integers(1, 10**9),
    "domain": st.just("example.org"),
    "path": st.from_regex("/[ -:<-~]*", fullmatch=True),
    "secure": st.booleans(),
    "http_only": st.booleans(),
    "same_site": st.sampled_from(["lax", "Strict", "NONE"]),
    "partitioned": st.booleans(),
}
# What no reader of cookies takes for an attribute.
NAMES = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,5}", fullmatch=True).filter(
    lambda name: name.lower() != "path"
)
VALUES = st.from_regex(OCTETS, fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def lines(reply: Reply) -> list[str]:
    return [value for name, value in reply.headers if name == "set-cookie"]


@requirement("rfc6265:4.1.1:syntax")
@requirement("rfc6265:4.1.1:once")
@given(NAMES, VALUES, st.fixed_dictionaries({}, optional=ARGUMENTS))
def test_a_cookie_is_set_as_the_grammar_has_it(
    name: str, value: str, arguments: dict[str, Any]
) -> None:
    def answer(req: Any, resp: Any) -> None:
        resp.set_cookie(name, "before")
        resp.set_cookie(name, value, **arguments)

    (line,) = lines(ask(app_of(answer)))
    pair, *attributes = line.split("; ")
    assert pair == f"{name}={value}"
    names = [attribute.partition("=")[0] for attribute in attributes]
    assert len(names) == len(set(names))
    assert all(ATTRIBUTE.fullmatch(attribute) for attribute in attributes)


def store(jar: dict[str, str], reply: Reply) -> None:
    """Keep cookies as a browser does (5.2 and 5.3)."""
    for line in lines(reply):
        pair, *attributes = line.split(";")
        name, _, value = pair.partition("=")
        jar[name.strip()] = value.strip()
        if "max-age=0" in [attribute.strip().lower() for attribute in attributes]:
            del jar[name.strip()]


@requirement("rfc6265:5.4:back")
@requirement("rfc6265:4.1.1:other-values")
@requirement("rfc6265:4.1.1:unset")
@given(st.dictionaries(NAMES, TEXT, max_size=4))
@example({"a": ' "\\;,\0\xe9\u2028\U0001f600', "b": "", "c": '"', "d": "\\101"})
@settings(max_examples=200)
def test_any_text_comes_back_until_it_is_unset(cookies: dict[str, str]) -> None:
    jar: dict[str, str] = {}
    sets = app_of(
        lambda req, resp: [resp.set_cookie(*each) for each in cookies.items()]
    )
    store(jar, ask(sets))
    header = "; ".join(f"{name}={value}" for name, value in jar.items())
    app = telling(lambda req: req.cookies)
    assert ask(app, headers=[("Cookie", header)]).json == cookies
    store(jar, ask(app_of(lambda req, resp: [*map(resp.unset_cookie, cookies)])))
    assert jar == {}


@requirement("rfc6265:4.2.1:cookie")
@requirement("rfc6265:4.2.2:same-name")
@given(
    st.lists(st.tuples(NAMES, VALUES), min_size=1),
    st.sampled_from(["; ", ";", " ;\t"]),
)
def test_all_values_of_a_name_are_told_in_their_order(
    pairs: list[tuple[str, str]], joint: str
) -> None:
    app = telling(lambda req: [[n, req.get_cookie_values(n)] for n in req.cookies])
    header = joint.join(f"{name}={value}" for name, value in pairs)
    names = dict.fromkeys(name for name, _ in pairs)
    told = ask(app, headers=[("Cookie", header)]).json
    assert told == [[name, [v for n, v in pairs if n == name]] for name in names]
