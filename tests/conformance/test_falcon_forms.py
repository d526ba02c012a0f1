"""Forms, URL-encoded and multipart, beside Falcon's."""

from __future__ import annotations

import dataclasses
from inspect import isawaitable
from itertools import pairwise
from typing import Any
from urllib.parse import quote_plus

import falcon
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import FRAMEWORKS, both_raise
from tests.conformance.differential import Build, Exchange, both, same
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import (
    Read,
    attempt,
    joined,
    outcome,
    outcomes,
    raised,
    shown,
)
from tests.conformance.responses import responding

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BAD_REQUEST = "400 Bad Request"
MALFORMED = raised(
    "MultipartParseError",
    BAD_REQUEST,
    "Malformed multipart/form-data request media",
)
BAD_BOUNDARY = raised("HTTPInvalidHeader", BAD_REQUEST, "Invalid header value")
TOO_LARGE = raised(
    "HTTPContentTooLarge", "413 Content Too Large", "413 Content Too Large"
)
UNSUPPORTED = raised(
    "HTTPUnsupportedMediaType",
    "415 Unsupported Media Type",
    "415 Unsupported Media Type",
)


def post(
    *chunks: bytes, content_type: str = f"{MULTIPART}; boundary=B", length: bool = False
) -> Exchange:
    headers = [("Content-Type", content_type)]
    if length:
        headers.append(("Content-Length", str(sum(map(len, chunks)))))
    return Exchange(method="POST", headers=headers, body=chunks)


def framework_of(subject: Any) -> Any:
    theirs, ours = FRAMEWORKS
    return ours if type(subject).__module__.startswith("falconws") else theirs


def get_media(req: Any) -> Any:
    return req.get_media()


# URL-encoded forms.


def urlencoded(body: bytes, content_type: str = URLENCODED) -> Exchange:
    return post(body, content_type=content_type)


def by_handler(*arguments: Any, **named: Any) -> Read:
    def read(req: Any) -> Any:
        handler = framework_of(req).media.URLEncodedFormHandler(*arguments, **named)
        req.options.media_handlers[URLENCODED] = handler
        return req.get_media()

    return read


WORDS = st.text("ab é&=+%,;\n", max_size=4).map(quote_plus) | st.sampled_from(
    ["1,2", "a+b", "%2C", "%c3%A9", "%FF", "%", "%2", "%zz", "%00", "a=b", ";", "\0"]
)
NAMES = st.sampled_from(["a", "b", "a[]", "%61", "+"]) | WORDS
FIELDS = st.builds("{}={}".format, NAMES.filter(bool), WORDS) | WORDS


@requirement("falcon:forms:urlencoded")
@requirement("falcon:forms:urlencoded-options")
@requirement("falcon:forms:urlencoded-escapes")
@settings(max_examples=200)
@given(joined(FIELDS, "&", "&&"), st.booleans(), st.booleans())
def test_a_form_is_read_as_falcon_reads_it(
    text: str, keep_blank: bool, csv: bool
) -> None:
    if csv and not keep_blank:  # A list of one or of none is another matter.
        text = text.replace(",", ";")
    exchange = urlencoded(text.encode())
    outcome(by_handler(keep_blank, csv), exchange)
    if keep_blank and not csv:
        assert outcome(get_media, exchange) == outcome(by_handler(), exchange)


@requirement("falcon:forms:urlencoded")
@requirement("falcon:forms:urlencoded-options")
@requirement("falcon:forms:urlencoded-escapes")
@pytest.mark.parametrize(
    ("body", "options", "form"),
    [
        (b"", {}, {}),
        (b"a=1&b=2&a=3", {}, {"a": ["1", "3"], "b": "2"}),
        (b"a=&b&=c", {}, {"a": "", "b": "", "": "c"}),
        (b"a=&b&=c", {"keep_blank": False}, {"": "c"}),
        (b"a=1,,2&b=%2C", {"csv": True}, {"a": ["1", "", "2"], "b": ","}),
        (b"a=1,,2", {"csv": True, "keep_blank": False}, {"a": ["1", "2"]}),
        (b"a=1,2&a=3,4&a=5", {"csv": True}, {"a": ["1", "2", "3", "4", "5"]}),
        (b"a=1,2;b=3", {}, {"a": "1,2;b=3"}),
        (b"a+b=%C3%A9", {}, {"a b": "é"}),
        (b"a=%FF&b=%&c=%2&d=%zz", {}, {"a": "�", "b": "%", "c": "%2", "d": "%zz"}),
    ],
)
def test_a_form_is_a_dictionary(
    body: bytes, options: dict[str, bool], form: dict[str, Any]
) -> None:
    assert outcome(by_handler(**options), urlencoded(body)) == shown(form)


@requirement("falcon:forms:urlencoded-nameless")
@requirement("falcon:forms:urlencoded-csv-blank")
def test_what_says_nothing_is_no_field() -> None:
    exchange = urlencoded(b"=&a=1")
    theirs, ours = outcomes(get_media, exchange)
    assert (theirs, ours) == (shown({"": "", "a": "1"}), shown({"a": "1"}))
    assert outcome(by_handler(keep_blank=False), exchange) == shown({"a": "1"})

    read = by_handler(keep_blank=False, csv=True)
    theirs, ours = outcomes(read, urlencoded(b"a=,1&b=,"))
    assert (theirs, ours) == (shown({"a": ["1"], "b": []}), shown({"a": "1"}))


def invalid(title: str) -> str:
    return raised("MediaMalformedError", BAD_REQUEST, title)


@requirement("falcon:forms:urlencoded-bytes")
@requirement("falcon:forms:urlencoded-title")
def test_a_form_may_be_utf_8_as_it_is() -> None:
    theirs, ours = outcomes(get_media, urlencoded("é=ö".encode()))
    assert (theirs, ours) == (invalid("Invalid URL-encoded"), shown({"é": "ö"}))
    theirs, ours = outcomes(get_media, urlencoded(b"a=\xff"))
    assert theirs == invalid("Invalid URL-encoded")
    assert ours == invalid("Invalid URL-encoded form")


@requirement("falcon:forms:urlencoded-count")
@pytest.mark.parametrize(
    ("body", "options"), [(b"a=1&", {}), (b"a=&", {}), (b"1,", {"csv": True})]
)
def test_a_form_has_at_most_1000_fields(body: bytes, options: dict[str, bool]) -> None:
    read = by_handler(**options)
    assert not outcome(read, urlencoded(body * 999 + b"1")).startswith("raised")
    theirs, ours = outcomes(read, urlencoded(body * 1000 + b"1"))
    assert not theirs.startswith("raised")
    assert ours == TOO_LARGE


@requirement("falcon:forms:urlencoded-charset")
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "nonsense"])
def test_a_form_is_utf_8_whatever_its_type_says(charset: str) -> None:
    content_type = f"{URLENCODED}; charset={charset}"
    assert outcome(get_media, urlencoded(b"a=%C3%A9", content_type)) == shown(
        {"a": "é"}
    )


def sending(media: object, content_type: str = URLENCODED) -> Build:
    def act(framework: Any, resp: Any) -> None:
        resp.content_type = content_type
        resp.media = media

    return responding(act)


