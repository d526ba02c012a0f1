import pytest

import falconws.core as falcon
from falconws import media


def test_every_public_name_is_there() -> None:
    missing = [name for name in falcon.__all__ if not hasattr(falcon, name)]
    assert missing == []
    assert len(falcon.__all__) == len(set(falcon.__all__))


def test_names_are_where_a_program_for_falcon_looks_for_them() -> None:
    assert falcon.asgi.App is falcon.App
    assert falcon.asgi.Request is falcon.Request
    assert falcon.asgi.Response is falcon.Response
    assert falcon.asgi.BoundedStream is falcon.BoundedStream
    assert falcon.media is media
    assert falcon.HTTP_200 == "200 OK"
    assert falcon.MEDIA_JSON == "application/json"
    assert falcon.uri.decode("a%20b") == "a b"


@pytest.mark.parametrize("name", ["NoSuchThing", "_NoSuchThing", "__wrapped__"])
def test_a_name_that_is_nowhere_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"'falconws.core' has no .*'{name}'"):
        getattr(falcon, name)
    with pytest.raises(AttributeError, match=name):
        getattr(falcon.asgi, name)
