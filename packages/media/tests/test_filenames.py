import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.media.filenames import secure_filename


@pytest.mark.parametrize(
    ("name", "secure"),
    [
        ("a-b_c.TXT", "a-b_c.TXT"),
        ("a b\0\n.txt", "a_b__.txt"),
        (".bashrc", "_bashrc"),
        ("..", "_."),
        ("…", "_.."),  # NFKD makes three dots of it.
        ("../../etc/passwd", "_._.._etc_passwd"),
        ("C:\\x", "C__x"),
        ("Zoë ½ ﬁ.txt", "Zoe__1_2_fi.txt"),
        ("日本.png", "__.png"),
    ],
)
def test_a_name_is_made_safe_to_store_a_file_under(name: str, secure: str) -> None:
    assert secure_filename(name) == secure


@given(st.text(min_size=1), st.none() | st.integers(1, 12))
def test_whatever_a_name_is_what_is_left_stays_in_its_directory(
    name: str, length: int | None
) -> None:
    secure = secure_filename(name, length)
    assert re.fullmatch(r"[0-9A-Za-z_-][0-9A-Za-z._-]*", secure)
    assert length is None or len(secure) <= length


@pytest.mark.parametrize("length", [None, 0, 8, 9])
def test_a_name_within_the_limit_is_kept(length: int | None) -> None:
    assert secure_filename("a.tar.gz", length) == "a.tar.gz"


@pytest.mark.parametrize(
    ("name", "length", "cut"),
    [
        ("a.tar.gz", 7, "a.ta.gz"),
        ("a.tar.gz", 4, "a.gz"),
        ("a.tar.gz", 3, "a.t"),
        ("abcdef", 4, "abcd"),
    ],
)
def test_a_long_name_keeps_its_ending_where_that_fits(
    name: str, length: int, cut: str
) -> None:
    assert secure_filename(name, length) == cut


def test_an_empty_name_and_a_negative_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="choose one yourself"):
        secure_filename("")
    with pytest.raises(ValueError, match="None or a positive int, not -1"):
        secure_filename("a", -1)
