import json
import pickle

import pytest

from falconws.media import (
    JSONMalformedError,
    PayloadEmptyError,
    PayloadError,
    PayloadMalformedError,
    PayloadTypeError,
    UnsupportedMediaTypeError,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PayloadError("JSON"), "The JSON payload could not be read."),
        (PayloadEmptyError("JSON"), "The JSON payload is empty."),
        (PayloadMalformedError("MessagePack"), "The MessagePack payload is malformed."),
        (
            PayloadMalformedError("MessagePack", "extra data"),
            "The MessagePack payload is malformed: extra data",
        ),
        (
            JSONMalformedError("Expecting value", 7, 2, 3),
            "The JSON payload is malformed: Expecting value: line 2 column 3",
        ),
        (
            JSONMalformedError("Too deeply nested"),
            "The JSON payload is malformed: Too deeply nested",
        ),
        (
            UnsupportedMediaTypeError("text/csv"),
            "No media handler is registered for 'text/csv'.",
        ),
    ],
)
def test_an_error_says_in_a_sentence_what_was_wrong(
    error: PayloadError, sentence: str
) -> None:
    assert str(error) == sentence


def test_a_peers_mistakes_are_one_family_and_text_for_bytes_is_another() -> None:
    for kind in (PayloadEmptyError, PayloadMalformedError, UnsupportedMediaTypeError):
        assert issubclass(kind, PayloadError)
    assert issubclass(PayloadError, ValueError)
    assert issubclass(PayloadTypeError, TypeError)
    assert not issubclass(PayloadTypeError, PayloadError)


def test_malformed_json_is_caught_where_the_standard_librarys_error_is_expected() -> (
    None
):
    with pytest.raises(json.JSONDecodeError) as caught:
        raise JSONMalformedError("Expecting value", 7, 2, 3)
    error = caught.value
    assert (error.msg, error.pos, error.lineno, error.colno) == (
        "Expecting value",
        7,
        2,
        3,
    )
    assert error.doc == ""


@pytest.mark.parametrize(
    "error",
    [
        PayloadEmptyError("JSON"),
        PayloadMalformedError("MessagePack", "extra data"),
        JSONMalformedError("Expecting value", 7, 2, 3),
    ],
)
def test_an_error_reaches_another_process_whole(error: PayloadError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
