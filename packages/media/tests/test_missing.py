import sys

import pytest

from falconws.media.missing import import_extra


def test_a_library_that_is_there_is_imported() -> None:
    assert import_extra("json", "Tests") is sys.modules["json"]


def test_a_library_that_is_missing_is_an_error_that_names_the_extra() -> None:
    with pytest.raises(RuntimeError) as caught:
        import_extra("no_such_library", "Such payloads")
    assert str(caught.value) == (
        "Such payloads need no_such_library: pip install falconws-media[no_such_library]."
    )
    assert isinstance(caught.value.__cause__, ImportError)
