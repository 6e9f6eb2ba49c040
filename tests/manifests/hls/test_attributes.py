from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import ManifestError, ManifestLimitError, PlaylistSyntaxError
from manifests.hls.attributes import quote, read_attributes, unquote, write_attributes

CASES = {
    "none": ("", ()),
    "one": ("METHOD=NONE", (("METHOD", "NONE"),)),
    "comma inside quotes": ('URI="a,b",N=1', (("URI", '"a,b"'), ("N", "1"))),
    "equals inside quotes": ('URI="a=b&c=d"', (("URI", '"a=b&c=d"'),)),
    "hexadecimal, resolution": ("IV=0x0A,R=1x2", (("IV", "0x0A"), ("R", "1x2"))),
    "empty values": ('A=,B=""', (("A", ""), ("B", '""'))),
    "unknown names": ("X-com.example_foo=1", (("X-com.example_foo", "1"),)),
    "not in alphabetical order": ("B=1,A=2", (("B", "1"), ("A", "2"))),
    "line separators inside quotes": ('A="\u2028\x85"', (("A", '"\u2028\x85"'),)),
}


@pytest.mark.parametrize(("text", "attributes"), CASES.values(), ids=CASES)
def test_attributes_are_read_and_written_back(
    text: str, attributes: tuple[tuple[str, str], ...]
) -> None:
    assert read_attributes(text, line=1) == attributes
    assert write_attributes(attributes) == text


@pytest.mark.parametrize("text", ['A=1, B="2"', ' A = 1 ,\tB= "2" ', 'A=1,B="2",', 'A=1,B="2",  '])
def test_blanks_and_a_comma_at_the_end_are_forgiven(text: str) -> None:
    assert read_attributes(text, line=1) == (("A", "1"), ("B", '"2"'))


@pytest.mark.parametrize(
    "text",
    ["A", "=1", 'A="1', 'A="1"2', 'A=1"2"', ",A=1", "A=1,,B=2", "A=1,A=2", 'A B="1"', '"A"=1'],
)
def test_a_malformed_list_is_an_error_that_names_the_line(text: str) -> None:
    with pytest.raises(PlaylistSyntaxError, match=r"^line 7: ") as caught:
        read_attributes(text, line=7)
    assert caught.value.line == 7


def test_more_attributes_than_the_limit_are_refused() -> None:
    text = ",".join(f"A{n}=1" for n in range(65))
    with pytest.raises(ManifestLimitError):
        read_attributes(text, line=1)
    assert len(read_attributes(text, line=1, limit=65)) == 65


@pytest.mark.parametrize(
    "text", ["A" + " " * 16_000, "A=" + " " * 16_000 + '"', " " * 16_000 + "!"]
)
def test_threat_21_a_long_run_of_blanks_does_not_backtrack(text: str) -> None:
    start = perf_counter()
    for _ in range(100):
        with pytest.raises(PlaylistSyntaxError):
            read_attributes(text, line=1)
    assert perf_counter() - start < 5  # quadratic work needs a second and more, each time


def test_quotes_are_put_on_and_taken_off() -> None:
    assert quote("a b") == '"a b"'
    assert unquote('"a b"') == "a b"
    assert unquote("NONE") == "NONE"
    assert unquote('"') == '"'


@pytest.mark.parametrize("text", ['a"b', "a\nb", "a\rb"])
def test_threat_12_what_would_end_a_quoted_string_is_not_quoted(text: str) -> None:
    with pytest.raises(ValueError, match="quoted string"):
        quote(text)


names = st.from_regex(r"[A-Z][A-Z0-9-]{0,9}", fullmatch=True)
values = st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"])).map(quote)
values |= st.from_regex(r"[A-Za-z0-9.@x-]{0,9}", fullmatch=True)


@given(st.dictionaries(names, values, max_size=9))
def test_what_is_written_is_read_back(attributes: dict[str, str]) -> None:
    text = write_attributes(attributes.items())
    assert read_attributes(text, line=1) == tuple(attributes.items())


@given(st.text(alphabet="AB=,\"' \t\n\r") | st.text())
def test_any_text_is_a_list_or_a_manifest_error(text: str) -> None:
    try:
        attributes = read_attributes(text, line=1)
    except ManifestError:
        return
    assert read_attributes(write_attributes(attributes), line=1) == attributes
