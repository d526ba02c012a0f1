"""RFC 7239: Forwarded."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.manifest import requirement
from tests.conformance.protocol import ask, telling

# Section 6: what stands for a node, and its address.
NODES = {
    "192.0.2.43": "192.0.2.43",
    "192.0.2.43:47011": "192.0.2.43",
    "[2001:db8::17]": "2001:db8::17",
    "[2001:db8::17]:_port": "2001:db8::17",
    "unknown": "unknown",
    "_SEVKISEK:_x": "_SEVKISEK",
}
VALUES = st.text('a1;,=" \\\t[:]\xe9', min_size=1, max_size=6)
PARAMETERS = {
    "for": st.sampled_from(sorted(NODES)),
    "by": VALUES,
    "host": VALUES,
    "proto": st.sampled_from(["http", "HTTPS"]),
    "secret": VALUES,
}
ELEMENTS = st.fixed_dictionaries({}, optional=PARAMETERS).filter(bool)


def written(element: dict[str, str], upper: bool) -> str:
    """Write an element; its names in capitals, and all values in quotes, or neither (4)."""
    pairs = []
    for name, value in element.items():
        if upper or not (value.isascii() and value.isalnum()):
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            value = f'"{escaped}"'
        pairs.append(f"{name.upper() if upper else name}={value}")
    return ";".join(pairs)


@requirement("rfc7239:4:elements")
@requirement("rfc7239:5:parameters")
@requirement("rfc7239:6:nodes")
@given(
    st.lists(ELEMENTS, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([",", ", ", " ,,\t"]),
)
@settings(max_examples=200)
def test_every_proxy_is_told_of_in_order(
    elements: list[dict[str, str]], upper: bool, joint: str
) -> None:
    def read(req: Any) -> list[Any]:
        hops = [[hop.src, hop.dest, hop.host, hop.scheme] for hop in req.forwarded]
        return [hops, req.forwarded_host, req.forwarded_scheme, req.access_route]

    texts = [written(element, upper) for element in elements]
    # Each proxy may add a field of its own (RFC 9110, 5.3).
    headers = [("Forwarded", joint.join(part)) for part in (texts[:2], texts[2:])]
    told = ask(telling(read), headers=headers, client=("192.0.2.1", 1)).json
    hops = [
        [e.get("for"), e.get("by"), e.get("host"), e.get("proto", "").lower() or None]
        for e in elements
    ]
    route = [NODES[element["for"]] for element in elements if "for" in element]
    host, scheme = hops[0][2] or "localhost", hops[0][3] or "http"
    assert told == [hops, host, scheme, [*route, "192.0.2.1"]]
