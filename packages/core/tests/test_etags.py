import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.etags import ETag, parse_etags


def weak(text: str) -> ETag:
    tag = ETag(text)
    tag.is_weak = True
    return tag


# RFC 9110, 8.8.3: what may stand between the quotes.
ETAGC = [chr(code) for code in (0x21, *range(0x23, 0x7F), *range(0x80, 0x100))]
OPAQUE = st.text(st.sampled_from(ETAGC))


@given(st.lists(st.builds(ETag, OPAQUE) | st.builds(weak, OPAQUE), min_size=1))
def test_tags_that_were_written_are_read_back(tags: list[ETag]) -> None:
    read = parse_etags(", ".join(tag.dumps() for tag in tags))
    assert read == tags
    assert [getattr(tag, "is_weak", None) for tag in read] == [t.is_weak for t in tags]


def test_a_tag_is_written_with_quotes_and_its_weakness() -> None:
    assert (ETag("a1").dumps(), weak("a1").dumps()) == ('"a1"', 'W/"a1"')
    with pytest.raises(ValueError, match="no quotes in it"):
        ETag('a"1').dumps()


@pytest.mark.parametrize("text", ['W/"a1"', 'w/"a1"', "W/a1", '"a1"', "a1"])
def test_a_tag_is_read_without_quotes_too(text: str) -> None:
    tag = ETag.loads(text)
    assert (tag, tag.is_weak) == ("a1", text[0] in "Ww")


def test_only_the_strong_comparison_tells_a_weak_tag_from_a_strong_one() -> None:
    a = ETag("a")
    assert a.strong_compare(ETag("a"))
    assert not a.strong_compare(ETag("b"))
    for tag, other in [(a, weak("a")), (weak("a"), a), (weak("a"), weak("a"))]:
        assert not tag.strong_compare(other)
        assert tag == other


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("*", ["*"]),
        (" * ", ["*"]),
        ('"a" , W/"b,c"', ["a", "b,c"]),
        ("a, b", ["a", "b"]),
        ('"a" "b"', ["a", "b"]),
        (',, "a",', ["a"]),
        ('*, "a"', ["a"]),
        ('"a', ["a"]),
        ("*, *", None),
        (",", None),
        ("", None),
    ],
)
def test_a_header_has_tags_or_an_asterisk(header: str, tags: list[str] | None) -> None:
    assert parse_etags(header) == tags