SCALARS = st.text(max_size=4) | st.integers() | st.floats(allow_nan=False)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.tuples(SCALARS, SCALARS)


@requirement("falcon:forms:urlencoded-sent")
@given(st.dictionaries(st.text(max_size=3) | st.integers(), VALUES, max_size=3))
def test_a_mapping_is_sent_as_a_form(media: Any) -> None:
    answer = same(sending(media), Exchange())
    assert (answer.status, answer.header("content-type")) == (200, URLENCODED)


@requirement("falcon:forms:urlencoded-sent")
@requirement("falcon:forms:urlencoded-sent-words")
@requirement("falcon:forms:urlencoded-sent-pairs")
@requirement("falcon:forms:urlencoded-sent-others")
@pytest.mark.parametrize(
    ("media", "theirs", "ours"),
    [
        ({"é b": [1, "=&"], "c": []}, b"%C3%A9+b=1&%C3%A9+b=%3D%26", None),
        ({"a": True, "b": [False]}, b"a=True&b=False", b"a=true&b=false"),
        ({"a": None, "b": [None]}, b"a=None&b=None", b"a=&b="),
        ([("a", 1), ("a", 2)], b"a=1&a=2", 500),
        ([], b"", 500),
        ({"a": b"\xff"}, b"a=%FF", None),
        ({b"a": 1}, b"a=1", None),
        ({"a": {1}}, b"a=1", None),
        ({"a": range(2)}, b"a=0&a=1", None),
        ({"a": {"b": 1}}, b"a=b", 500),
    ],
)
def test_a_form_is_sent_in_words_that_are_not_pythons(
    media: object, theirs: bytes, ours: bytes | int | None
) -> None:
    falcons, found = both(sending(media), Exchange())
    assert (falcons.status, falcons.body) == (200, theirs)
    if isinstance(ours, int):
        assert found.status == ours
    else:
        assert (found.status, found.body) == (200, theirs if ours is None else ours)


# Multipart forms: what separates their parts.


