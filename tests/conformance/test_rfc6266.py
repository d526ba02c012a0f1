"""RFC 6266: Content-Disposition, with RFC 8187's file names."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conformance.manifest import requirement
from tests.conformance.protocol import app_of, ask

# 4.1, in the form that is sent here; RFC 8187, 3.2.1.
HEADER = re.compile(
    r'(attachment|inline); filename=("(?:[^"\\]|\\.)*"|[\w.-]+)'
    r"(?:; filename\*=UTF-8''((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-F]{2})*))?",
    re.ASCII,
)


@requirement("rfc6266:4.2:type")
@requirement("rfc6266:4.3:filename")
@pytest.mark.parametrize(
    ("attribute", "kind"),
    [("downloadable_as", "attachment"), ("viewable_as", "inline")],
)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
@example('a "b" \\c;*.txt')
@example("naïve, \u20ac'%41.txt")
def test_any_name_is_read_back(attribute: str, kind: str, name: str) -> None:
    app = app_of(lambda req, resp: setattr(resp, attribute, name))
    match = HEADER.fullmatch(ask(app).header("content-disposition") or "")
    assert match is not None
    disposition, plain, extended = match.groups()
    assert disposition == kind
    if name.isascii():
        assert re.sub(r"\\(.)", r"\1", plain[1:-1]) == name
    else:  # 4.3: whoever reads both takes the extended one
        assert unquote(extended) == name
    assert (extended is None) == name.isascii()
