import errno
import os
import stat
from pathlib import Path

import pytest

from packager.rendering.rendered import Rendered
from packager.rendering.rows import Kept

ONE, TWO = "1" * 64, "2" * 64


def test_what_is_kept_is_found_where_it_belongs(tmp_path: Path) -> None:
    rendered = Rendered(tmp_path)
    rendered.keep(ONE, b"all", private=False)
    rendered.keep(TWO, b"mine", private=True)
    for id, private, data in ((ONE, False, b"all"), (TWO, True, b"mine")):
        path = rendered.find(id, private=private)
        assert path is not None
        assert path.read_bytes() == data
        assert rendered.find(id, private=not private) is None
    private_path = rendered.find(TWO, private=True)
    assert private_path is not None
    assert stat.S_IMODE(private_path.stat().st_mode) == 0o600
    assert stat.S_IMODE(private_path.parent.stat().st_mode) == 0o700
    rendered.remove([Kept(ONE, False, 3), Kept("3" * 64, False, 3)])
    assert rendered.find(ONE, private=False) is None


def test_a_disk_that_is_full_keeps_nothing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = Rendered(tmp_path)

    def replace(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="No space left"):
        rendered.keep(ONE, b"all", private=False)
    assert rendered.find(ONE, private=False) is None
    assert list((tmp_path / "rendered").iterdir()) == []


def test_what_a_crash_left_is_tidied_up(tmp_path: Path) -> None:
    rendered = Rendered(tmp_path)
    for id in (ONE, TWO):
        rendered.keep(id, b"1234", private=False)
    folder = tmp_path / "rendered"
    (folder / TWO).write_bytes(b"")  # the machine lost its power
    (folder / ".draft.0a").write_bytes(b"12")
    (folder / ("4" * 64)).write_bytes(b"of no row")
    expected = [Kept(ONE, False, 4), Kept(TWO, False, 4), Kept("3" * 64, True, 4)]
    assert set(rendered.tidy(expected)) == {TWO, "3" * 64}
    assert [path.name for path in folder.iterdir()] == [ONE]
