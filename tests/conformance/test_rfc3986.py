"""RFC 3986: URIs that are made and read here."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from falconws.core import App, HTTPFound, uri
from tests.conformance.manifest import requirement
from tests.conformance.protocol import ask, raising

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))
UNRESERVED = r"[A-Za-z0-9._~-]|%[0-9A-F]{2}"
REFERENCE = re.compile(rf"(?:{UNRESERVED}|[:/?#\[\]@!$&'()*+,;=])*")


@requirement("rfc3986:2.1:percent-encoding")
@requirement("rfc3986:2.3:unreserved")
@requirement("rfc3986:2.4:once")
@requirement("rfc9110:10.2.2:location")
@given(TEXT, LINE)
@example("/?#[]@!$&'()*+,;=%41 \xe9\U0001f600", "%4\xe9")
def test_what_was_encoded_is_decoded(text: str, location: str) -> None:
    value, whole = uri.encode_value(text), uri.encode(text)
    assert re.fullmatch(f"(?:{UNRESERVED})*", value)
    assert REFERENCE.fullmatch(whole)
    assert uri.decode(value) == uri.decode(whole, unquote_plus=False) == text
    assert uri.encode_value_check_escaped(value) == value
    assert uri.encode_check_escaped(whole) == whole
    sent = ask(raising(HTTPFound(location))).header("location") or ""
    assert REFERENCE.fullmatch(sent.upper())


@requirement("rfc3986:3.3:path")
@requirement("rfc3986:5.2.4:dot-segments")
@given(TEXT.filter(lambda text: text and "/" not in text), TEXT.filter(bool))
@example("..", "a")
@example("a", "b/../c")
def test_the_path_of_a_route_leads_back_to_it(one: str, rest: str) -> None:
    async def on_get(req: Any, resp: Any, **fields: Any) -> None:
        resp.media = fields

    app = App()
    app.add_route("/\xe9/{one}/{rest:path}", SimpleNamespace(on_get=on_get), name="a")
    if not {".", ".."}.isdisjoint([one, *rest.split("/")]):
        with pytest.raises(ValueError, match="segment of dots"):
            app.url_for("a", one=one, rest=rest)
        return
    path = app.url_for("a", one=one, rest=rest)
    assert re.fullmatch(rf"(?:/(?:{UNRESERVED})*)+", path)
    decoded = uri.decode(path, unquote_plus=False)
    assert ask(app, path=decoded).json == {"one": one, "rest": rest}


@requirement("rfc3986:3.2.2:host")
@requirement("rfc3986:3.2.3:port")
@pytest.mark.parametrize("port", ["", ":", ":65535"])
@pytest.mark.parametrize("host", ["example.org", "[2001:db8::7]"])
def test_an_authority_is_a_host_and_perhaps_a_port(host: str, port: str) -> None:
    number = int(port[1:]) if len(port) > 1 else 443
    assert uri.parse_host(host + port, 443) == (host.strip("[]"), number)
