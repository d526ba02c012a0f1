import pytest

from falconws.core import UnacceptableRouteError
from falconws.core.routing._template import Segment, parse_template
from falconws.core.routing.converters import BUILTIN, BaseConverter


class Spy(BaseConverter):
    """A converter that keeps the arguments it was made with."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        if args == ("bad",):
            raise ValueError("bad is not good.")
        self.called_with = (args, kwargs)


CONVERTERS = {**BUILTIN, "spy": Spy}


def parsed(template: str) -> list[Segment]:
    return parse_template(template, CONVERTERS)


def test_a_template_is_parsed_into_literal_simple_and_complex_segments() -> None:
    rooms, room, files = parsed("/rooms/{room}/{name}.{ending:re('[a-z]+')}")
    assert (rooms.literal, rooms.simple, rooms.fields) == ("rooms", None, [])
    assert room.simple is not None
    assert (room.literal, room.simple.name, room.simple.converter) == (
        None,
        "room",
        None,
    )
    assert (files.literal, files.simple) == (None, None)
    assert [field.name for field in files.fields] == ["name", "ending"]
    assert files.shape == "{}.{}"
    assert files.fields[1].spec == "re('[a-z]+')"


@pytest.mark.parametrize(
    ("template", "literals"),
    [("/", [""]), ("/a", ["a"]), ("/a/", ["a", ""]), ("/a/{b}/", ["a", None, ""])],
)
def test_slashes_at_the_ends_count(template: str, literals: list[str | None]) -> None:
    assert [segment.literal for segment in parsed(template)] == literals


@pytest.mark.parametrize(
    ("arguments", "called_with"),
    [
        ("", ((), {})),
        ("()", ((), {})),
        ("(2, max=5)", ((2,), {"max": 5})),
        ("(-1.5, None, True)", ((-1.5, None, True), {})),
        ("('a}b', \"c{d\")", (("a}b", "c{d"), {})),
        ("([1, (2, 3)])", (([1, (2, 3)],), {})),
    ],
)
def test_a_converter_is_made_with_the_literals_in_the_template(
    arguments: str, called_with: object
) -> None:
    (segment,) = parsed(f"/{{a:spy{arguments}}}")
    assert segment.simple is not None
    assert isinstance(segment.simple.converter, Spy)
    assert segment.simple.converter.called_with == called_with


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a", "must begin with a slash"),
        ("", "must begin with a slash"),
        ("/a//b", "two slashes in a row"),
        ("//", "two slashes in a row"),
        ("/a b", "whitespace"),
        ("/a\n", "whitespace"),
        ("/{a", "opening brace without a closing one"),
        ("/{a:re('}')", "opening brace without a closing one"),
        ("/a}", "closing brace without an opening one"),
        ("/{a{b}}", "brace inside of braces"),
        ("/{}", "must have the name of an argument"),
        ("/{1a}", "must have the name of an argument"),
        ("/{a-b}", "must have the name of an argument"),
        ("/{ a}", "must have the name of an argument"),
        ("/{class}", "must have the name of an argument"),
        ("/{:int}", "must have the name of an argument"),
        ("/{a}/{a}", "has the field 'a' twice"),
        ("/{a}-{a}", "has the field 'a' twice"),
        ("/{a:}", "names no converter"),
        ("/{a:(2)}", "names no converter"),
        ("/{a:int(2}", "names no converter"),
        ("/{a:int:int}", "names no converter"),
        ("/{a:nope}", "names the converter 'nope'. There are: dt, float, int, path"),
        ("/{a:int(0)}", "num_digits must be at least 1"),
        ("/{a:int(1, 2, 3, 4)}", "does not take these arguments"),
        ("/{a:int(nope=1)}", "does not take these arguments"),
        ("/{a:spy('bad')}", "does not take these arguments: bad is not good."),
        ("/{a:re('(')}", "does not take these arguments"),
        # A template is never evaluated.
        ("/{a:spy(print(1))}", "does not take these arguments"),
        ("/{a:spy(__import__)}", "does not take these arguments"),
        ("/{a:spy(1) + f(2)}", "does not take these arguments"),
        ("/{a:spy(1)(2)}", "does not take these arguments"),
        ("/{a:path}/b", "takes all that is left of the path"),
        ("/{a:path}/", "takes all that is left of the path"),
        ("/x{a:path}", "takes all that is left of the path"),
    ],
)
def test_what_is_no_template_is_refused_with_what_is_wrong(
    template: str, message: str
) -> None:
    with pytest.raises(UnacceptableRouteError) as caught:
        parsed(template)
    assert message in str(caught.value)
    assert repr(template) in str(caught.value)
    assert not str(caught.value).endswith(": ")


def test_a_template_that_is_no_string_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not int"):
        parsed(7)  # type: ignore[arg-type]
