from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import Response


def link(*args: Any, **kwargs: Any) -> str | None:
    """The Link header of one link."""
    resp = Response()
    resp.append_link(*args, **kwargs)
    return resp.get_header("Link")


def test_links_stand_in_one_header() -> None:
    resp = Response()
    resp.append_link("/a", "prev")
    resp.append_link("/c", "next")
    assert resp.headers == {"link": "</a>; rel=prev, </c>; rel=next"}


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/a b>?c=Zoë", "/a%20b%3E?c=Zo%C3%AB"),
        ("/a?c=%20", "/a?c=%20"),
        ("", ""),
    ],
)
def test_a_target_and_an_anchor_are_percent_encoded(target: str, written: str) -> None:
    assert link(target, "next") == f"<{written}>; rel=next"
    assert link("/", "next", anchor=target) == f'</>; rel=next; anchor="{written}"'


@pytest.mark.parametrize(
    ("rel", "written"),
    [
        ("NEXT", "NEXT"),
        ("next prev", '"next prev"'),
        ("http://example.com/é", '"http://example.com/%C3%A9"'),
        ("next tag:é", '"next tag:%C3%A9"'),
        ('"next"', '"next"'),
        ('ne"xt', '"ne\\"xt"'),
    ],
)
def test_a_relation_is_a_type_or_a_uri_or_several(rel: str, written: str) -> None:
    assert link("/a", rel) == f"</a>; rel={written}"


@pytest.mark.parametrize(
    ("kwargs", "parameters"),
    [
        ({"title": 'A "b" \\'}, 'title="A \\"b\\" \\\\"'),
        ({"title_star": ("en-GB", "é x'y")}, "title*=UTF-8'en-GB'%C3%A9%20x%27y"),
        ({"title_star": ("", "x")}, "title*=UTF-8''x"),
        ({"title_star": ("en;a=b", "x")}, "title*=\"UTF-8'en;a=b'x\""),
        ({"type_hint": "text/html"}, 'type="text/html"'),
        ({"hreflang": "en"}, "hreflang=en"),
        ({"hreflang": ["en", "de"]}, "hreflang=en; hreflang=de"),
        ({"crossorigin": "Anonymous"}, "crossorigin"),
        ({"crossorigin": "use-credentials"}, 'crossorigin="use-credentials"'),
        ({"link_extension": [("as", "font")]}, "as=font"),
        (
            {"link_extension": [("a", "b c"), ("d*", "UTF-8''e")]},
            "a=\"b c\"; d*=UTF-8''e",
        ),
        ({"link_extension": [("a", '"b c"'), ("d", 'e"')]}, 'a="b c"; d="e\\""'),
        (
            {
                "link_extension": [("as", "font")],
                "crossorigin": "anonymous",
                "anchor": "/b",
                "hreflang": "en",
                "type_hint": "a/b",
                "title_star": ("en", "t"),
                "title": "T",
            },
            'title="T"; title*=UTF-8\'en\'t; type="a/b"; hreflang=en; anchor="/b"; '
            "crossorigin; as=font",
        ),
    ],
)
def test_parameters_follow_the_relation(
    kwargs: dict[str, Any], parameters: str
) -> None:
    assert link("/a", "next", **kwargs) == f"</a>; rel=next; {parameters}"


@pytest.mark.parametrize("kwargs", [{"hreflang": []}, {"link_extension": []}])
def test_an_empty_list_adds_no_parameter(kwargs: dict[str, Any]) -> None:
    assert link("/a", "next", **kwargs) == "</a>; rel=next"


@given(st.text("ab"), st.sampled_from("\r\n\0"), st.text("ab"))
def test_a_parameter_cannot_write_headers_of_its_own(
    before: str, char: str, after: str
) -> None:
    resp, text = Response(), before + char + after
    for kwargs in (
        {"rel": text},
        {"title": text},
        {"title_star": (text, "a")},
        {"type_hint": text},
        {"hreflang": text},
        {"target": text},
        {"anchor": text},
        {"link_extension": [("a", text)]},
    ):
        with pytest.raises(ValueError, match="control character"):
            resp.append_link(**({"target": "/a", "rel": "next"} | kwargs))
    assert resp.headers == {}


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"crossorigin": "yes"}, "'anonymous' or 'use-credentials', not 'yes'"),
        ({"link_extension": [("a b", "c")]}, "'a b' is not a link parameter's name"),
        ({"title": "日"}, "outside of Latin-1"),
    ],
)
def test_a_link_that_could_not_be_understood_is_refused(
    kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        link("/a", "next", **kwargs)
