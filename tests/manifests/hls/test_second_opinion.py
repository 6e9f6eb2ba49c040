"""The `m3u8` library reads the same values from the same files, where it can read them."""

from decimal import Decimal
from pathlib import Path

import m3u8
import pytest

from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from manifests.timing import read_date_time

CASES = sorted((Path(__file__).parents[2] / "cases" / "manifests").glob("*.m3u8"))
URL = "https://o.example/live/a/index.m3u8"
CANNOT = {
    "variables": "it has no variables",
    "multivariant-sessions-and-variables": "it has no variables",
    "unicode-line-separators-in-uris": "it splits at line separators",
}
MULTIVARIANT = [p for p in CASES if p.stem.startswith("multivariant") and p.stem not in CANNOT]
MEDIA = [p for p in CASES if not p.stem.startswith("multivariant") and p.stem not in CANNOT]


@pytest.mark.parametrize("path", MULTIVARIANT, ids=lambda path: path.stem)
def test_multivariant_playlists_are_read_alike(path: Path) -> None:
    text = path.read_text()
    ours, theirs = read_multivariant_playlist(text, url=URL), m3u8.loads(text, uri=URL)
    assert ours.version == (theirs.version or 1)
    variants = [v for v in ours.variants if not v.iframe]
    assert len(variants) == len(theirs.playlists)
    for variant, playlist in zip(variants, theirs.playlists, strict=True):
        info = playlist.stream_info
        assert variant.uri == playlist.absolute_uri
        assert variant.bandwidth == info.bandwidth
        assert variant.average_bandwidth == info.average_bandwidth
        assert ",".join(variant.codecs) == (info.codecs or "")
        assert variant.resolution == info.resolution
        assert (variant.frame_rate and float(variant.frame_rate)) == info.frame_rate
        assert (variant.audio, variant.subtitles) == (info.audio, info.subtitles)
        assert variant.pathway_id == info.pathway_id
    iframes = [v.uri for v in ours.variants if v.iframe]
    assert iframes == [p.absolute_uri for p in theirs.iframe_playlists]
    assert [
        (r.type, r.group_id, r.name, r.language, r.channels, r.uri) for r in ours.renditions
    ] == [
        (m.type, m.group_id, m.name, m.language, m.channels, m.uri and m.absolute_uri)
        for m in theirs.media
    ]


@pytest.mark.parametrize("path", MEDIA, ids=lambda path: path.stem)
def test_media_playlists_are_read_alike(path: Path) -> None:
    text = path.read_bytes().decode()
    ours, theirs = read_media_playlist(text, url=URL), m3u8.loads(text, uri=URL)
    assert ours.target_duration == theirs.target_duration
    assert ours.ended == theirs.is_endlist
    assert ours.iframes_only == theirs.is_i_frames_only
    assert ours.independent_segments == theirs.is_independent_segments
    assert (ours.playlist_type or "") == (theirs.playlist_type or "").upper()
    assert ours.media_sequence == theirs.media_sequence
    segments = [s for s in theirs.segments if s.uri]  # it makes a segment of parts, too
    assert len(ours.segments) == len(segments)
    for segment, other in zip(ours.segments, segments, strict=True):
        assert segment.uri == other.absolute_uri
        assert segment.duration == Decimal(str(other.duration))
        assert segment.discontinuity == other.discontinuity
        assert segment.gap == bool(other.gap_tag)
        if other.byterange and "@" in other.byterange:
            assert segment.byterange is not None
            written = f"{segment.byterange.length}@{segment.byterange.offset}"
            assert written == other.byterange
        assert (segment.map and segment.map.uri) == (
            other.init_section and other.init_section.absolute_uri
        )
        if segment.program_date_time is not None:
            theirs_at = read_date_time(other.program_date_time.isoformat())
            assert segment.program_date_time == theirs_at
        if other.key is not None and other.key.uri:
            key = (other.key.method, other.key.absolute_uri, other.key.iv)
            assert key in [(k.method, k.uri, k.iv) for k in segment.keys]
