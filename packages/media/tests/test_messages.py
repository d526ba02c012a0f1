import pytest

from falconws.media import BinaryBaseHandlerWS, TextBaseHandlerWS


class HalfText(TextBaseHandlerWS):
    pass


class HalfBinary(BinaryBaseHandlerWS):
    pass


@pytest.mark.parametrize(("handler", "payload"), [(HalfText, ""), (HalfBinary, b"")])
def test_a_handler_for_one_direction_says_that_it_does_not_do_the_other(
    handler: type[TextBaseHandlerWS], payload: str
) -> None:
    name = handler.__name__
    with pytest.raises(NotImplementedError, match=f"{name} does not serialize"):
        handler().serialize({})
    with pytest.raises(NotImplementedError, match=f"{name} does not deserialize"):
        handler().deserialize(payload)
