"""From an MPD to the ladder of its creatives; A-52, B-24, B-25, G-05."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from media_samples import SHARED, audio_source, beeps, rung, video_source, video_spec

from manifests.dash.model import Period
from manifests.dash.reading.reader import read_mpd
from packager.packaging.encode import EncodedRendition, encode_ladder
from packager.packaging.index_mpd import write_mpd
from packager.packaging.ladder import Ladder, Rung, Unmatched, VideoSpec
from packager.packaging.library import MediaLibrary
from packager.packaging.local import read_local_mpd
from packager.packaging.mpd_excerpt import Excerpt
from packager.packaging.mpd_ladder import (
    MpdLadder,
    RepresentationKey,
    key_of,
    match_ladder,
    media_representations,
    mpd_ladder,
    mpd_ladder_from_json,
    mpd_ladder_to_json,
    refusal_of,
)
from packager.packaging.read_streams import read_streams

LARGE, SMALL = rung("video", "cmaf"), rung("video", "cmaf", video=video_spec(96, 54))
AUDIO = rung("audio", "cmaf")
CONTENT = (LARGE, SMALL, AUDIO)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> tuple[EncodedRendition, ...]:
    sound = audio_source(beeps(3, at=()))
    out = tmp_path_factory.mktemp("content")
    made = encode_ladder(video_source(50), sound, CONTENT, out)
    write_mpd(made, out)
    return made


@pytest.fixture(scope="module")
def index(content: tuple[EncodedRendition, ...]) -> Path:
    return content[0].folder.parent / "index.mpd"


def period_of(sets: str) -> Period:
    text = (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"'
        ' profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT60S">'
        f'<Period id="p" start="PT0S">{sets}</Period></MPD>'
    )
    (period,) = read_mpd(text.encode(), url="https://o.example/a/i.mpd").periods
    return period


TEMPLATE = '<SegmentTemplate media="$RepresentationID$/$Number$" timescale="{}" duration="{}"/>'
TWO_SECONDS = TEMPLATE.format(1, 2)


def derived(period: Period, excerpts: dict[RepresentationKey, Excerpt]) -> MpdLadder:
    streams = {key: read_streams(of.init, of.media) for key, of in excerpts.items()}
    return mpd_ladder(period, excerpts, streams)


def rungs_by_id(ladder: MpdLadder, period: Period) -> dict[str, str | None]:
    return {of.id: ladder.rung_of(one, of) for one, of in period.representations()}


def test_an_mpd_gives_the_ladder_that_made_its_media(index: Path) -> None:
    period, excerpts = read_local_mpd(index)
    ladder = derived(period, excerpts)
    rungs = list(ladder.entries.values())
    assert [of.kind for of in rungs if isinstance(of, Rung)] == ["video", "video", "audio"]
    for of, (one, representation), made in zip(
        rungs, media_representations(period).values(), CONTENT, strict=True
    ):
        assert isinstance(of, Rung)
        assert (of.container, of.segment_s, of.frame_grid) == ("cmaf", 1, 25)
        assert of.timestamp_origin == 0
        assert ladder.rung_of(one, representation) == of.key
        if of.video is not None and made.video is not None:
            # The bandwidth of an MPD is of the video alone, with its container.
            room = representation.bandwidth * 95 // 100
            assert replace(of.video, level=0, bitrate=0) == replace(made.video, bitrate=0)
            assert of.video.bitrate == max(room, 100_000)
        if of.audio is not None and made.audio is not None:
            assert of.audio.sample_rate == made.audio.sample_rate
            assert of.audio.channels == made.audio.channels
    assert ladder.covers(period)
    assert ladder.reasons == ()


async def test_a_ladder_is_derived_by_a_worker(index: Path, tmp_path: Path) -> None:
    period, excerpts = read_local_mpd(index)
    library = MediaLibrary(tmp_path)
    assert await library.derive_mpd_ladder(period, excerpts) == derived(period, excerpts)
    await library.aclose()


def test_later_versions_and_other_periods_have_the_same_rungs(index: Path) -> None:
    """What says the same needs the same, whatever its id, set and order are (B-05)."""
    period, excerpts = read_local_mpd(index)
    ladder = derived(period, excerpts)
    other = replace(
        period,
        id="later",
        sets=tuple(
            replace(
                one,
                id=f"x{one.id}",
                representations=tuple(
                    replace(of, id=f"later-{of.id}", bases=("https://elsewhere.example/",))
                    for of in one.representations
                ),
            )
            for one in reversed(period.sets)
        ),
    )
    before = rungs_by_id(ladder, period)
    assert None not in before.values()
    assert rungs_by_id(ladder, other) == {f"later-{name}": key for name, key in before.items()}


def test_languages_need_one_look_and_one_rung() -> None:
    sets = "".join(
        f'<AdaptationSet mimeType="audio/mp4" lang="{language}" codecs="mp4a.40.2">'
        f'{TWO_SECONDS}<Representation id="{language}" bandwidth="96000"/></AdaptationSet>'
        for language in ("sv", "en", "fi")
    )
    assert len(media_representations(period_of(sets))) == 1


MUXED = "avc1.64001f,mp4a.40.2"
REFUSED = {
    "WebM": ('mimeType="video/webm" codecs="vp9"', TWO_SECONDS, "video/webm cannot be matched"),
    "transport streams": ('mimeType="video/mp2t"', TWO_SECONDS, "video/mp2t cannot be matched"),
    "no segments": ('mimeType="video/mp4" codecs="avc1.64001f"', "", "no segments"),
    "HEVC": ('mimeType="video/mp4" codecs="hvc1.1.6.L93.B0"', TWO_SECONDS, "video in hevc"),
    "AV1": ('mimeType="video/mp4" codecs="av01.0.04M.08"', TWO_SECONDS, "video in av1"),
    "AC-3": ('mimeType="audio/mp4" codecs="ac-3"', TWO_SECONDS, "audio in ac3"),
    "muxed": (f'mimeType="video/mp4" codecs="{MUXED}"', TWO_SECONDS, "in one Representation"),
}


@pytest.mark.parametrize(("told", "segments", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_the_mpd_already_says_no_creative_can_be_needs_no_look(
    told: str, segments: str, reason: str
) -> None:
    """G-05."""
    period = period_of(
        f'<AdaptationSet {told}>{segments}<Representation id="1" bandwidth="1"/></AdaptationSet>'
    )
    ((one, representation),) = media_representations(period).values()
    assert reason in refusal_of(representation)
    ladder = mpd_ladder(period, {}, {})
    assert ladder.rung_of(one, representation) is None
    assert [reason in text for text in ladder.reasons] == [True]
    assert not ladder.covers(period)
    assert match_ladder(Ladder(CONTENT), period) is None


def test_what_the_media_say_against_the_mpd_counts(
    content: tuple[EncodedRendition, ...], tmp_path: Path
) -> None:
    (muxed, ts) = encode_ladder(
        video_source(25), None, [rung("muxed", "cmaf"), rung("muxed", "ts")], tmp_path
    )
    period = period_of(
        f'<AdaptationSet mimeType="video/mp4">{TWO_SECONDS}'
        '<Representation id="1" bandwidth="900000"/></AdaptationSet>'
    )
    (key,) = media_representations(period)
    for made, reason in ((muxed, "in one Representation"), (ts, "segments of ts")):
        init = (made.folder / made.init).read_bytes() if made.init else b""
        excerpt = Excerpt(init, (made.folder / made.segments[0].name).read_bytes())
        (said,) = derived(period, {key: excerpt}).reasons
        assert reason in said
    (said,) = derived(period, {key: Excerpt(b"<html></html>")}).reasons
    assert "container" in said


def test_text_pictures_and_trick_modes_are_not_asked_about(index: Path) -> None:
    period, excerpts = read_local_mpd(index)
    ladder = derived(period, excerpts)
    video, audio = period.sets
    trick = replace(video, is_trick_mode=True)
    text, image = replace(video, kind="text"), replace(video, kind="image")
    more = replace(period, sets=(trick, text, video, image, audio))
    assert derived(more, excerpts) == ladder
    assert ladder.rung_of(text, video.representations[0]) is None
    assert derived(replace(period, sets=(trick, text)), {}).entries == {}
    assert match_ladder(Ladder(CONTENT), replace(period, sets=(trick, text))) is None


def test_audio_without_a_rung_is_not_covered(index: Path) -> None:
    """B-24: a creative without sound is none; a second codec that it lacks is no harm."""
    period, excerpts = read_local_mpd(index)
    video, audio = period.sets
    (heard,) = audio.representations
    ac3 = replace(audio, representations=(replace(heard, codecs="ac-3"),))
    silent = replace(period, sets=(video, ac3))
    assert not derived(silent, excerpts).covers(silent)
    both = replace(period, sets=(video, audio, ac3))
    assert derived(both, excerpts).covers(both)


def test_encrypted_content_is_known_by_what_its_mpd_tells() -> None:
    """B-23: clear ads in encrypted content must look like it all the same."""
    protection = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"/>'
    period = period_of(
        f'<AdaptationSet mimeType="video/mp4" frameRate="30000/1001">{protection}{TWO_SECONDS}'
        '<Representation id="v" bandwidth="3000000" codecs="avc1.4d401f" width="1280"'
        ' height="720"/></AdaptationSet>'
        f'<AdaptationSet mimeType="audio/mp4" codecs="mp4a.40.2">{protection}'
        '<AudioChannelConfiguration value="6"'
        ' schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011"/>'
        f'{TWO_SECONDS}<Representation id="a" bandwidth="1" audioSamplingRate="44100"/>'
        "</AdaptationSet>"
    )
    video, audio = mpd_ladder(period, {}, {}).entries.values()
    assert isinstance(video, Rung)
    assert video.video == VideoSpec(
        width=1280,
        height=720,
        frame_rate=Fraction(30_000, 1001),
        bitrate=2_850_000,
        profile="main",
        level=31,
    )
    assert (video.container, video.segment_s) == ("cmaf", Fraction(60 * 1001, 30_000))
    assert isinstance(audio, Rung)
    assert audio.audio is not None
    assert (audio.audio.sample_rate, audio.audio.channels) == (44_100, 6)


def test_a_clear_init_section_of_encrypted_content_tells_more(
    content: tuple[EncodedRendition, ...],
) -> None:
    period = period_of(
        '<AdaptationSet mimeType="video/mp4" frameRate="50" codecs="avc1.4d401f">'
        '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"/>'
        f'{TWO_SECONDS}<Representation id="v" bandwidth="3000000"/></AdaptationSet>'
    )
    (key,) = media_representations(period)
    init = (content[0].folder / "init.mp4").read_bytes()
    (entry,) = derived(period, {key: Excerpt(init)}).entries.values()
    assert isinstance(entry, Rung)
    assert entry.video is not None
    assert (entry.video.width, entry.video.frame_rate, entry.video.profile) == (160, 50, "high")


def timeline(*runs: tuple[int, int]) -> str:
    entries = "".join(f'<S d="{ticks}" r="{count - 1}"/>' for ticks, count in runs)
    return (
        '<SegmentTemplate media="$Time$" timescale="10">'
        f"<SegmentTimeline>{entries}</SegmentTimeline></SegmentTemplate>"
    )


LENGTHS = {
    "a number template": (TEMPLATE.format(90_000, 345_600), Fraction(96, 25)),
    "a timeline with a short end": (timeline((40, 5), (12, 1)), Fraction(4)),
    "one that varies": (timeline((20, 1), (24, 3), (36, 2), (20, 1)), Fraction(12, 5)),
    "a file does not say, then it is the audio": ('<SegmentBase indexRange="0-9"/>', Fraction(1)),
    "one segment for all": (TEMPLATE.format(1, 60), Fraction(10)),
}


@pytest.mark.parametrize(("segments", "expected"), LENGTHS.values(), ids=LENGTHS)
def test_segments_are_as_long_as_the_videos(segments: str, expected: Fraction) -> None:
    protection = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011"/>'
    period = period_of(
        f'<AdaptationSet mimeType="video/mp4" codecs="avc1.64001f" frameRate="25">{protection}'
        f'{segments}<Representation id="v" bandwidth="3000000" width="64" height="36"/>'
        f'</AdaptationSet><AdaptationSet mimeType="audio/mp4" codecs="mp4a.40.2">{protection}'
        f'{TEMPLATE.format(1, 1)}<Representation id="a" bandwidth="1"/></AdaptationSet>'
    )
    video, audio = mpd_ladder(period, {}, {}).ladder.entries
    assert isinstance(video, Rung)
    assert isinstance(audio, Rung)
    assert video.segment_s == audio.segment_s == expected


def test_hls_and_dash_of_a_show_have_one_ladder(index: Path) -> None:
    """One set of media files: the rungs of the playlists are those of the MPD."""
    period, _ = read_local_mpd(index)
    hls = Ladder((AUDIO, Unmatched("HEVC"), rung("muxed", "ts"), SMALL, LARGE))
    ladder = match_ladder(hls, period)
    assert ladder is not None
    assert ladder.ladder is hls
    assert ladder.covers(period)
    assert list(ladder.entries.values()) == [LARGE, SMALL, AUDIO]


def test_of_two_alike_it_is_the_one_with_the_nearest_bit_rate(index: Path) -> None:
    period, _ = read_local_mpd(index)
    first, second = (
        replace(of, bandwidth=bandwidth, width=160, height=90)
        for of, bandwidth in zip(
            period.sets[0].representations, (5_900_000, 3_000_000), strict=True
        )
    )
    video = replace(period.sets[0], representations=(first, second))
    high, low = (
        rung("video", "cmaf", video=replace(video_spec(), bitrate=bitrate))
        for bitrate in (6_100_000, 2_700_000)
    )
    ladder = match_ladder(Ladder((low, high)), replace(period, sets=(video,)))
    assert ladder is not None
    assert ladder.rung_of(video, first) == high.key
    assert ladder.rung_of(video, second) == low.key


def wide(period: Period, **more: object) -> Period:
    """The Period with other words for its first video or its audio."""
    of_audio = bool({"sample_rate", "channels"} & set(more))
    sets = list(period.sets)
    one = sets[of_audio]
    first, *others = one.representations
    sets[of_audio] = replace(one, representations=(replace(first, **more), *others))  # type: ignore[arg-type]
    return replace(period, sets=tuple(sets))


DIFFERENT = {
    "wider": {"width": 176},
    "higher": {"height": 96},
    "no size": {"width": None},
    "another frame rate": {"frame_rate": Fraction(30)},
    "another sample rate": {"sample_rate": 44_100},
    "more channels": {"channels": 6},
    "another codec": {"codecs": "hvc1.1.6.L93.B0"},
    "another container": {"mime_type": "video/webm"},
}


@pytest.mark.parametrize("more", DIFFERENT.values(), ids=DIFFERENT)
def test_a_representation_that_is_no_rung_needs_a_ladder_of_its_own(
    more: dict[str, object], index: Path
) -> None:
    period, _ = read_local_mpd(index)
    assert match_ladder(Ladder(CONTENT), wide(period, **more)) is None


SAME = {
    "an odd width": {"width": 161},
    "a rate that means the same": {"frame_rate": Fraction("25.001")},
    "no rate": {"frame_rate": None},
    "no channels": {"channels": None},
}


@pytest.mark.parametrize("more", SAME.values(), ids=SAME)
def test_what_an_mpd_leaves_open_does_not_speak_against_a_rung(
    more: dict[str, object], index: Path
) -> None:
    period, _ = read_local_mpd(index)
    assert match_ladder(Ladder(CONTENT), wide(period, **more)) is not None


def test_ladders_survive_json(index: Path) -> None:
    period, excerpts = read_local_mpd(index)
    more = wide(period, codecs="hvc1.1.6.L93.B0")
    for ladder in (derived(more, excerpts), match_ladder(Ladder(CONTENT), period)):
        assert ladder is not None
        kept = mpd_ladder_from_json(json.loads(json.dumps(mpd_ladder_to_json(ladder))))
        assert kept.entries == ladder.entries
        assert kept.ladder.key == ladder.ladder.key
        for one, of in more.representations():
            assert kept.rung_of(one, of) == ladder.rung_of(one, of)
            assert key_of(one, of)[0] == one.kind


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared media are not beside the checkout")
@pytest.mark.parametrize(
    ("folder", "manifest", "sizes", "segment_s"),
    [
        ("testpic-ladder", "Manifest.mpd", [(1920, 1080), (1280, 720), (640, 360)], 2),
        ("wave-25fps", "combined.mpd", [(1920, 1080)], 2),
    ],
)
def test_real_mpds_are_matched(
    folder: str, manifest: str, sizes: list[tuple[int, int]], segment_s: int
) -> None:
    period, excerpts = read_local_mpd(SHARED / folder / manifest)
    ladder = derived(period, excerpts)
    assert ladder.covers(period)
    videos = [of.video for of in ladder.ladder.rungs if of.video is not None]
    assert sorted(((v.width, v.height) for v in videos), reverse=True) == sizes
    assert {of.segment_s for of in ladder.ladder.rungs} == {segment_s}
