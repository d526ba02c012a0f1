"""What Falcon 4.4 does of forms: URL-encoded ones, and multipart ones."""

from __future__ import annotations

from ..manifest import Requirement

_API = "https://falcon.readthedocs.io/en/4.4.0/api/"


def _of(
    id: str, behaviour: str, divergence: str | None = None, page: str = "multipart"
) -> Requirement:
    return Requirement(
        f"falcon:forms:{id}", f"{_API}{page}.html", behaviour, divergence
    )


REQUIREMENTS: list[Requirement] = [
    _of(
        "handlers",
        "`Handlers()` knows JSON and both kinds of forms; parts know JSON and URL-encoded forms.",
        "`Handlers()` knows MessagePack as well, see ADR 5; for parts there is no difference.",
        page="media",
    ),
    # URL-encoded forms.
    _of(
        "urlencoded",
        "A URL-encoded form is strings by name, and a list for a name that comes again; an empty body is one too.",
        page="media",
    ),
    _of(
        "urlencoded-options",
        "`URLEncodedFormHandler(keep_blank=True, csv=False)` keeps blank values and no commas apart.",
        page="media",
    ),
    _of(
        "urlencoded-nameless",
        "A field of neither a name nor a value is one, unless blanks are not kept.",
        "It is left out, as it is from query strings.",
        page="media",
    ),
    _of(
        "urlencoded-csv-blank",
        "A list of one or of no value remains one if blanks are not kept.",
        "It is a string, or left out, as in query strings.",
        page="media",
    ),
    _of(
        "urlencoded-escapes",
        "Percent-encoded bytes that are no UTF-8 are replaced, and a `%` without two digits stays.",
        page="media",
    ),
    _of(
        "urlencoded-bytes",
        "Bytes beyond US-ASCII are a 400.",
        "They are read as UTF-8, which some clients send; others are a 400.",
        page="media",
    ),
    _of(
        "urlencoded-title",
        "The title of that 400 is `Invalid URL-encoded`.",
        "It is `Invalid URL-encoded form`, which is a phrase.",
        page="media",
    ),
    _of(
        "urlencoded-count",
        "A form has any number of fields.",
        "It has at most 1,000, or a 413, so that a small body cannot make millions of objects; see `max_field_count`.",
        page="media",
    ),
    _of(
        "urlencoded-charset",
        "The parameters of the type change nothing; text is UTF-8.",
        page="media",
    ),
    _of(
        "urlencoded-sent",
        "A mapping is sent as a form, a list or tuple as a field for each of its values, text as UTF-8.",
        page="media",
    ),
    _of(
        "urlencoded-sent-words",
        "True, False and None are sent by their names in Python.",
        "They are sent as `true`, `false` and a blank, which programs in other languages read.",
        page="media",
    ),
    _of(
        "urlencoded-sent-pairs",
        "A sequence of pairs is sent as a form.",
        "It is a 500: a form is a mapping, and a list of values is a name that comes again.",
        page="media",
    ),
    _of(
        "urlencoded-sent-others",
        "Bytes are sent as they are, and sets, ranges and the keys of dictionaries as a field each.",
        "So they are, but for dictionaries, which a form has no place for: a 500.",
        page="media",
    ),
    # Multipart forms, and what separates their parts.
    _of(
        "parts",
        "A multipart form is iterated over for its parts in their order, two of one name among them.",
    ),
    _of(
        "media",
        "Each call of `get_media` gives the same form, and so does `req.media`.",
    ),
    _of(
        "chunks",
        "What is read of a form does not depend on how its body is cut into chunks.",
    ),
    _of(
        "serialize",
        "A multipart form as `resp.media` is a 500.",
    ),
    _of(
        "no-parts",
        "A form may have no part; an empty body of unknown length is none, and a 400.",
    ),
    _of(
        "length-zero",
        "A Content-Length of 0 is a malformed form, whatever the default for an empty body is.",
        "It is an empty body: MediaNotFoundError, or the default.",
    ),
    _of(
        "boundary",
        "A boundary has from 1 to 70 characters, may be quoted, and is HTTPInvalidHeader without.",
    ),
    _of(
        "boundary-comma",
        "A boundary with a comma is a 415, as the type is read like those of Accept.",
        "It is one of the characters of a boundary (RFC 2046, 5.1.1).",
    ),
    _of(
        "boundary-blanks",
        "Blanks at the end of a boundary are removed.",
        "It is refused: RFC 2046, 5.1.1 has no blank there, and others would look for it.",
    ),
    _of(
        "boundary-ascii",
        "A boundary may have other characters than ASCII, which are read as Latin-1 and looked for as UTF-8.",
        "It is refused, as a header has no such characters that all read alike.",
    ),
    _of(
        "structure",
        "No last boundary, LF for CRLF, and anything behind a boundary in its line are a 400.",
    ),
    _of(
        "truncated",
        "A part that is cut off is given as if it were whole; the 400 comes with the next.",
        "Reading it is the 400: a truncated file is never taken for a whole one.",
    ),
    _of(
        "left",
        "A client that leaves in the middle of a part ends it as if it were whole.",
        "Reading it raises ClientDisconnected.",
    ),
    _of(
        "epilogue",
        "What is behind the last boundary is ignored, and need not be there, line end included.",
    ),
    _of(
        "preamble",
        "What is in front of the first boundary is ignored.",
        "It is a 400 but for one line break: no form has it, and it may hide a boundary from others.",
    ),
    # The headers of a part.
    _of(
        "names",
        'Names and file names are quoted or not, have `\\"` for a quote, and are UTF-8.',
    ),
    _of(
        "names-escapes",
        "`%22`, `%0D` and `%0A` stay in names, and `\\\\` is one backslash.",
        "They are read as browsers write them, with `%22` for a quote and a backslash for itself.",
    ),
    _of(
        "names-bytes",
        "A name that is no UTF-8, and a type that is no ASCII, raise UnicodeDecodeError.",
        "A header that is no UTF-8 is a 400, and a type is text as a name is.",
    ),
    _of(
        "names-malformed",
        "A quote without its end is part of a name, and so are words behind a name.",
        "Such a name is empty, and the words are ignored.",
    ),
    _of(
        "name-missing",
        "The name of a part that has none is None.",
        "It is empty, so that a name is always text.",
    ),
    _of(
        "filename",
        "The file name is None for a part without one, and may be empty.",
    ),
    _of(
        "filename-path",
        "A file name with a path of Windows is left as it is.",
        "It is the last part of that path, which old browsers send whole.",
    ),
    _of(
        "filename-extended",
        "`filename*` goes before `filename`, in UTF-8 or ISO-8859-1.",
    ),
    _of(
        "filename-charset",
        "`filename*` may be in any character set that Python knows.",
        "It is in UTF-8 or ISO-8859-1, those of RFC 8187 and RFC 5987; others are a 400.",
    ),
    _of(
        "filename-malformed",
        "`filename*` with a language of two words, without quotes or without a value is passed over; other mistakes are read.",
        "The language and an empty value are valid (RFC 8187, 3.2.1); a malformed one is a 400, as it may hide a name from others.",
    ),
    _of(
        "filename-late",
        "`filename*` that cannot be decoded raises where the name is read.",
        "It raises where the part begins, with all that is wrong with its headers.",
    ),
    _of(
        "secure-filename",
        "`secure_filename` is the ASCII of a file name, cut to `max_secure_filename_length`; None and 0 are no limit.",
    ),
    _of(
        "secure-filename-negative",
        "A negative length of it is a 400, like a part that has no file name.",
        "It is a ValueError where it is set in `MultipartParseOptions(...)` or read: the mistake is not the client's.",
    ),
    _of(
        "content-type",
        "The content type is what the part says, with its parameters, and `text/plain` where it says nothing.",
    ),
    _of(
        "disposition",
        "A part may do without Content-Disposition if it has another header, or have it of any type.",
        "Each is a 400: a form's part is `form-data` (RFC 7578, 4.2).",
    ),
    _of(
        "headers-missing",
        "A part without any header is a 400.",
    ),
    _of(
        "headers-ignored",
        "Other headers than Content-Disposition and Content-Type are ignored, and their case is.",
    ),
    _of(
        "headers-twice",
        "Of two headers of a name, the last counts.",
        "Two of Content-Disposition or Content-Type are a 400: which of them counts is not the same for all readers.",
    ),
    _of(
        "headers-length",
        "A Content-Length of a part is ignored.",
        "A part of another length than it says is a 400.",
    ),
    _of(
        "transfer-encoding",
        "A Content-Transfer-Encoding other than `binary` is a 400.",
        "`7bit` and `8bit`, which change nothing either, are none, in any case.",
    ),
    _of(
        "headers-lines",
        "A header has one blank behind its colon; lines that have not, and folded ones, are ignored.",
        "Any blanks or none will do, a folded line goes on, and one without a colon is a 400.",
    ),
    _of(
        "headers-controls",
        "A header may hold NUL, and CR or LF alone.",
        "It is a 400: a bare LF is the end of a line for others.",
    ),
    # What a part is read by.
    _of(
        "data",
        "`get_data` and `data` give the content, again at each call, and what `stream` left of it.",
    ),
    _of(
        "data-too-large",
        "`get_data` of a part that is too large raises once, and gives the beginning of the part when it is called again.",
        "It raises each time: a piece is not to be taken for the whole.",
    ),
    _of(
        "text",
        "`get_text` and `text` give text in the charset of the part, or the default, and None for other types than `text/plain`.",
    ),
    _of(
        "text-malformed",
        "Text that is not in its charset, or has one that is not known, is MultipartParseError.",
    ),
    _of(
        "text-type",
        "The case of `text/plain` counts.",
        "It does not (RFC 9110, 8.3.1).",
    ),
    _of(
        "text-slow",
        "A part may be in `idna` and `punycode`.",
        "They are a 400: what decodes them takes time in proportion to the square of the length.",
    ),
    _of(
        "part-media",
        "`get_media` and `media` give the object by the handler for the part's type, again at each call; one that is not known is a 415.",
    ),
    _of(
        "part-media-data",
        "`get_media` and `get_data` take the content from each other, and a second `get_media` behind an error finds it empty.",
        "Each gives what it would alone, in any order.",
    ),
    _of(
        "part-media-size",
        "`get_media` reads a part of any size.",
        "It reads as much as `get_data`, more is a 413; a handler that takes the stream has no limit.",
    ),
    _of(
        "part-media-handler",
        "A handler of one's own is given the stream and the type, or the content as a file.",
    ),
    _of(
        "part-media-exhaust",
        "What a part's handler with `exhaust_stream` leaves is thrown away.",
        "It is thrown away when the form goes on, as it is of every part.",
    ),
    _of(
        "nested",
        "A form in a form is read by a `MultipartFormHandler` among `media_handlers`.",
    ),
    _of(
        "nested-errors",
        "What is wrong with a form in a form is a 400, as it is with the form.",
    ),
    _of(
        "stream",
        "`stream` has `read`, `readall`, `exhaust`, `pipe` and iteration, one after the other, up to the part's end.",
    ),
    _of(
        "stream-negative",
        "`stream.read` of -2 bytes gives none.",
        "Every negative number stands for all that is left, as in Python's files.",
    ),
    _of(
        "stream-again",
        "To iterate over `stream` a second time is OperationNotAllowed.",
        "It gives what is left, which is nothing at the end.",
    ),
    _of(
        "stream-pipe",
        "`stream.pipe` may do without a target, whose name is `destination`.",
    ),
    _of(
        "stream-reader",
        "`stream` has `peek`, `read_until`, `pipe_until`, `delimit`, `tell`, `eof` and the questions of files.",
        "`BufferedReader(part.stream)` has them, so that a part which is only read costs less.",
    ),
    _of(
        "unread",
        "What is not read of a part is skipped with the next.",
    ),
    _of(
        "late",
        "A part whose turn is over gives bytes of what is behind it; what it gave before it gives again.",
        "It is a RuntimeError to read it then; what it gave before it gives again.",
    ),
    _of(
        "again",
        "A form that is iterated over again goes on where it was, which at its end is a 400.",
        "It is a RuntimeError, so that the parts that are gone are not taken for none.",
    ),
    _of(
        "iterator",
        "An iterator of a form that has given a part goes on with the next in a loop over it.",
    ),
    # Limits.
    _of(
        "limit-status",
        "Beyond `max_body_part_count`, `max_body_part_headers_size` and `max_body_part_buffer_size` is MultipartParseError, a 400.",
        "It is HTTPContentTooLarge, a 413, as the form is well formed.",
    ),
    _of(
        "limit-count",
        "A form has at most `max_body_part_count` parts, 64 by default; 0 is no limit.",
    ),
    _of(
        "limit-count-negative",
        "A negative number of parts is no limit.",
        "It is a ValueError in `MultipartParseOptions(...)`; set later, no part is allowed.",
    ),
    _of(
        "limit-buffer",
        "`get_data` and `get_text` read at most `max_body_part_buffer_size` bytes, 1 MiB by default; `stream` reads any number.",
    ),
    _of(
        "limit-headers",
        "The headers of a part have at most `max_body_part_headers_size` bytes, 8,192 by default, without the last line's end.",
        "The last line's end counts as all others do.",
    ),
    _of(
        "limit-headers-count",
        "A part has any number of headers.",
        "It has at most 16: RFC 7578, 4.8 knows three.",
    ),
    _of(
        "limit-body",
        "A form has any size.",
        "It has at most `max_body_size` bytes, 1 GiB by default, so that one request does not fill a disk.",
    ),
    _of(
        "options",
        "`MultipartParseOptions()` has the defaults, which are set as attributes.",
    ),
]
