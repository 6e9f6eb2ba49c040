import pytest

from manifests.errors import ManifestLimitError, PlaylistSyntaxError
from manifests.hls.lexer import Limits
from manifests.hls.variables import Variables, query_of


def test_a_36_variables_are_defined_and_resolved() -> None:
    variables = Variables(query={"token": "a/b"}, imports={"show": "cup"})
    variables.define('NAME="host",VALUE="https://cdn.example"', line=1)
    variables.define('QUERYPARAM="token"', line=2)
    variables.define('IMPORT="show"', line=3)
    variables.define('NAME="root",VALUE="{$host}/{$show}"', line=4)
    assert variables.resolve("{$root}/1.ts?t={$token}", line=5) == (
        "https://cdn.example/cup/1.ts?t=a/b"
    )
    assert variables.pairs == (
        ("host", "https://cdn.example"),
        ("token", "a/b"),
        ("show", "cup"),
        ("root", "https://cdn.example/cup"),
    )


def test_a_value_that_looks_like_a_reference_is_not_resolved_again() -> None:
    variables = Variables({"a": "{$b}"}.items())
    assert variables.resolve("{$a}", line=1) == "{$b}"


def test_what_only_resembles_a_reference_stays() -> None:
    assert Variables().resolve("{$} {$a b} {a} $a {$é}", line=1) == "{$} {$a b} {a} $a {$é}"


@pytest.mark.parametrize(
    ("define", "reason"),
    {
        "no kind": ('VALUE="1"', "needs"),
        "two kinds": ('NAME="b",IMPORT="b",VALUE="1"', "needs"),
        "twice": ('NAME="a",VALUE="1"', "defined twice"),
        "no value": ('NAME="b"', "no value"),
        "odd name": ('NAME="b c",VALUE="1"', "not a name"),
        "not to be imported": ('IMPORT="b"', "not there"),
        "not in the query": ('QUERYPARAM="b"', "not there"),
        "unknown reference": ('NAME="b",VALUE="{$c}"', "unknown variable c"),
        "quote in a parameter": ('QUERYPARAM="quote"', "quote or control"),
        "line break in a parameter": ('QUERYPARAM="lines"', "quote or control"),
    }.values(),
)
def test_a_36_a_definition_that_defines_nothing_is_an_error(define: str, reason: str) -> None:
    query = {"quote": 'a",URI="http://evil', "lines": "a\n#EXT-X-ENDLIST"}
    variables = Variables({"a": "1"}.items(), query=query, imports={})
    with pytest.raises(PlaylistSyntaxError, match=f"line 9: .*{reason}"):
        variables.define(define, line=9)


def test_a_multivariant_playlist_has_nothing_to_import_from() -> None:
    with pytest.raises(PlaylistSyntaxError, match="IMPORT in a multivariant"):
        Variables().define('IMPORT="a"', line=1)


def test_a_36_an_unknown_variable_is_an_error_not_an_empty_text() -> None:
    with pytest.raises(PlaylistSyntaxError, match="line 4: unknown variable a"):
        Variables().resolve("x{$a}y", line=4)


def test_threat_12_a_value_cannot_add_an_attribute() -> None:
    variables = Variables({"a": "1,URI=x", "b": "2"}.items())
    assert variables.read_attributes('V="{$a}",W={$b}', line=1) == (("V", '"1,URI=x"'), ("W", "2"))
    with pytest.raises(PlaylistSyntaxError, match="line 1: attribute V must be quoted"):
        variables.read_attributes("V={$a}", line=1)


def test_variables_cannot_make_a_small_playlist_a_large_one() -> None:
    variables = Variables({"a": "x" * 10}.items(), limits=Limits(line_length=40, size_bytes=70))
    with pytest.raises(ManifestLimitError, match="line 1: variables make it too long"):
        variables.resolve("{$a}" * 5, line=1)
    variables.resolve("{$a}", line=2)
    variables.resolve("{$a}", line=3)
    with pytest.raises(ManifestLimitError, match=r"line 4: .*too large"):
        variables.resolve("{$a}", line=4)


def test_the_query_of_a_url_is_decoded_and_its_first_values_count() -> None:
    assert query_of("https://o.example/?a=1%2F2&b=&a=3#c=4") == {"a": "1/2", "b": ""}
    assert query_of("https://o.example/") == {}
    assert query_of("http://[::1/?a=1") == {}
