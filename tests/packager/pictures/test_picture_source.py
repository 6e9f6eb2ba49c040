"""URLs of pictures: what a viewer says stays in its place (failures.md, threats 1 to 4, 6)."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.pictures.source import MAX_CHARACTERS, read_picture_url

FRIEND = read_picture_url("https://img.example/avatars/{friend}.png?size={size}&k=1")


def url(**facts: object) -> str | None:
    return FRIEND.url(lambda name: facts.get(name))  # type: ignore[arg-type,return-value]


def test_facts_are_encoded_where_they_stand() -> None:
    assert url(friend="Zoë B", size=64) == (
        "https://img.example/avatars/Zo%C3%AB%20B.png?size=64&k=1"
    )
    assert url(friend="a", size="1/2&x=y#z") == (
        "https://img.example/avatars/a.png?size=1%2F2%26x%3Dy%23z&k=1"
    )


def test_without_a_value_no_picture_is_meant() -> None:
    assert url(size=1) is None
    assert url(friend="", size=1) is None


@pytest.mark.parametrize(
    "friend",
    [
        *("../admin", "..", ".", "a/b", "a\\b", "..%2f..", "a%00", "a;b", "a?b", "a#b"),
        *("a\r\nX: y", "a\tb", "\u2028", "\x00", "x" * MAX_CHARACTERS),
    ],
)
def test_what_no_path_should_have_asks_nobody(friend: str) -> None:
    assert url(friend=friend, size=1) == ""


@given(friend=st.text(max_size=80), size=st.text(max_size=80))
def test_whatever_a_viewer_says_host_and_folder_are_the_operators(friend: str, size: str) -> None:
    found = url(friend=friend, size=size)
    if found:
        parts = urlsplit(found)
        assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "img.example", "")
        assert parts.path.startswith("/avatars/")
        assert parts.path.count("/") == 2
        assert found.isascii()
        assert found.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "https://{host}/a.png",
        "https://img.{domain}/a.png",
        "https://img.example:{port}/",
        "https://img.example{x}/a.png",
        "https://{user}@img.example/a.png",
        "//img.example/a.png",
        "file:///etc/passwd",
        "{url}",
        "https://img.example/{a b}.png",
        "https://img.example/{a",
        "https://img.example/a}b",
        "https://img.example/{{a}}",
        "https://img.example/a\nb",
        "https://img.example/ä.png",
        "https://img.example/a#b",
        "https://img.example/" + "a" * MAX_CHARACTERS,
    ],
)
def test_a_host_is_never_spelled_by_a_fact(text: str) -> None:
    with pytest.raises(ValueError, match=r"begins|has|brace|no name"):
        read_picture_url(text)
