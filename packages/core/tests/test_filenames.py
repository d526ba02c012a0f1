import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.filenames import content_disposition

CONTROL = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
WRITABLE = st.characters(exclude_categories=["Cs", "Cc"])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("", 'filename=""'),
        ("a b;c.txt", 'filename="a b;c.txt"'),
        ('a"b\\c', 'filename="a\\"b\\\\c"'),
        ("€ a/'.txt", "filename=__a__.txt; filename*=UTF-8''%E2%82%AC%20a%2F%27.txt"),
    ],
)
def test_a_file_name_is_quoted_or_written_in_two_forms(
    name: str, parameters: str
) -> None:
    assert content_disposition("inline", name) == f"inline; {parameters}"


@given(st.text(WRITABLE))
def test_a_file_name_can_be_read_from_the_header_and_ends_nothing(name: str) -> None:
    value = content_disposition("attachment", name)
    quoted = re.fullmatch(r'attachment; filename="((?:[^"\\]|\\.)*)"', value)
    extended = re.fullmatch(
        r"attachment; filename=[\w.-]+; filename\*=UTF-8''([\w.~%-]+)", value, re.A
    )
    if quoted:
        assert re.sub(r"\\(.)", r"\1", quoted[1]) == name
    else:
        assert extended
        assert unquote(extended[1]) == name


@given(st.text(WRITABLE), st.sampled_from(CONTROL + "\ud800\udfff"), st.text(WRITABLE))
def test_a_file_name_that_could_not_be_sent_is_refused(
    before: str, char: str, after: str
) -> None:
    with pytest.raises(ValueError, match=r"secure_filename\(\) replaces it"):
        content_disposition("attachment", before + char + after)
