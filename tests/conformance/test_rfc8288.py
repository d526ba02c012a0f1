"""RFC 8288: links."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.manifest import requirement
from tests.conformance.protocol import app_of, ask

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0%"))
LATIN_1 = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]))
TOKENS = st.from_regex(r"[a-z][a-z0-9.-]{0,6}", fullmatch=True)
ATTRIBUTES = {
    "title": LATIN_1,
    "title_star": st.tuples(st.sampled_from(["", "de-AT"]), TEXT),
    "anchor": TEXT,
    "hreflang": st.lists(TOKENS, min_size=1, max_size=2),
    "type_hint": st.just("text/html; charset=utf-8"),
    "link_extension": st.tuples(st.tuples(st.just("x-a"), LATIN_1)),
}
LINKS = st.fixed_dictionaries(
    {"target": TEXT, "rel": st.lists(TOKENS, min_size=1, max_size=2).map(" ".join)},
    optional=ATTRIBUTES,
)
PARAMETER = re.compile(r'; ([^=;, ]+)=(?:"((?:[^"\\]|\\.)*)"|([^";, ]+))', re.DOTALL)


def read_links(header: str) -> list[dict[str, Any]]:
    """Read links as `append_link` is told of them (appendix B.2)."""
    links: list[dict[str, Any]] = []
    while header:
        target = re.match("(?:, )?<([!-;=?-~]*)>", header)
        assert target is not None, header
        header = header[target.end() :]
        link: dict[str, Any] = {"target": unquote(target[1])}
        links.append(link)
        while parameter := PARAMETER.match(header):
            header = header[parameter.end() :]
            name, quoted, token = parameter.groups()
            text = token or re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
            if name == "hreflang":
                link.setdefault(name, []).append(text)
            elif name == "title*":  # RFC 8187, 3.2
                charset, language, encoded = text.split("'")
                assert charset == "UTF-8"
                link["title_star"] = (language, unquote(encoded))
            elif name == "x-a":
                link["link_extension"] = ((name, text),)
            else:
                keyword = {"type": "type_hint"}.get(name, name)
                assert keyword not in link
                link[keyword] = unquote(text) if name == "anchor" else text
    return links


@requirement("rfc8288:3:link")
@requirement("rfc8288:3.2:anchor")
@requirement("rfc8288:3.3:rel")
@requirement("rfc8288:3.4.1:target-attributes")
@requirement("rfc8288:3.4.2:extensions")
@given(st.lists(LINKS, min_size=1, max_size=3))
@settings(max_examples=200)
def test_links_say_what_they_were_given(links: list[dict[str, Any]]) -> None:
    app = app_of(lambda req, resp: [resp.append_link(**link) for link in links])
    assert read_links(ask(app).header("link") or "") == links
