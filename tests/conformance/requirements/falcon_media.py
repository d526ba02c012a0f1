"""What Falcon 4.4 does of media handlers and of schemas; forms are not among it."""

from __future__ import annotations

from ..manifest import Requirement

_API = "https://falcon.readthedocs.io/en/4.4.0/api/media.html"


def _of(id: str, behaviour: str, divergence: str | None = None) -> Requirement:
    return Requirement(f"falcon:media:{id}", _API, behaviour, divergence)


REQUIREMENTS: list[Requirement] = [
    _of(
        "handlers",
        "`Handlers` is a UserDict of what it is given, with a `copy` of its own.",
    ),
    _of(
        "resolve-changes",
        "A handler that is set, replaced or deleted counts from the next request on.",
    ),
    _of(
        "resolve-parameters",
        "A handler is found for its type with any parameters, but for other values of its own.",
    ),
    _of(
        "resolve-best",
        "Of handlers that fit, the first is found, though a later one has more of the parameters.",
        "The one with the most equal parameters is found, in whichever order they were set.",
    ),
    _of(
        "resolve-charset",
        "The value of `charset` is compared in its case.",
        "It is compared in any case (RFC 9110, 8.3.2).",
    ),
    _of(
        "base",
        "A handler that overrides nothing raises NotImplementedError, for bodies and for messages.",
    ),
    _of("json-libraries", "`JSONHandler` takes `dumps` of text or bytes, and `loads`."),
    _of(
        "json-loads",
        "`loads` is given the text of a body.",
        "It is given the bytes, which JSON libraries take, and the fastest without decoding them first.",
    ),
    _of(
        "json-sent",
        "Integers of any size, and keys that are numbers, true, false or null, are sent.",
    ),
    _of(
        "json-unsendable",
        "Bytes, sets, keys that are tuples and lone surrogates are a 500.",
    ),
    _of(
        "json-nan",
        "NaN and Infinity are sent by names that RFC 8259 does not know.",
        "They are sent as null, as JavaScript does it.",
    ),
    _of(
        "json-dates",
        "Dates, times, UUIDs, enumerations and dataclasses are a 500.",
        "They are sent: as ISO 8601, text, their values and objects.",
    ),
    _of(
        "json-message",
        "`JSONHandlerWS` makes text and reads it, with a ValueError for what is no JSON.",
    ),
    _of(
        "messagepack",
        "What `MessagePackHandler` reads and sends are msgpack's objects, extension types among them.",
    ),
    _of(
        "messagepack-malformed",
        "An empty body, and one that is not one object of MessagePack, are two kinds of 400.",
    ),
    _of(
        "messagepack-message",
        "`MessagePackHandlerWS` makes bytes and reads them, with a ValueError for others.",
    ),
    _of(
        "default-positional",
        "The default for an empty body may be the first argument of `get_media`.",
    ),
    _of(
        "default-type",
        "A class is a default as well.",
        "A first argument that is a type is one to make of the body; `default_when_empty=` takes any object.",
    ),
    _of(
        "schema",
        "`validators.jsonschema.validate` lets media through that fits its schemas; 400 and 500 are its errors.",
    ),
    _of(
        "schema-where",
        "The description of the error says what does not fit.",
        "It says where, too.",
    ),
    _of(
        "schema-schema",
        "What is no schema is an error of the first request.",
        "It is an error where the responder is decorated.",
    ),
]
