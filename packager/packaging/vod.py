"""A whole VOD presentation from one file: renditions, playlists and an MPD."""

from collections.abc import Callable, Sequence
from pathlib import Path

from packager.packaging.condition import condition
from packager.packaging.index_mpd import write_mpd
from packager.packaging.ladder import Rung
from packager.packaging.playlists import write_playlists
from packager.packaging.settings import ConditionSettings, SourceLimits


def package_vod(
    source: bytes | Path,
    rungs: Sequence[Rung],
    out_dir: Path,
    *,
    settings: ConditionSettings | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Path:
    """Make a presentation in this process, for content whose origin is trusted.

    Args:
        source: A progressive MP4, MOV or WebM file of any length, or its bytes.
        rungs: Of one ladder.
        out_dir: Gets a folder for each rung, the playlists and, of CMAF, `index.mpd`.
        settings: How; by default without a limit of duration.
        progress: Told of the share that is done.

    Returns:
        The multivariant playlist.

    Raises:
        CreativeRefused: The source is not such a file.
        CreativeFailed: It cannot be decoded.
    """
    settings = settings or ConditionSettings(limits=SourceLimits(duration_s=24 * 3600))
    renditions = condition(source, rungs, out_dir, settings=settings, progress=progress)
    write_mpd(renditions, out_dir)
    return write_playlists(renditions, out_dir)
