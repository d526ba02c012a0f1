import pytest

from falconws.core import Context


def test_an_attribute_and_a_key_are_the_same() -> None:
    context = Context()
    context.user = "Zoë"
    assert context["user"] == "Zoë"
    context["role"] = "admin"
    assert context.role == "admin"
    assert dict(context) == {"user": "Zoë", "role": "admin"}
    assert len(context) == 2
    del context["user"]
    assert not hasattr(context, "user")
    assert "user" not in context


def test_what_was_never_set_is_missing_under_either() -> None:
    with pytest.raises(AttributeError):
        _ = Context().user
    with pytest.raises(KeyError):
        Context()["user"]


def test_a_copy_has_the_same_data_and_goes_its_own_way() -> None:
    context = Context()
    context.user = "Zoë"
    copied = context.copy()
    assert copied == context
    copied.user = "Ann"
    assert context.user == "Zoë"


def test_a_name_that_is_not_there_may_be_removed() -> None:
    context = Context()
    context.user = "Zoë"
    assert context.pop("user") == "Zoë"
    assert context.pop("user") is None
    assert context.pop("user", "Ann") == "Ann"


def test_what_was_set_last_is_removed_first() -> None:
    context = Context()
    context.user, context.age = "Zoë", 7
    assert context.popitem() == ("age", 7)
    assert dict(context) == {"user": "Zoë"}


def test_a_context_shows_what_is_in_it() -> None:
    context = Context()
    context.user = "Zoë"
    context.age = 7
    assert repr(context) == "Context(user='Zoë', age=7)"


def test_a_key_may_have_the_name_of_a_mappings_method() -> None:
    context = Context()
    context["items"] = ["milk"]
    assert context["items"] == ["milk"]
    assert repr(context) == "Context(items=['milk'])"
