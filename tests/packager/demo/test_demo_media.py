import json
from fractions import Fraction
from pathlib import Path

import pytest

from packager.demo.media import INDEX, DemoMedia, DemoMediaError, read_index, write_index


def test_an_index_is_read_as_it_was_written(media: DemoMedia) -> None:
    write_index(media, version="7")

    assert read_index(media.folder, version="7") == media


def test_an_index_of_another_version_is_refused(media: DemoMedia) -> None:
    write_index(media, version="7")

    with pytest.raises(DemoMediaError, match="version 7"):
        read_index(media.folder, version="8")


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"version": "7"}'])
def test_a_folder_without_a_whole_index_is_refused(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / INDEX).write_text(text)

    with pytest.raises(DemoMediaError, match="no readable index"):
        read_index(tmp_path, version="7")


def test_an_index_with_an_unknown_field_is_refused(media: DemoMedia) -> None:
    write_index(media, version="7")
    document = json.loads((media.folder / INDEX).read_text())
    document["slate"]["smell"] = "lavender"
    (media.folder / INDEX).write_text(json.dumps(document))

    with pytest.raises(DemoMediaError, match="smell"):
        read_index(media.folder, version="7")


def test_media_tell_what_they_have(media: DemoMedia) -> None:
    assert [item.name for item in media.videos] == ["1080p", "360p"]
    assert media.audio.name == "audio"
    assert media.loop_s == Fraction(8)
    assert media.rendition("4k") is None
    assert media.path(media.slate) == media.folder / "slate.mp4"
