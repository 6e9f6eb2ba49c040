"""Slates of any length: whole segments, and one last part that is encoded anew (rule D-53).

That part is for playlists. In an MPD the Period ends where the cut does, in the middle of a segment
of the whole slate (B-03).
"""

from dataclasses import replace
from fractions import Fraction

from packager.packaging.assets import Asset, StoredRendition
from packager.packaging.errors import CreativeFailed
from packager.packaging.ladder import Rung
from packager.packaging.making import Maker, Progress
from packager.packaging.mux_ts import counters_after
from packager.packaging.store import digest_of

_SHORTEST_CUT = Fraction(1, 10)  # seconds


def cut_id(asset: Asset, frames: int) -> str:
    """The id of the creative that shows the first frames of an asset."""
    return digest_of(asset.id, "cut", frames)


def cut_lengths(asset: Asset, frames: int) -> tuple[int, ...]:
    """Split a length into showings of an asset, each at most its own length; all in frames.

    Raises:
        CreativeFailed: It is too short to play.
    """
    loops, rest = divmod(frames, asset.frames)
    shortest = _SHORTEST_CUT * asset.plan.grid
    if loops and 0 < rest < shortest:  # a blink; two parts of about the same length instead
        together = asset.frames + rest
        return (asset.frames,) * (loops - 1) + (together - together // 2, together // 2)
    if not loops and rest < shortest:
        seconds = float(rest / asset.plan.grid)
        raise CreativeFailed(f"{seconds:.3f} s of slate are too short to play")
    return (asset.frames,) * loops + ((rest,) if rest else ())


async def cut(
    maker: Maker, asset: Asset, frames: int, creative_id: str, progress: Progress
) -> Asset:
    """Make an asset of the first frames of another.

    Raises:
        CreativeFailed: The last part does not fit the rest.
        PackagingError: The last part cannot be made.
    """
    plan = asset.plan
    kept = 0  # whole segments
    while plan.border(kept + 1) <= frames:
        kept += 1
    tail = frames - plan.border(kept)
    if kept and 0 < 4 * tail < plan.step:
        kept -= 1  # a very short segment; two of about the same length instead
    first = plan.border(kept)
    renditions = [
        replace(
            r,
            segments=r.segments[:kept],
            template=r.template and r.template.until(frames / plan.grid),
        )
        for r in asset.renditions
    ]
    if tail:
        made = await _encode_tail(maker, asset, kept, first, frames, progress)
        renditions = [
            replace(head, segments=head.segments + made[head.rung].segments) for head in renditions
        ]
    return Asset(
        id=creative_id,
        kind=asset.kind,
        source=asset.source,
        frames=frames,
        renditions=tuple(renditions),
    )


async def _encode_tail(
    maker: Maker, asset: Asset, kept: int, first: int, end: int, progress: Progress
) -> dict[Rung, StoredRendition]:
    """Encode grid frames `first` to `end` of an asset, to follow its first `kept` segments."""
    digests = {
        r.rung: digest_of(maker.rendition_digest(asset.source, r.rung), "part", first, end)
        for r in asset.renditions
    }
    counters = [
        counters_after(maker.folder.segment(r.segments[kept - 1]).read_bytes())
        if kept and r.rung.container == "ts"
        else {}
        for r in asset.renditions
    ]
    part = {"first": first, "end": end, "first_number": kept + 1, "counters": counters}
    with maker.folder.work_folder() as work:
        made = await maker.encode(
            maker.folder.source(asset.source),
            [r.rung for r in asset.renditions],
            digests,
            work,
            progress,
            part=part,
        )
    for whole in asset.renditions:
        before, after = maker.folder.init(whole), maker.folder.init(made[whole.rung])
        if before and after and before.read_bytes() != after.read_bytes():
            raise CreativeFailed("the cut slate needs another init section (G-02)")
    return made
