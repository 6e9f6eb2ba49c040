"""What is not needed any more goes; what is, stays, also when a process needs it again late."""

from fractions import Fraction
from pathlib import Path

import pytest
from media_samples import rung

from packager.packaging.assets import Asset, StoredRendition, StoredSegment
from packager.packaging.keeping import Keeping
from packager.packaging.store import MediaFolder

RUNG = rung("video", "cmaf")


@pytest.fixture
def folder(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media")


def put(folder: MediaFolder, number: int, *, at: float) -> Asset:
    digest = f"{number:032x}"
    rendition = StoredRendition(RUNG, None, (StoredSegment(digest, "1.m4s", Fraction(2)),))
    asset = Asset(id=digest, kind="bumper", source="", frames=50, renditions=(rendition,))
    with folder.work_folder() as work:
        (work / "made").mkdir()
        (work / "made" / "1.m4s").write_bytes(bytes(1000))
        folder.add_rendition(work / "made", digest, rendition)
    folder.add_asset(asset)
    Keeping(folder).touch_all(asset, now=at)
    return asset


def test_what_was_last_needed_before_goes_whole(folder: MediaFolder, tmp_path: Path) -> None:
    old, new = put(folder, 1, at=1000), put(folder, 2, at=5000)
    gone, size_bytes = Keeping(folder).tidy(before=3000)
    assert gone == [old.id]
    assert 1000 <= size_bytes < 2000
    left = {path.name for path in (tmp_path / "media" / "renditions").iterdir()}
    assert left == {new.id}
    assert folder.file(old.id, "1.m4s") is None
    assert folder.file(new.id, "1.m4s") is not None
    assert Keeping(folder).tidy(before=3000) == ([], size_bytes)


def test_a_decision_and_a_request_for_a_file_are_needs(folder: MediaFolder) -> None:
    decided, asked, neither = (put(folder, number, at=1000) for number in (1, 2, 3))
    keeping = Keeping(folder)
    assert keeping.touch(decided.id, now=5000)
    found = folder.file(asked.id, "1.m4s")
    assert found is not None
    keeping.touch_rendition(found.path, now=5000)
    assert keeping.tidy(before=3000)[0] == [neither.id]
    assert not keeping.touch(neither.id, now=5000)


def test_what_another_process_removed_meanwhile_is_no_error(
    folder: MediaFolder, tmp_path: Path
) -> None:
    asset = put(folder, 1, at=1000)
    (tmp_path / "media" / "renditions" / asset.id / "1.m4s").unlink()
    (tmp_path / "media" / "renditions" / asset.id / "index.json").unlink()
    (tmp_path / "media" / "renditions" / asset.id).rmdir()
    assert Keeping(folder).tidy(before=3000)[0] == [asset.id]
    assert Keeping(folder).tidy(before=3000) == ([], 0)