def part(
    content: bytes = b"x",
    disposition: str | None = 'form-data; name="a"',
    **headers: str,
) -> bytes:
    """Write a part with its boundary in front of it."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if disposition is not None:
        lines.insert(0, f"Content-Disposition: {disposition}")
    return raw_part(*(line.encode() for line in lines), content=content)


def raw_part(*lines: bytes, content: bytes = b"x") -> bytes:
    head = b"".join(line + b"\r\n" for line in lines)
    return b"--B\r\n" + head + b"\r\n" + content + b"\r\n"


END = b"--B--\r\n"


def form(*parts: bytes) -> Exchange:
    return post(b"".join(parts) + END)


def parse_options(req: Any) -> Any:
    return req.options.media_handlers[MULTIPART].parse_options


def each(read: Read, **options: Any) -> Read:
    """Read something of each part; the options are those of the parser."""

    async def read_form(req: Any) -> list[Any]:
        for name, value in options.items():
            setattr(parse_options(req), name, value)
        found = []
        async for part in await req.get_media():
            value = read(part)
            found.append(await value if isawaitable(value) else value)
        return found

    return read_form


async def all_of(part: Any) -> list[Any]:
    return [part.name, part.filename, part.content_type, await part.get_data()]


async def data_of(part: Any) -> bytes:
    return bytes(await part.get_data())


async def text_of(part: Any) -> str | None:
    text: str | None = await part.get_text()
    return text


def media_of(part: Any) -> Any:
    return part.get_media()


def read_stream(part: Any) -> Any:
    return part.stream.read()


ONE = [["a", None, "text/plain", b"x"]]


@requirement("falcon:forms:parts")
@requirement("falcon:forms:filename")
@requirement("falcon:forms:content-type")
@requirement("falcon:forms:data")
def test_a_form_is_its_parts_in_their_order() -> None:
    body = form(
        part(b"1"),
        part(
            b"\x00\r\n--\r\n--b",
            'form-data; name="f"; filename="f.bin"',
            Content_Type="a/b; c=d",
        ),
        part(b"", 'form-data; name="empty"; filename=""'),
        part(b"2"),
    )
    assert outcome(each(all_of), body) == shown(
        [
            ["a", None, "text/plain", b"1"],
            ["f", "f.bin", "a/b; c=d", b"\x00\r\n--\r\n--b"],
            ["empty", "", "text/plain", b""],
            ["a", None, "text/plain", b"2"],
        ]
    )


@requirement("falcon:forms:media")
def test_a_form_is_one_however_often_it_is_asked_for() -> None:
    async def read(req: Any) -> bool:
        return await req.get_media() is await req.get_media() is await req.media

    assert outcome(read, form(part())) == "True"


QUIET = st.characters(
    codec="utf-8", exclude_categories=["Cc"], exclude_characters='"\\%'
)
FIELD_NAMES = st.text(QUIET | st.sampled_from(";=,*'"), max_size=6)
TYPES = ["text/plain", "text/plain; charset=iso-8859-1", "application/json", "a/b; c=d"]
# What may be taken for a boundary is likely, and so is more than is read at once.
PIECES = st.binary(max_size=9) | st.sampled_from(
    [b"\r\n", b"--", b"\r\n--", b"-", b"\r", b"B", b"\r\n--B"[:-1] + b"b", b"x" * 9000]
)
CONTENTS = st.lists(PIECES, max_size=4).map(b"".join)
BOUNDARIES = st.text("abcXYZ019'()+_-./:=?", min_size=1, max_size=70) | st.sampled_from(
    ["B", "-", "--", "b" * 70]
)


@dataclasses.dataclass
class Field:
    name: str
    filename: str | None
    content_type: str | None
    content: bytes

    def written(self, delimiter: bytes) -> bytes:
        lines = [f'Content-Disposition: form-data; name="{self.name}"']
        if self.filename is not None:
            lines[0] += f'; filename="{self.filename}"'
        if self.content_type is not None:
            lines.append(f"Content-Type: {self.content_type}")
        head = "".join(f"{line}\r\n" for line in lines).encode()
        return delimiter + b"\r\n" + head + b"\r\n" + self.content + b"\r\n"


async def by_chunks(part: Any) -> bytes:
    return b"".join([chunk async for chunk in part.stream])


async def by_size(part: Any) -> list[bytes]:
    return [await part.stream.read(size) for size in (3, 0, 8500, -1)]


async def by_pipe(part: Any) -> list[Any]:
    target = Target()
    return [await part.stream.read(1), await part.stream.pipe(target), target.taken]


WAYS: list[Read] = [
    data_of,
    read_stream,
    by_chunks,
    by_size,
    by_pipe,
    lambda part: part.stream.read(2),
    lambda part: part.stream.exhaust(),
    lambda part: attempt(text_of, part),
    lambda part: attempt(media_of, part),
    lambda part: None,
]


class Target:
    """What a stream is piped into."""

    def __init__(self) -> None:
        self.taken = b""

    async def write(self, data: bytes) -> None:
        self.taken += data


@requirement("falcon:forms:chunks")
@requirement("falcon:forms:parts")
@requirement("falcon:forms:stream")
@requirement("falcon:forms:unread")
@settings(max_examples=300)
@given(
    boundary=BOUNDARIES,
    fields=st.lists(
        st.builds(
            Field,
            FIELD_NAMES,
            st.none() | FIELD_NAMES,
            st.none() | st.sampled_from(TYPES),
            CONTENTS,
        ),
        max_size=4,
    ),
    ways=st.lists(st.sampled_from(WAYS), min_size=4, max_size=4),
    cuts=st.lists(st.integers(0, 400) | st.integers(0, 20_000), max_size=8),
    framed=st.tuples(
        st.sampled_from([b"", b"\r\n"]),
        st.sampled_from([b"", b"\r\n", b"\r\nepilogue\r\n"]),
    ),
    one_by_one=st.booleans(),
)
def test_a_form_is_what_was_written_however_it_comes(
    boundary: str,
    fields: list[Field],
    ways: list[Read],
    cuts: list[int],
    framed: tuple[bytes, bytes],
    one_by_one: bool,
) -> None:
    delimiter = f"--{boundary}".encode()
    line = b"\r\n" + delimiter
    for each_one in fields:
        content = each_one.content
        assume((content + line).find(line) == len(content))
        assume(not content.startswith(delimiter))
    start, end = framed
    body = b"".join(each_one.written(delimiter) for each_one in fields)
    body = start + body + delimiter + b"--" + end
    if one_by_one and len(body) < 2000:
        chunks = [body[at : at + 1] for at in range(len(body))]
    else:
        places = sorted({0, *(cut for cut in cuts if cut < len(body)), len(body)})
        chunks = [body[at:to] for at, to in pairwise(places)]
    exchange = post(*chunks, content_type=f'{MULTIPART}; boundary="{boundary}"')

    assert outcome(each(all_of), exchange) == shown(
        [
            [one.name, one.filename, one.content_type or "text/plain", one.content]
            for one in fields
        ]
    )
    outcome(in_turns(ways), exchange)


def in_turns(ways: list[Read]) -> Read:
    """Read each part in another way, and leave the rest of it."""

    def read(req: Any) -> Any:
        turn = iter(ways)
        return each(lambda part: next(turn)(part))(req)

    return read


@requirement("falcon:forms:serialize")
def test_there_is_no_writing_of_multipart_forms() -> None:
    content_type = f"{MULTIPART}; boundary=B"
    theirs, ours = both(sending({"a": "1"}, content_type), Exchange())
    assert (theirs.status, ours.status) == (500, 500)


@requirement("falcon:forms:no-parts")
@requirement("falcon:forms:length-zero")
def test_an_empty_body_is_no_form_without_parts() -> None:
    def or_default(req: Any) -> Any:
        return req.get_media(default_when_empty="default")

    for body in (END, b"--B--", b"\r\n" + END):
        assert outcome(each(all_of), post(body)) == shown([])
        assert outcome(each(all_of), post(body, length=True)) == shown([])
    assert outcome(each(all_of), post(b"")) == MALFORMED

    theirs, ours = outcomes(each(all_of), post(b"", length=True))
    assert theirs == MALFORMED
    title = f"Invalid {MULTIPART}"
    assert ours == raised("MediaNotFoundError", BAD_REQUEST, title)
    assert outcomes(or_default, post(b"", length=True))[1] == shown("default")
    assert "MultipartForm" in outcomes(or_default, post(b"", length=True))[0]


def bounded(parameters: str, delimiter: bytes) -> Exchange:
    body = (part() + END).replace(b"--B", b"--" + delimiter)
    return post(body, content_type=f"{MULTIPART}{parameters}")


@requirement("falcon:forms:boundary")
@pytest.mark.parametrize(
    ("parameters", "delimiter"),
    [
        ("; boundary=B", b"B"),
        (";BOUNDARY=B", b"B"),
        ("; charset=utf-8; boundary=B; x=y", b"B"),
        ('; boundary="a b:;=c"', b"a b:;=c"),
        ('; boundary="a\\"b"', b'a"b'),
        ("; boundary=a=b@c", b"a=b@c"),
        ("; boundary=" + "b" * 70, b"b" * 70),
    ],
)
def test_a_boundary_is_what_the_type_says(parameters: str, delimiter: bytes) -> None:
    assert outcome(each(all_of), bounded(parameters, delimiter)) == shown(ONE)


@requirement("falcon:forms:boundary")
@pytest.mark.parametrize(
    "parameters",
    ["", "; boundary", "; boundary=", '; boundary=""', "; boundary=" + "b" * 71],
)
def test_a_boundary_that_cannot_be_is_the_headers_fault(parameters: str) -> None:
    exchange = bounded(parameters, b"b" * 71)
    assert outcome(get_media, exchange) == BAD_BOUNDARY
    empty = dataclasses.replace(exchange, body=[b""])
    assert outcome(get_media, empty) == BAD_BOUNDARY


@requirement("falcon:forms:boundary-comma")
@requirement("falcon:forms:boundary-blanks")
@requirement("falcon:forms:boundary-ascii")
@pytest.mark.parametrize(
    ("boundary", "delimiter", "theirs", "ours"),
    [
        ("a,b", b"a,b", UNSUPPORTED, shown(ONE)),
        ("ab ", b"ab", shown(ONE), BAD_BOUNDARY),
        ("é", "é".encode(), shown(ONE), BAD_BOUNDARY),
        ("é", "é".encode("latin-1"), MALFORMED, BAD_BOUNDARY),
    ],
)
def test_a_boundary_is_made_of_the_characters_it_may_have(
    boundary: str, delimiter: bytes, theirs: str, ours: str
) -> None:
    exchange = bounded(f'; boundary="{boundary}"', delimiter)
    assert outcomes(each(all_of), exchange) == (theirs, ours)


@requirement("falcon:forms:structure")
@pytest.mark.parametrize(
    "body",
    [
        b"no form",
        part(),
        part() + b"--B",
        part() + b"--B-",
        part() + b"--B\r\nContent-Disp",
        part() + b"--B\r\n\r\n",
        (part() + END).replace(b"\r\n", b"\n"),
        (part() + END).replace(b"--B\r\n", b"--B \r\n"),
        part(b"x\r\n--BC\r\ny") + END,
        b"--B-x" + END,
    ],
)
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    assert outcome(each(all_of), post(body)) == MALFORMED
    assert outcome(each(lambda part: part.name), post(body)) == MALFORMED


@requirement("falcon:forms:epilogue")
@pytest.mark.parametrize(
    "end",
    [b"--B--", END, b"--B--x", b"--B-- \r\n", END + b"epilogue\r\n", END + part()],
)
def test_a_form_ends_with_its_last_boundary(end: bytes) -> None:
    assert outcome(each(all_of), post(part() + end)) == shown(ONE)


@requirement("falcon:forms:preamble")
@pytest.mark.parametrize("preamble", [b"x", b"\n", b"\r\n\r\n", b"preamble\r\n", b"-"])
def test_a_form_begins_with_its_first_boundary(preamble: bytes) -> None:
    assert outcome(each(all_of), post(b"\r\n" + part() + END)) == shown(ONE)
    theirs, ours = outcomes(each(all_of), post(preamble + part() + END))
    assert (theirs, ours) == (shown(ONE), MALFORMED)


async def until_error(read: Read, form: Any) -> list[str]:
    """Read each part; give what that gives, and what the form raises at last."""
    found: list[str] = []
    parts = aiter(form)
    while True:
        try:
            part = await anext(parts)
        except Exception as exc:
            return [*found, type(exc).__name__]
        found.append(await attempt(read, part))


@requirement("falcon:forms:truncated")
@pytest.mark.parametrize("read", [data_of, read_stream, text_of, by_chunks])
def test_a_part_that_is_cut_off_is_never_whole(read: Read) -> None:
    async def read_form(req: Any) -> list[str]:
        return await until_error(read, await req.get_media())

    exchange = post(part(b"whole") + part(b"x")[:-2])
    theirs, ours = outcomes(read_form, exchange)
    error = "MultipartParseError"
    whole, piece = ("whole", "x") if read is text_of else (b"whole", b"x")
    assert theirs == shown([shown(whole), shown(piece), error])
    assert ours == shown([shown(whole), MALFORMED, error])


@requirement("falcon:forms:left")
def test_a_client_that_leaves_is_no_end_of_a_part() -> None:
    found: dict[Any, list[str]] = {}

    def build(framework: Any) -> Any:
        async def answer(req: Any, resp: Any, **params: Any) -> None:
            found[framework] = await until_error(data_of, await req.get_media())

        app = framework.asgi.App()
        app.add_sink(answer)

        async def leaving(scope: Any, receive: Any, send: Any) -> None:
            events = [await receive(), {"type": "http.disconnect"}]
            events[0]["more_body"] = True

            async def left() -> Any:
                return events.pop(0) if len(events) > 1 else events[0]

            await app(scope, left, send)

        return leaving

    both(build, post(part(b"whole") + part(b"x")[:-2]))
    assert found[falcon] == [shown(b"whole"), shown(b"x"), "MultipartParseError"]
    left = raised("ClientDisconnected")
    assert found[falconws.core] == [shown(b"whole"), left, "ClientDisconnected"]


# The headers of a part.


async def names_of(part: Any) -> list[Any]:
    return [part.name, part.filename]


def disposed(disposition: str) -> Exchange:
    return form(part(b"x", disposition))


@requirement("falcon:forms:names")
@requirement("falcon:forms:filename")
@pytest.mark.parametrize(
    ("parameters", "name", "filename"),
    [
        ('name="a"', "a", None),
        ("name=a;filename=f", "a", "f"),
        ('name = "a" ;filename = "f";', "a", "f"),
        ('filename="f;name=x"; name="a"', "a", "f;name=x"),
        ('NAME="a"; FileName="f"', "a", "f"),
        ('name="a"; name="b"', "b", None),
        ('name=""; filename=""', "", ""),
        ("name=", "", None),
        ('name="é 日"; filename="ö.txt"', "é 日", "ö.txt"),
        ('name="a\\"b"; filename="c\\"d"', 'a"b', 'c"d'),
        ("name='a'", "'a'", None),
        ('name="%41"; filename="a%2Fb+c"', "%41", "a%2Fb+c"),
        ('name=" a "; filename="d/../f.txt"', " a ", "d/../f.txt"),
        ('name="=?utf-8?B?w6k=?="', "=?utf-8?B?w6k=?=", None),
        ('name="a"; filename', "a", None),
    ],
)
def test_names_are_what_content_disposition_says(
    parameters: str, name: str, filename: str | None
) -> None:
    found = outcome(each(names_of), disposed(f"form-data; {parameters}"))
    assert found == shown([[name, filename]])


@requirement("falcon:forms:names-escapes")
@requirement("falcon:forms:names-malformed")
@requirement("falcon:forms:name-missing")
@requirement("falcon:forms:filename-path")
@pytest.mark.parametrize(
    ("parameters", "theirs", "ours"),
    [
        ('; name="%22%0D%0A%0d"', ["%22%0D%0A%0d", None], ['"\r\n%0d', None]),
        ('; name="a"; filename="%22"', ["a", "%22"], ["a", '"']),
        (r'; name="a\\b"', [r"a\b", None], [r"a\\b", None]),
        ('; name="a', ['"a', None], ["", None]),
        ('; name="a" b', ['"a" b', None], ["a", None]),
        ("; name=a b", ["a b", None], ["a", None]),
        ("", [None, None], ["", None]),
        ("; name*=UTF-8''a", [None, None], ["", None]),
        ('; filename="f"', [None, "f"], ["", "f"]),
        (r'; name=a; filename="C:\d\f.txt"', ["a", r"C:\d\f.txt"], ["a", "f.txt"]),
        (r'; name=a; filename="\\s\d\f.txt"', ["a", r"\s\d\f.txt"], ["a", "f.txt"]),
    ],
)
def test_names_are_read_as_browsers_write_them(
    parameters: str, theirs: list[str | None], ours: list[str | None]
) -> None:
    found = outcomes(each(names_of), disposed(f"form-data{parameters}"))
    assert found == (shown([theirs]), shown([ours]))


@requirement("falcon:forms:names-bytes")
def test_a_name_is_utf_8() -> None:
    line = 'Content-Disposition: form-data; name="é"'.encode("latin-1")
    theirs, ours = outcomes(each(names_of), form(raw_part(line)))
    assert (theirs, ours) == (raised("UnicodeDecodeError"), MALFORMED)

    exchange = form(part(Content_Type="text/plain; x=é"))
    theirs, ours = outcomes(each(lambda part: part.content_type), exchange)
    assert theirs == raised("UnicodeDecodeError")
    assert ours == shown(["text/plain; x=é"])


@requirement("falcon:forms:filename-extended")
@pytest.mark.parametrize(
    ("parameters", "filename"),
    [
        ("filename*=UTF-8''%C3%B6.txt; filename=f", "ö.txt"),
        ("filename=f; filename*=utf-8'en'%c3%b6.txt", "ö.txt"),
        ("filename*=iso-8859-1''%F6%20.txt", "ö .txt"),
        ("filename*=\"UTF-8''a%2Fb\"", "a/b"),
        ("FILENAME*=UTF-8''C%3A%5Cd%5Cf", r"C:\d\f"),
    ],
)
def test_an_extended_file_name_goes_before_another(
    parameters: str, filename: str
) -> None:
    exchange = disposed(f"form-data; name=a; {parameters}")
    assert outcome(each(names_of), exchange) == shown([["a", filename]])


@requirement("falcon:forms:filename-charset")
@requirement("falcon:forms:filename-malformed")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ("iso-8859-15''%A4", "€", None),
        ("koi8-r''%C1", "а", None),  # noqa: RUF001 - the letter is Cyrillic
        ("x", "f", None),
        ("UTF-8''", "f", ""),
        ("UTF-8'en-US'a", "f", "a"),
        ("\"UTF-8''a b\"", "a b", None),
        ("UTF-8''é", "é", None),
        ("UTF-8''%zz", "%zz", None),
    ],
)
def test_an_extended_file_name_is_one_of_rfc_8187(
    value: str, theirs: str, ours: str | None
) -> None:
    exchange = disposed(f"form-data; name=a; filename=f; filename*={value}")
    found = outcomes(each(lambda part: part.filename), exchange)
    assert found == (shown([theirs]), MALFORMED if ours is None else shown([ours]))


@requirement("falcon:forms:filename-late")
@pytest.mark.parametrize("value", ["UTF-8''%FF", "nonsense''a"])
def test_a_part_begins_when_its_headers_are_right(value: str) -> None:
    exchange = disposed(f"form-data; name=a; filename*={value}")
    assert outcome(each(names_of), exchange) == MALFORMED
    theirs, ours = outcomes(each(lambda part: part.name), exchange)
    assert (theirs, ours) == (shown(["a"]), MALFORMED)


def secure_filename(part: Any) -> Any:
    return part.secure_filename


@requirement("falcon:forms:secure-filename")
@settings(max_examples=200)
@given(
    st.text(QUIET | st.sampled_from("./ é𝟏"), max_size=12),
    st.none() | st.integers(0, 13),
)
def test_a_secure_file_name_is_the_ascii_of_a_name(
    filename: str, length: int | None
) -> None:
    assume(filename[1:3] != ":\\")
    exchange = disposed(f'form-data; name="a"; filename="{filename}"')
    read = each(secure_filename, max_secure_filename_length=length)
    name = outcome(read, exchange)
    assert (name == MALFORMED) is (filename == "")


@requirement("falcon:forms:secure-filename")
@requirement("falcon:forms:secure-filename-negative")
def test_a_secure_file_name_is_cut_in_front_of_its_ending() -> None:
    exchange = disposed('form-data; name="a"; filename="../Zoë.txt"')
    for length, name in [
        (None, "_._Zoe_.txt"),
        (0, "_._Zoe_.txt"),
        (11, "_._Zoe_.txt"),
        (10, "_._Zoe.txt"),
        (5, "_.txt"),
        (4, "_._Z"),
    ]:
        read = each(secure_filename, max_secure_filename_length=length)
        assert outcome(read, exchange) == shown([name])
    assert outcome(each(secure_filename), form(part())) == MALFORMED

    read = each(secure_filename, max_secure_filename_length=-1)
    assert outcomes(read, exchange) == (MALFORMED, raised("ValueError"))


@requirement("falcon:forms:content-type")
@pytest.mark.parametrize("content_type", ["text/html", "a/B; c=D", "", "nonsense: x"])
def test_a_content_type_is_what_the_part_says(content_type: str) -> None:
    exchange = form(part(Content_Type=content_type))
    read = each(lambda part: part.content_type)
    assert outcome(read, exchange) == shown([content_type])
    assert outcome(read, form(part())) == shown(["text/plain"])


NAMED = b'Content-Disposition: form-data; name="a"'


@requirement("falcon:forms:headers-ignored")
@requirement("falcon:forms:headers-missing")
def test_other_headers_are_ignored() -> None:
    for lines in (
        [NAMED, b"X-Other: 1", b"X-Other: 2"],
        [b"Content-Transfer-Encoding: binary", NAMED],
        [b"CONTENT-disposition: Form-Data; name=a"],
        [NAMED, b"Content-Length: 1"],
    ):
        assert outcome(each(all_of), form(raw_part(*lines))) == shown(ONE)
    assert outcome(each(all_of), form(raw_part())) == MALFORMED


@requirement("falcon:forms:disposition")
@requirement("falcon:forms:headers-twice")
@requirement("falcon:forms:headers-length")
@requirement("falcon:forms:headers-lines")
@requirement("falcon:forms:headers-controls")
@pytest.mark.parametrize(
    ("lines", "theirs"),
    [
        ([b"Content-Type: text/plain"], None),
        ([b"Content-Disposition: attachment; name=a"], "a"),
        ([b"Content-Disposition: ", b"Content-Type: text/plain"], None),
        ([NAMED, b"Content-Disposition: form-data; name=b"], "b"),
        ([NAMED, b"Content-Type: text/html", b"Content-Type: text/plain"], "a"),
        ([NAMED, b"Content-Length: 2"], "a"),
        ([NAMED, b"no header"], "a"),
        ([b"Content-Disposition: form-data; name=a\0b"], "a\0b"),
        ([b"Content-Disposition: form-data; name=a\nb"], "a\nb"),
        ([b"Content-Disposition: form-data; name=a\rb"], "a\rb"),
    ],
)
def test_headers_that_may_mean_two_things_are_malformed(
    lines: list[bytes], theirs: str | None
) -> None:
    found = outcomes(each(all_of), form(raw_part(*lines)))
    assert found == (shown([[theirs, None, "text/plain", b"x"]]), MALFORMED)


@requirement("falcon:forms:headers-lines")
@pytest.mark.parametrize(
    "line",
    [
        b"Content-Disposition:form-data; name=a",
        b"Content-Disposition:\tform-data; name=a",
        b"Content-Disposition : form-data; name=a",
        b"Content-Disposition: form-data;\r\n name=a",
    ],
)
def test_a_header_has_any_blanks(line: bytes) -> None:
    theirs, ours = outcomes(each(lambda part: part.name), form(raw_part(line)))
    assert (theirs, ours) == (shown([None]), shown(["a"]))


@requirement("falcon:forms:transfer-encoding")
@pytest.mark.parametrize(
    ("encoding", "theirs", "ours"),
    [
        ("binary", shown(ONE), shown(ONE)),
        ("8bit", MALFORMED, shown(ONE)),
        ("BINARY", MALFORMED, shown(ONE)),
        ("base64", MALFORMED, MALFORMED),
        ("quoted-printable", MALFORMED, MALFORMED),
    ],
)
def test_a_part_that_would_have_to_be_decoded_is_refused(
    encoding: str, theirs: str, ours: str
) -> None:
    exchange = form(part(Content_Transfer_Encoding=encoding))
    assert outcomes(each(all_of), exchange) == (theirs, ours)


# What a part is read by.


@requirement("falcon:forms:data")
def test_data_is_there_again_and_again() -> None:
    async def read(part: Any) -> list[Any]:
        first = await part.stream.read(1)
        return [first, await part.data, await part.get_data(), await part.stream.read()]

    expected = shown([[b"1", b"23", b"23", b""], [b"", b"", b"", b""]])
    assert outcome(each(read), form(part(b"123"), part(b""))) == expected


@requirement("falcon:forms:data-too-large")
def test_a_piece_of_a_part_is_not_given_for_the_whole() -> None:
    async def twice(part: Any) -> list[str]:
        return [await attempt(data_of, part) for _ in range(2)]

    exchange = form(part(b"12345"), part(b"123"))
    theirs, ours = outcomes(each(twice, max_body_part_buffer_size=3), exchange)
    whole = [shown(b"123")] * 2
    assert theirs == shown([[MALFORMED, shown(b"1234")], whole])
    assert ours == shown([[TOO_LARGE, TOO_LARGE], whole])


@requirement("falcon:forms:text")
@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("é", None, "é"),
        ("é", "text/plain", "é"),
        (b"\xe9", "text/plain; charset=iso-8859-1", "é"),
        (b"\xe9", 'text/plain; Charset="LATIN-1"', "é"),
        ("é".encode("utf-16"), "text/plain; charset=utf-16", "é"),
        ("", "text/plain; format=flowed", ""),
        ("x", "text/html", None),
        ("x", "application/json", None),
        ("x", "", None),
    ],
)
def test_text_is_what_says_that_it_is(
    content: str | bytes, content_type: str | None, text: str | None
) -> None:
    async def read(part: Any) -> list[Any]:
        return [await part.get_text(), await part.text]

    data = content.encode() if isinstance(content, str) else content
    headers = {} if content_type is None else {"Content_Type": content_type}
    assert outcome(each(read), form(part(data, **headers))) == shown([[text, text]])


@requirement("falcon:forms:text")
@requirement("falcon:forms:text-malformed")
def test_the_default_charset_is_for_text_that_names_none() -> None:
    read = each(text_of, default_charset="latin-1")
    assert outcome(read, form(part(b"\xe9"))) == shown(["é"])
    named = part("é".encode(), Content_Type="text/plain; charset=utf-8")
    assert outcome(read, form(named)) == shown(["é"])
    read = each(text_of, default_charset="nonsense")
    assert outcome(read, form(part())) == MALFORMED


@requirement("falcon:forms:text-malformed")
@pytest.mark.parametrize("charset", ["utf-8", "nonsense", "hex", "undefined", '""'])
def test_text_that_cannot_be_decoded_is_malformed(charset: str) -> None:
    exchange = form(part(b"\xe9", Content_Type=f"text/plain; charset={charset}"))
    assert outcome(each(text_of), exchange) == MALFORMED


@requirement("falcon:forms:text-type")
@requirement("falcon:forms:text-slow")
def test_text_is_found_in_any_case_and_decoded_in_little_time() -> None:
    exchange = form(part(Content_Type="Text/PLAIN"))
    assert outcomes(each(text_of), exchange) == (shown([None]), shown(["x"]))
    for charset in ("idna", "punycode"):
        exchange = form(part(b"x-", Content_Type=f"text/plain; charset={charset}"))
        found, ours = outcomes(each(text_of), exchange)
        assert not found.startswith("raised")
        assert ours == MALFORMED


@requirement("falcon:forms:part-media")
@pytest.mark.parametrize(
    ("content", "content_type", "media"),
    [
        (b'{"a": [1]}', "application/json", {"a": [1]}),
        (b"1", "application/json; charset=utf-8", 1),
        (b"a=1&b=&a=2", URLENCODED, {"a": ["1", "2"], "b": ""}),
        (b"", URLENCODED, {}),
    ],
)
def test_a_part_is_an_object_by_its_type(
    content: bytes, content_type: str, media: object
) -> None:
    async def read(part: Any) -> list[Any]:
        first = await part.get_media()
        return [first, first is await part.media]

    exchange = form(part(content, Content_Type=content_type))
    assert outcome(each(read), exchange) == shown([[media, True]])


@requirement("falcon:forms:part-media")
@requirement("falcon:forms:handlers")
@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"{", "application/json", invalid("Invalid JSON")),
        (
            b"",
            "application/json",
            raised("MediaNotFoundError", BAD_REQUEST, "Invalid JSON"),
        ),
        (b"x", "text/plain", UNSUPPORTED),
        (b"x", "a/b", UNSUPPORTED),
        (b"\x01", "application/msgpack", UNSUPPORTED),
        (b"--C--", "multipart/form-data; boundary=C", UNSUPPORTED),
    ],
)
def test_a_part_that_is_no_object_is_the_error_of_a_body(
    content: bytes, content_type: str, error: str
) -> None:
    exchange = form(part(content, Content_Type=content_type))
    assert outcome(each(media_of), exchange) == error


@requirement("falcon:forms:part-media-data")
def test_an_object_does_not_take_the_content_away() -> None:
    async def read(part: Any) -> list[str]:
        return [await attempt(way, part) for way in (media_of, data_of, media_of)]

    async def data_first(part: Any) -> list[str]:
        return [await attempt(way, part) for way in (data_of, media_of)]

    nothing = raised("MediaNotFoundError", BAD_REQUEST, "Invalid JSON")
    bad = invalid("Invalid JSON")
    well = form(part(b"[1]", Content_Type="application/json"))
    theirs, ours = outcomes(each(read), well)
    assert theirs == shown([[shown([1]), shown(b""), shown([1])]])
    assert ours == shown([[shown([1]), shown(b"[1]"), shown([1])]])
    theirs, ours = outcomes(each(data_first), well)
    assert theirs == shown([[shown(b"[1]"), nothing]])
    assert ours == shown([[shown(b"[1]"), shown([1])]])
    theirs, ours = outcomes(
        each(read), form(part(b"{", Content_Type="application/json"))
    )
    assert theirs == shown([[bad, shown(b""), nothing]])
    assert ours == shown([[bad, shown(b"{"), bad]])


def with_handler(make: Any, read: Read, media_type: str = "a/b") -> Read:
    """Read each part with a handler for a type, made by a function of the framework."""

    async def read_form(req: Any) -> Any:
        handlers = parse_options(req).media_handlers
        handlers[media_type] = make(framework_of(req))
        return await each(read)(req)

    return read_form


def whole(framework: Any) -> Any:
    class Whole(framework.media.BaseHandler):  # type: ignore[misc]
        def deserialize(self, stream: Any, content_type: Any, length: Any) -> Any:
            return [stream.read(1), stream.read(), content_type, length]

    return Whole()


def streamed(framework: Any) -> Any:
    class Streamed(framework.media.BaseHandler):  # type: ignore[misc]
        exhaust_stream = True

        async def deserialize_async(
            self, stream: Any, content_type: Any, length: Any
        ) -> Any:
            return [await stream.read(2), content_type, length]

    return Streamed()


@requirement("falcon:forms:part-media-handler")
@requirement("falcon:forms:part-media-exhaust")
def test_a_part_is_read_by_a_handler_of_ones_own() -> None:
    exchange = form(
        part(b"123", Content_Type="a/b; c=d"), part(b"[1]", Content_Type="a/b")
    )
    assert outcome(with_handler(whole, media_of), exchange) == shown(
        [[b"1", b"23", "a/b; c=d", 3], [b"[", b"1]", "a/b", 3]]
    )

    async def read(part: Any) -> list[Any]:
        return [*await part.get_media(), await part.stream.read()]

    theirs, ours = outcomes(with_handler(streamed, read), exchange)
    found = [[b"12", "a/b; c=d", None], [b"[1", "a/b", None]]
    assert theirs == shown([[*found[0], b""], [*found[1], b""]])
    assert ours == shown([[*found[0], b"3"], [*found[1], b"]"]])
    read_media = with_handler(streamed, media_of)
    assert outcome(read_media, exchange) == shown(found)


@requirement("falcon:forms:part-media-size")
def test_an_object_is_read_at_once_as_far_as_data_is() -> None:
    exchange = form(part(b"1234", Content_Type="application/json"))
    read = each(media_of, max_body_part_buffer_size=4)
    assert outcome(read, exchange) == shown([1234])
    read = each(media_of, max_body_part_buffer_size=3)
    assert outcomes(read, exchange) == (shown([1234]), TOO_LARGE)


INNER = (part(b"1", "form-data; name=n; filename=f") + part(b"2") + END).replace(
    b"--B", b"--C"
)


def nested(framework: Any) -> Any:
    return framework.media.MultipartFormHandler()


async def inner(part: Any) -> list[Any]:
    return [await all_of(each_one) async for each_one in await part.get_media()]


MIXED = "multipart/mixed"


@requirement("falcon:forms:nested")
@pytest.mark.parametrize("boundary", [b"C", b"b", b"-"])
def test_a_form_in_a_form_is_a_form(boundary: bytes) -> None:
    content = INNER.replace(b"--C", b"--" + boundary)
    content_type = f"{MIXED}; boundary={boundary.decode()}"
    exchange = form(part(content, Content_Type=content_type))
    assert outcome(with_handler(nested, inner, MIXED), exchange) == shown(
        [[["n", "f", "text/plain", b"1"], ["a", None, "text/plain", b"2"]]]
    )


@requirement("falcon:forms:nested-errors")
def test_a_form_in_a_form_has_a_boundary() -> None:
    exchange = form(part(INNER, Content_Type=MIXED))
    assert outcome(with_handler(nested, inner, MIXED), exchange) == BAD_BOUNDARY


@requirement("falcon:forms:nested-errors")
def test_what_is_wrong_with_a_form_in_a_form_is_a_400() -> None:
    cut_off = part(INNER[:-7], Content_Type=f"{MIXED}; boundary=C")
    found = outcome(with_handler(nested, inner, MIXED), form(cut_off))
    assert found == MALFORMED


# The stream of a part.


@requirement("falcon:forms:stream")
@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, -1, None])
def test_a_stream_is_read_by_size(size: int | None) -> None:
    async def read(part: Any) -> list[bytes]:
        stream = part.stream
        return [await stream.read(size), await stream.read(size), await stream.read()]

    content = b"0123456789"
    end = 10 if size is None or size < 0 else size
    pieces = [content[:end], content[end : 2 * end], content[2 * end :]]
    body = part(content) + END
    chunks = [body[at : at + 3] for at in range(0, len(body), 3)]
    assert outcome(each(read), post(*chunks)) == shown([pieces])


@requirement("falcon:forms:stream")
def test_a_stream_is_read_in_each_way() -> None:
    async def read(part: Any) -> list[Any]:
        target = Target()
        stream = part.stream
        first = await stream.read(2)
        match part.name:
            case "readall":
                return [first, await stream.readall(), await stream.readall()]
            case "pipe":
                return [first, await stream.pipe(target), target.taken]
            case "iteration":
                return [first, b"".join([chunk async for chunk in stream])]
            case _:
                return [first, await stream.exhaust(), await stream.read()]

    parts = [
        part(b"12345", f"form-data; name={name}")
        for name in ("readall", "pipe", "iteration", "exhaust")
    ]
    assert outcome(each(read), form(*parts)) == shown(
        [
            [b"12", b"345", b""],
            [b"12", None, b"345"],
            [b"12", b"345"],
            [b"12", None, b""],
        ]
    )


@requirement("falcon:forms:stream-negative")
@requirement("falcon:forms:stream-again")
@requirement("falcon:forms:stream-pipe")
def test_a_stream_is_an_asynchronous_file() -> None:
    async def again(part: Any) -> list[Any]:
        first = b"".join([chunk async for chunk in part.stream])
        return [first, [chunk async for chunk in part.stream]]

    theirs, ours = outcomes(each(lambda part: part.stream.read(-2)), form(part()))
    assert (theirs, ours) == (shown([b""]), shown([b"x"]))
    theirs, ours = outcomes(each(again), form(part()))
    assert (theirs, ours) == (raised("OperationNotAllowed"), shown([[b"x", []]]))
    nowhere = each(lambda part: part.stream.pipe())
    assert outcome(nowhere, form(part())) == shown([None])
    named = each(lambda part: part.stream.pipe(destination=Target()))
    assert outcome(named, form(part())) == shown([None])


@requirement("falcon:forms:stream-reader")
def test_a_stream_is_read_up_to_a_delimiter_by_a_reader() -> None:
    async def read(reader: Any) -> list[Any]:
        target = Target()
        found = [reader.eof, await reader.peek(2), await reader.read_until(b"|")]
        found += [reader.tell(), await reader.read(1)]
        found += [await reader.pipe_until(b"|", target, True), target.taken]
        found += [await reader.delimit(b"|").read(), reader.tell()]
        found += [reader.readable(), reader.seekable(), reader.writable()]
        return [*found, await reader.read(), reader.eof]

    async def of_stream(part: Any) -> list[Any]:
        return await read(part.stream)

    async def of_reader(part: Any) -> list[Any]:
        if framework_of(part) is falcon:
            return await read(part.stream)
        return await read(falconws.core.BufferedReader(part.stream))

    exchange = form(part(b"12|345|67|8"))
    expected = [False, b"12", b"12", 2, b"|", None, b"345", b"67", 9]
    expected += [True, False, False, b"|8", True]
    assert outcome(each(of_reader), exchange) == shown([expected])
    theirs, ours = outcomes(each(of_stream), exchange)
    assert (theirs, ours) == (shown([expected]), raised("AttributeError"))


@requirement("falcon:forms:unread")
@pytest.mark.parametrize(
    "read",
    [
        lambda part: None,
        lambda part: part.stream.read(2),
        lambda part: part.stream.read(9000),
        lambda part: anext(aiter(part.stream)),
    ],
)
def test_what_is_left_of_a_part_is_skipped(read: Read) -> None:
    async def skipped(part: Any) -> None:
        value = read(part)
        if isawaitable(value):
            await value

    exchange = form(part(b"y" * 100_000), part())
    assert outcome(in_turns([skipped, all_of]), exchange) == shown([None, *ONE])


@requirement("falcon:forms:late")
def test_a_part_is_read_while_it_is_its_turn() -> None:
    async def late(req: Any) -> list[Any]:
        parts = [part async for part in await req.get_media()]
        return [[part.name, await attempt(data_of, part)] for part in parts]

    async def early(req: Any) -> list[Any]:
        parts = []
        async for part in await req.get_media():
            await part.get_data()
            parts.append(part)
        return [[*await all_of(part), await part.get_text()] for part in parts]

    exchange = form(part(b"1"), part(b"2"))
    theirs, ours = outcomes(late, exchange)
    assert theirs == shown([["a", shown(b"\r\n")]] * 2)
    assert ours == shown([["a", raised("RuntimeError")]] * 2)
    expected = [["a", None, "text/plain", text.encode(), text] for text in "12"]
    assert outcome(early, exchange) == shown(expected)


@requirement("falcon:forms:again")
def test_a_form_is_iterated_over_once() -> None:
    async def rest(form: Any) -> list[bytes]:
        return [await data_of(part) async for part in form]

    async def again(req: Any) -> list[Any]:
        form = await req.get_media()
        return [await rest(form), await attempt(rest, form)]

    async def broken_off(req: Any) -> list[Any]:
        form = await req.get_media()
        async for part in form:
            first = await data_of(part)
            break
        return [first, await attempt(rest, form)]

    once = raised("RuntimeError")
    exchange = form(part(b"1"), part(b"2"))
    both_parts = [b"1", b"2"]
    theirs, ours = outcomes(again, exchange)
    assert (theirs, ours) == (shown([both_parts, MALFORMED]), shown([both_parts, once]))
    theirs, ours = outcomes(broken_off, exchange)
    assert (theirs, ours) == (shown([b"1", shown([b"2"])]), shown([b"1", once]))


@requirement("falcon:forms:iterator")
def test_a_form_goes_on_by_its_iterator() -> None:
    async def read(req: Any) -> list[Any]:
        form = aiter(await req.get_media())
        first = await data_of(await anext(form))
        return [first, *[await data_of(part) async for part in form]]

    assert outcome(read, form(part(b"1"), part(b"2"))) == shown([b"1", b"2"])


# Limits.


def limited(read: Read, **options: Any) -> Build:
    """An App whose responder reads a form with options, and answers the errors."""

    def build(framework: Any) -> Any:
        async def answer(req: Any, resp: Any, **params: Any) -> None:
            await each(read, **options)(req)

        app = framework.asgi.App()
        app.add_sink(answer)
        return app

    return build


HEADERS = len(b'Content-Disposition: form-data; name="a"\r\n')


@requirement("falcon:forms:limit-status")
@requirement("falcon:forms:limit-count")
@requirement("falcon:forms:limit-buffer")
@requirement("falcon:forms:limit-headers")
@pytest.mark.parametrize(
    ("options", "within", "beyond"),
    [
        ({}, form(*[part()] * 64), form(*[part()] * 65)),
        ({"max_body_part_count": 2}, form(*[part()] * 2), form(*[part()] * 3)),
        ({"max_body_part_count": 0}, form(*[part()] * 300), None),
        ({}, form(part(b"x" * 2**20)), form(part(b"x" * (2**20 + 1)))),
        ({"max_body_part_buffer_size": 3}, form(part(b"123")), form(part(b"1234"))),
        ({"max_body_part_buffer_size": 0}, form(part(b"")), form(part(b"1"))),
        (
            {},
            form(part(X_Other="x" * (8192 - HEADERS - len("X-Other: \r\n")))),
            form(part(X_Other="x" * 8192)),
        ),
        (
            {"max_body_part_headers_size": HEADERS},
            form(part()),
            form(part(b"x", 'form-data; name="abcd"')),
        ),
    ],
)
def test_a_form_goes_up_to_its_limits(
    options: dict[str, int], within: Exchange, beyond: Exchange | None
) -> None:
    build = limited(text_of, **options)
    assert same(build, within).status == 200
    if beyond is not None:
        theirs, ours = both(build, beyond)
        assert (theirs.status, ours.status) == (400, 413)
        assert outcomes(each(data_of, **options), beyond) == (MALFORMED, TOO_LARGE)


@requirement("falcon:forms:limit-buffer")
def test_a_part_of_any_size_is_streamed() -> None:
    exchange = form(part(b"x" * (2**20 + 1)))

    async def size(part: Any) -> int:
        return len(await part.stream.read())

    assert outcome(each(size), exchange) == shown([2**20 + 1])


@requirement("falcon:forms:limit-headers")
def test_the_end_of_the_last_line_counts() -> None:
    sizes = {HEADERS - 3: MALFORMED, HEADERS - 2: shown(ONE), HEADERS: shown(ONE)}
    for size, theirs in sizes.items():
        found = outcomes(each(all_of, max_body_part_headers_size=size), form(part()))
        assert found == (theirs, shown(ONE) if size == HEADERS else TOO_LARGE)


@requirement("falcon:forms:limit-headers-count")
def test_a_part_has_16_headers() -> None:
    lines = [NAMED, *[b"X: 1"] * 16]
    exchange = form(raw_part(*lines[:16]))
    assert outcome(each(all_of), exchange) == shown(ONE)
    assert outcomes(each(all_of), form(raw_part(*lines))) == (shown(ONE), TOO_LARGE)


@requirement("falcon:forms:limit-count-negative")
def test_no_form_has_a_negative_number_of_parts() -> None:
    read = each(all_of, max_body_part_count=-1)
    assert outcomes(read, form(part())) == (shown(ONE), TOO_LARGE)


@requirement("falcon:forms:limit-body")
@pytest.mark.parametrize("length", [False, True])
def test_a_form_has_a_limit_as_a_whole(length: bool) -> None:
    body = part(b"x" * 10_000) + END
    exchange = post(body[:100], body[100:], length=length)
    names = each(lambda part: part.name)

    def limited_to(size: int | None, read: Read) -> Read:
        def limit_and_read(req: Any) -> Any:
            if framework_of(req) is falconws.core:
                parse_options(req).max_body_size = size
            return read(req)

        return limit_and_read

    assert outcome(limited_to(len(body), names), exchange) == shown(["a"])
    assert outcome(limited_to(None, names), exchange) == shown(["a"])
    too_small = len(body) - 1
    found = outcomes(limited_to(too_small, names), exchange)
    assert found == (shown(["a"]), TOO_LARGE)
    if length:  # What says that it is too large is not read.
        assert outcomes(limited_to(too_small, get_media), exchange)[1] == TOO_LARGE


# Options and handlers.


@requirement("falcon:forms:options")
@requirement("falcon:forms:handlers")
@requirement("falcon:forms:limit-count-negative")
@requirement("falcon:forms:secure-filename-negative")
@requirement("falcon:forms:limit-body")
def test_the_options_have_their_defaults() -> None:
    for framework in FRAMEWORKS:
        options = framework.media.MultipartFormHandler().parse_options
        kind = framework.media.multipart.MultipartParseOptions
        assert type(options) is kind
        assert options.default_charset == "utf-8"
        assert options.max_body_part_count == 64
        assert options.max_body_part_buffer_size == 1024 * 1024
        assert options.max_body_part_headers_size == 8192
        assert options.max_secure_filename_length is None
        assert set(options.media_handlers) == {"application/json", URLENCODED}
        assert kind().media_handlers is not options.media_handlers
        assert framework.media.MultipartFormHandler(options).parse_options is options
    both_raise("AttributeError", _set_what_is_no_option)

    ours: Any = falconws.core.media.MultipartParseOptions
    assert ours().max_body_size == 1024**3
    for name in ("max_body_part_count", "max_secure_filename_length"):
        with pytest.raises(ValueError, match=name):
            ours(**{name: -1})


def _set_what_is_no_option(framework: Any) -> None:
    framework.media.MultipartFormHandler().parse_options.max_parts = 1


@requirement("falcon:forms:handlers")
def test_handlers_know_both_kinds_of_forms() -> None:
    known = {"application/json", URLENCODED, MULTIPART}
    assert set(falcon.media.Handlers()) == known
    ours = falconws.core.media.Handlers()
    assert set(ours) == {*known, "application/msgpack"}
    for name, framework in ((URLENCODED, "URLEncoded"), (MULTIPART, "Multipart")):
        handler = getattr(falconws.core.media, f"{framework}FormHandler")
        assert type(ours[name]) is handler
