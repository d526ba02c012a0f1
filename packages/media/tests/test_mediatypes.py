import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.media import best_match, parse_header, quality

TOKENS = st.text("abcdefghijklmnopqrstuvwxyz0123456789.+-", min_size=1, max_size=8)
WEIGHTS = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
TYPES = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")).map("/".join)


@pytest.mark.parametrize(
    ("line", "value", "params"),
    [
        ("text/html", "text/html", {}),
        (" text/html ; Charset = utf-8 ", "text/html", {"charset": "utf-8"}),
        (
            'form-data; name="a;b"; filename="x\\"y\\\\z"',
            "form-data",
            {"name": "a;b", "filename": 'x"y\\z'},
        ),
        ("a/b; flag; x=1", "a/b", {"x": "1"}),
        ("a/b; x=", "a/b", {"x": ""}),
        ('a/b; x="', "a/b", {"x": '"'}),
        ('a/b; x="open', "a/b", {"x": '"open'}),
        ("", "", {}),
    ],
)
def test_a_header_is_split_into_its_value_and_its_parameters(
    line: str, value: str, params: dict[str, str]
) -> None:
    assert parse_header(line) == (value, params)


@given(TOKENS, st.dictionaries(TOKENS, st.text()))
def test_parameters_that_are_quoted_are_read_back(
    value: str, params: dict[str, str]
) -> None:
    line = value
    for name, text in params.items():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        line += f'; {name}="{escaped}"'
    assert parse_header(line) == (value, params)


@pytest.mark.parametrize(
    ("media_type", "weight"),
    [
        ("text/plain;format=flowed", 1.0),
        ("text/plain", 0.7),
        ("text/html", 0.3),
        ("image/jpeg", 0.5),
        ("text/plain;format=fixed", 0.4),
        ("text/html;level=3", 0.3),
    ],
)
def test_the_most_specific_range_decides(media_type: str, weight: float) -> None:
    # The header and the table are those of RFC 9110, 12.5.1, with the weight of `text/plain`
    # made different from that of its `flowed` kind.
    accept = (
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
        "text/plain;format=fixed;q=0.4, */*;q=0.5"
    )
    assert quality(media_type, accept) == weight
    assert quality(media_type, ",".join(reversed(accept.split(",")))) == weight


@pytest.mark.parametrize(
    "accept",
    [
        "text/html;charset=utf-8",
        "text/html;charset=UTF-8",
        'Text/HTML;Charset="utf-8"',
        'text/html; charset="utf-8"',
    ],
)
def test_equivalent_spellings_of_a_type_match(accept: str) -> None:
    # RFC 9110, 8.3.1 names these four as equivalent.
    assert quality("text/html; charset=utf-8", accept) == 1.0


@pytest.mark.parametrize(
    "slip", ["text", "/html", "text/", "a/b;q=x", "a/b;q=1.1", "a/b;q=-1", "a/b;q=nan"]
)
def test_a_range_that_is_not_well_formed_costs_that_range_only(slip: str) -> None:
    assert quality("a/b", f"{slip}, text/html;q=0.5") == 0.0
    assert quality("text/html", f"{slip}, text/html;q=0.5") == 0.5


def test_a_charset_that_is_asked_for_is_that_of_a_type_that_names_none() -> None:
    assert quality("application/json", "application/json; charset=UTF-8") == 1.0
    assert quality("text/html;charset=latin-1", "text/html;charset=utf-8") == 0.0
    assert quality("text/html", "text/html;level=1") == 0.0


def test_of_a_range_that_is_there_twice_the_higher_weight_counts() -> None:
    assert quality("a/b", "a/b;q=0.2, a/b;q=0.7, a/b;q=0.4, a/*") == 0.7


def test_a_comma_in_a_quoted_parameter_does_not_end_a_range() -> None:
    assert quality('a/b; x="1,2"', 'c/d, a/b; x="1,2"; q=0.5') == 0.5


@pytest.mark.parametrize("media_type", ["", "text", "text/", "/html"])
def test_what_is_no_media_type_is_a_value_error(media_type: str) -> None:
    with pytest.raises(ValueError, match="'type/subtype'"):
        quality(media_type, "*/*")


@given(TYPES, st.dictionaries(TYPES | st.just("*/*"), WEIGHTS, min_size=1))
def test_a_weight_is_that_of_the_type_or_else_that_of_the_wildcard(
    media_type: str, weights: dict[str, float]
) -> None:
    accept = ", ".join(f"{name};q={weight}" for name, weight in weights.items())
    expected = weights.get(media_type, weights.get("*/*", 0.0))
    assert quality(media_type, accept) == expected


@given(st.lists(TYPES, unique=True), st.dictionaries(TYPES, WEIGHTS))
def test_the_best_match_is_the_first_of_those_with_the_highest_weight(
    media_types: list[str], weights: dict[str, float]
) -> None:
    accept = ", ".join(f"{name};q={weight}" for name, weight in weights.items())
    wanted = [name for name in media_types if weights.get(name)]
    best = max(wanted, key=weights.__getitem__) if wanted else ""
    assert best_match(media_types, accept) == best


@given(st.text())
def test_any_accept_header_gives_a_weight_between_none_and_all(accept: str) -> None:
    assert 0.0 <= quality("text/html", accept) <= 1.0


def test_a_star_alone_stands_for_everything() -> None:
    accept = "text/html, image/gif, *; q=.2"  # as Java's client sends it
    assert quality("text/html", accept) == 1.0
    assert quality("application/json", accept) == 0.2
    assert best_match(["application/json"], "*") == "application/json"
