import copy
from collections.abc import Callable
from typing import Any

import pytest

from falconws.media import (
    BaseHandler,
    Handlers,
    JSONHandler,
    MessagePackHandler,
    MultipartFormHandler,
    UnsupportedMediaTypeError,
    URLEncodedFormHandler,
)

JSON = "application/json"


def test_json_messagepack_and_forms_are_known_from_the_start() -> None:
    handlers = Handlers()
    assert {media_type: type(handler) for media_type, handler in handlers.items()} == {
        "application/json": JSONHandler,
        "application/msgpack": MessagePackHandler,
        "multipart/form-data": MultipartFormHandler,
        "application/x-www-form-urlencoded": URLEncodedFormHandler,
    }


def test_a_registry_knows_what_it_is_given_and_nothing_else() -> None:
    handlers = Handlers({"text/csv": BaseHandler()})
    assert list(handlers) == ["text/csv"]
    assert not Handlers({})


@pytest.mark.parametrize("content_type", [None, "", "*/*"])
def test_a_body_of_no_named_type_is_of_the_default_type(
    content_type: str | None,
) -> None:
    handlers = Handlers()
    assert (
        handlers.resolve(content_type, "application/msgpack")
        is (handlers["application/msgpack"])
    )


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=UTF-8", "Application/JSON", "application/json;x"],
)
def test_a_type_is_found_in_any_case_and_with_any_parameters(content_type: str) -> None:
    handlers = Handlers()
    assert handlers.resolve(content_type, "text/csv") is handlers[JSON]


def test_of_handlers_for_one_type_the_one_with_the_most_equal_parameters_is_found() -> (
    None
):
    plain, one, two = BaseHandler(), BaseHandler(), BaseHandler()
    handlers = Handlers(
        {
            "text/csv": plain,
            "text/csv; header=present": one,
            "text/csv; header=present; charset=utf-8": two,
        }
    )
    assert handlers.resolve("text/csv; header=absent", JSON) is plain
    assert handlers.resolve("text/csv; a=b; header=present", JSON) is one
    assert handlers.resolve("text/csv; charset=utf-8; header=present", JSON) is two


@pytest.mark.parametrize(
    ("content_type", "found"),
    [
        ("text/csv; header=present", True),
        ("Text/CSV; HEADER=present; a=b", True),
        ("text/csv", True),
        ("text/csv; charset=UTF-8", True),
        ("text/csv; charset=latin-1", False),
        ("text/csv; header=absent; charset=utf-8", False),
        ("text/csv; header=PRESENT", False),
        ("text/*; header=present", False),
    ],
)
def test_a_handler_for_a_parameter_is_not_for_another_value_of_it(
    content_type: str, found: bool
) -> None:
    handler = BaseHandler()
    handlers = Handlers({"text/csv; header=present; charset=utf-8": handler})
    if found:
        assert handlers.resolve(content_type, JSON) is handler
    else:
        with pytest.raises(UnsupportedMediaTypeError):
            handlers.resolve(content_type, JSON)


@pytest.mark.parametrize("content_type", ["text/csv", "json", "application/*", ""])
def test_a_type_without_a_handler_is_named_in_the_error(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError) as caught:
        Handlers().resolve(content_type, content_type)
    assert caught.value.media_type == content_type


def test_types_are_the_clients_to_choose_and_so_not_all_are_remembered() -> None:
    handlers = Handlers()
    for number in list(range(200)) * 2:
        found = handlers.resolve(f"application/json; v={number}", "")
        assert found is handlers[JSON]
        assert 0 < len(handlers._cache) <= 64


def _replace(handlers: Handlers, handler: BaseHandler) -> None:
    handlers[JSON] = handler


def _merge(handlers: Handlers, handler: BaseHandler) -> None:
    handlers |= {JSON: handler}


@pytest.mark.parametrize(
    "change",
    [_replace, lambda handlers, new: handlers.update({JSON: new}), _merge],
    ids=["setitem", "update", "or"],
)
def test_a_replaced_handler_is_not_found_any_more(
    change: Callable[[Handlers, BaseHandler], None],
) -> None:
    handlers, new = Handlers(), BaseHandler()
    handlers.resolve(JSON, JSON)
    change(handlers, new)
    assert handlers.resolve(JSON, JSON) is new


@pytest.mark.parametrize(
    "remove",
    [lambda handlers: handlers.pop(JSON), lambda handlers: handlers.clear()],
    ids=["pop", "clear"],
)
def test_a_removed_handler_is_not_found_any_more(
    remove: Callable[[Handlers], Any],
) -> None:
    handlers = Handlers()
    handlers.resolve(JSON, JSON)
    remove(handlers)
    with pytest.raises(UnsupportedMediaTypeError):
        handlers.resolve(JSON, JSON)


@pytest.mark.parametrize("copied", [Handlers.copy, copy.copy])
def test_a_copy_is_changed_by_itself(copied: Callable[[Handlers], Handlers]) -> None:
    original, new = Handlers(), BaseHandler()
    mine = copied(original)
    assert isinstance(mine, Handlers)
    assert mine == original
    mine[JSON] = new
    assert mine.resolve(JSON, JSON) is new
    assert original.resolve(JSON, JSON) is original[JSON] is not new
