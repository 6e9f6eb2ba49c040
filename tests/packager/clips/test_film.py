"""Names of films: equal for what looks and sounds equal, and for nothing else."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from clip_samples import a_film

from packager.clips.film import Film, Media

CHANGES = {
    "name": a_film("Ben"),
    "length": a_film(seconds=Fraction(3)),
    "size": a_film(size=(640, 360)),
    "rate": a_film(fps=Fraction(50)),
    "background": a_film(background="#102031"),
    "film": a_film(background=Media(path=Path("a"), digest="1")),
    "sound": a_film(audio=Media(path=Path("a"), digest="1")),
    "template": a_film(template="another"),
    "picture": a_film(images={"a": b"1"}),
    "another picture": a_film(images={"a": b"2"}),
}


@pytest.mark.parametrize("other", CHANGES.values(), ids=CHANGES)
def test_every_change_gives_another_name(other: Film) -> None:
    assert other.digest() != a_film().digest()
    assert len({one.digest() for one in CHANGES.values()}) == len(CHANGES)


def test_what_looks_equal_has_one_name() -> None:
    """Wherever its files are, and whatever its picture was called."""
    assert a_film().digest() == a_film(folder=Path("/elsewhere")).digest()
    one, two = a_film(images={"a": b"1"}), a_film(images={"b": b"1"})
    assert one.digest() == two.digest()


def test_without_the_key_nobody_can_tell_the_name() -> None:
    names = {a_film().digest(key) for key in (b"", b"k", b"l")}
    assert len(names) == 3


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nb", "a\x00", "x" * 10_000, "💥"])
def test_no_word_of_a_viewer_is_in_a_name_or_path(name: str, tmp_path: Path) -> None:
    film = a_film(name, images={"../evil": b"1"})
    assert set(film.digest()) <= set("0123456789abcdef")
    job = film.job(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["picture-0"]
    assert json.loads(job["data"])["name"] == film.data.data["name"]
