"""From a show's playlists to its ladder; A-52 to A-55, G-05."""

import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_samples import (
    AAC_48K,
    EVERY_CONTAINER,
    SHARED,
    audio_source,
    beeps,
    make_file,
    rung,
    video_source,
    video_spec,
)

from manifests.hls.model import (
    Key,
    Map,
    MediaPlaylist,
    MultivariantPlaylist,
    Rendition,
    Segment,
    Variant,
)
from packager.packaging.encode import EncodedRendition, encode_ladder
from packager.packaging.ladder import (
    TS_ORIGIN,
    AudioSpec,
    Ladder,
    Rung,
    Unmatched,
    VideoSpec,
    rung_from_json,
    rung_to_json,
    whole_segment,
)
from packager.packaging.probe import Probe, derive_ladder, media_playlist_uris, read_probe
from packager.packaging.read_streams import h264_profile
from packager.packaging.streams import (
    Stream,
    common_rate,
    container_of,
    stream_from_json,
    stream_to_json,
)

AES = Key(method="AES-128", uri="https://o.example/k")


def playlist(url: str, *durations: str, target: int = 2, **state: object) -> MediaPlaylist:
    segments = tuple(
        Segment(uri=f"{url}/{n}", duration=Decimal(text), msn=n, dsn=0, **state)  # type: ignore[arg-type]
        for n, text in enumerate(durations)
    )
    return MediaPlaylist(url=url, header=(), segments=segments, target_duration=target, ended=True)


def variant(uri: str, bandwidth: int = 900_000, **more: object) -> Variant:
    return Variant(uri=uri, attributes=(), bandwidth=bandwidth, **more)  # type: ignore[arg-type]


def rendition(type_: str, uri: str | None, **more: object) -> Rendition:
    return Rendition(type=type_, group_id="g", name="n", uri=uri, attributes=(), **more)  # type: ignore[arg-type]


def multivariant(variants: list[Variant], renditions: list[Rendition]) -> MultivariantPlaylist:
    return MultivariantPlaylist(
        url="https://o.example/", lines=(), variants=tuple(variants), renditions=tuple(renditions)
    )


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], EncodedRendition]:
    sound = audio_source(beeps(3, at=()))
    out = tmp_path_factory.mktemp("content")
    made = encode_ladder(video_source(50), sound, EVERY_CONTAINER, out)
    return {(r.rung.kind, r.rung.container): r for r in made}


def probe_of(made: EncodedRendition, uri: str, duration: str = "1.000") -> Probe:
    init = (made.folder / made.init).read_bytes() if made.init else b""
    media = (made.folder / made.segments[0].name).read_bytes()
    listed = playlist(uri, duration, duration, "0.400")
    return Probe(playlist=listed, init=init, media=media)


def test_demuxed_cmaf_gives_video_audio_and_subtitles(
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    """A-54."""
    show = multivariant(
        [
            variant("v", 500_000, audio="g"),
            variant("v", 700_000, audio="h"),
            variant("i", iframe=True),
        ],
        [rendition("AUDIO", "a"), rendition("SUBTITLES", "s"), rendition("CLOSED-CAPTIONS", None)],
    )
    assert media_playlist_uris(show) == ("v", "a", "s")
    probes = [
        probe_of(content["video", "cmaf"], "v"),
        probe_of(content["audio", "cmaf"], "a"),
        probe_of(content["subtitles", "webvtt"], "s", "6.000"),
    ]
    ladder = derive_ladder(show, probes)
    video, audio, subtitles = ladder.entries
    assert isinstance(video, Rung)
    assert isinstance(audio, Rung)
    assert video.video is not None
    assert audio.audio is not None
    assert (video.kind, video.container, video.segment_s, video.frame_grid) == (
        "video",
        "cmaf",
        1,
        25,
    )
    assert (video.video.width, video.video.height, video.video.frame_rate) == (160, 90, 25)
    assert (video.video.profile, video.video.colour) == ("high", (1, 1, 1))
    assert video.video.bitrate == 500_000 * 95 // 100 - audio.audio.bitrate
    assert (audio.audio.sample_rate, audio.audio.channels) == (48_000, 2)
    assert isinstance(subtitles, Rung)
    assert (subtitles.kind, subtitles.segment_s, subtitles.timestamp_origin) == ("subtitles", 1, 0)


def test_transport_streams_stay_muxed_and_share_their_clock(
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    show = multivariant(
        [variant("v"), variant("only-audio", 64_000)],
        [rendition("SUBTITLES", "s"), rendition("AUDIO", "p")],
    )
    probes = [
        probe_of(content["muxed", "ts"], "v"),
        probe_of(content["audio", "ts"], "only-audio"),
        probe_of(content["subtitles", "webvtt"], "s"),
        probe_of(content["audio", "packed-aac"], "p"),
    ]
    entries = derive_ladder(show, probes).entries
    assert [(e.kind, e.container) for e in entries if isinstance(e, Rung)] == [
        ("muxed", "ts"),
        ("audio", "ts"),
        ("subtitles", "webvtt"),
        ("audio", "packed-aac"),
    ]
    assert {e.timestamp_origin for e in entries if isinstance(e, Rung)} == {TS_ORIGIN}


def test_a_show_of_one_media_playlist_is_a_ladder_of_one_rung(
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    probe = probe_of(content["muxed", "cmaf"], "v")
    assert media_playlist_uris(probe.playlist) == ("v",)
    (entry,) = derive_ladder(probe.playlist, [probe]).entries
    assert isinstance(entry, Rung)
    assert entry.kind == "muxed"
    assert entry.video is not None
    assert entry.video.bitrate >= 160 * 90 * 25 // 20  # enough for pictures that move more


def test_a_creative_conditioned_for_a_ladder_has_that_ladder(
    content: dict[tuple[str, str], EncodedRendition], tmp_path: Path
) -> None:
    """A-52, A-53: what comes out looks the same as what was asked for."""
    probe = probe_of(content["muxed", "ts"], "v")
    ladder = derive_ladder(probe.playlist, [probe])
    (made,) = encode_ladder(video_source(60), None, ladder.rungs, tmp_path)
    again = read_probe(probe_of(made, "v"))
    for before, after in zip(read_probe(probe), again, strict=True):
        assert replace(before, bitrate=0) == replace(after, bitrate=0)


LENGTHS = {
    "a usual one": (("4.000", "4.000", "4.000", "1.200"), 4, Fraction(4)),
    "a whole number of frames is meant": (("3.84", "3.84", "0.5"), 4, Fraction(96, 25)),
    "the last one does not count": (("2.0", "0.4"), 2, Fraction(2)),
    "one segment is all there is": (("1.2",), 2, Fraction(6, 5)),
    "longer than the target would round to": (("4.49", "4.49", "4"), 4, Fraction(111, 25)),
}


@pytest.mark.parametrize(("durations", "target", "expected"), LENGTHS.values(), ids=LENGTHS)
def test_segments_are_as_long_as_the_contents(
    durations: tuple[str, ...],
    target: int,
    expected: Fraction,
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    """A-23, A-24."""
    base = probe_of(content["video", "cmaf"], "v")
    probe = replace(base, playlist=playlist("v", *durations, target=target))
    (entry,) = derive_ladder(probe.playlist, [probe]).entries
    assert isinstance(entry, Rung)
    assert entry.segment_s == expected
    assert entry.segment_s < target + Fraction(1, 2)


def other_video(codec: str, **more: object) -> bytes:
    return make_file(frames=10, video_codec=codec, **more)  # type: ignore[arg-type]


def other_audio(codec: str, channels: str = "stereo") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream(codec, rate=48_000)
        stream.layout = channels
        count = stream.layout.nb_channels
        frame = av.AudioFrame.from_ndarray(
            np.zeros((count, 48_000), np.float32), format="fltp", layout=channels
        )
        frame.sample_rate = 48_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


X264 = "libx264"
UNMATCHED = {
    "HEVC": (
        lambda: other_video("libx265", options={"x265-params": "log-level=0"}),
        "video in hevc",
    ),
    "ten bits": (lambda: other_video(X264, pixel_format="yuv420p10le"), "profile 110"),
    "HDR": (lambda: other_video(X264, colour_transfer=16), "HDR"),
    "AC-3": (lambda: other_audio("ac3"), "audio in ac3"),
    "EC-3": (lambda: other_audio("eac3"), "audio in eac3"),
    "an unknown container": (lambda: b"what is this", "container"),
    "nothing of use": (lambda: b"\0\0\0\x08ftyp", "neither video nor audio"),
}


@pytest.mark.parametrize(("make", "reason"), UNMATCHED.values(), ids=UNMATCHED)
def test_what_cannot_be_matched_says_why(make, reason: str) -> None:  # type: ignore[no-untyped-def]
    """G-05."""
    probe = Probe(playlist=playlist("v", "2.0"), media=make())
    ladder = derive_ladder(probe.playlist, [probe])
    (entry,) = ladder.entries
    assert isinstance(entry, Unmatched)
    assert reason in entry.reason
    assert ladder.rungs == ()


def test_i_frame_and_empty_playlists_and_subtitles_in_mp4_say_why(
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    """A-57; IMSC1 in fMP4 has no writer here."""
    base = probe_of(content["video", "cmaf"], "v")
    iframes = replace(base, playlist=replace(base.playlist, iframes_only=True))
    empty = Probe(playlist=playlist("e"))
    show = multivariant([variant("v"), variant("e")], [rendition("SUBTITLES", "s")])
    entries = derive_ladder(show, [iframes, empty, base]).entries
    assert [entry.reason for entry in entries if isinstance(entry, Unmatched)] == [
        "I-frame playlists cannot be matched",
        "the playlist has no segments",
        "subtitles other than WebVTT cannot be matched",
    ]


def streams(**more: object) -> Stream:
    known = {
        "kind": "video",
        "codec": "h264",
        "width": 640,
        "height": 360,
        "frame_rate": Fraction(25),
        "pixel_format": "yuv420p",
        "profile_idc": 100,
    }
    return Stream(**{**known, **more})  # type: ignore[arg-type]


STRANGE = {
    "4:2:2 in High": (streams(pixel_format="yuv422p"), "pixel format yuv422p"),
    "no frame rate": (streams(frame_rate=None), "size or frame rate"),
    "no size": (streams(width=0), "size or frame rate"),
    "no codec": (streams(codec=""), "an unknown codec"),
    "no channels": (Stream(kind="audio", codec="aac", sample_rate=48_000), "0 channels"),
    "no audio codec": (Stream(kind="audio", codec=""), "an unknown codec"),
}


@pytest.mark.parametrize(("stream", "reason"), STRANGE.values(), ids=STRANGE)
def test_strange_streams_say_why(stream: Stream, reason: str) -> None:
    from packager.packaging.probe import ladder_from_streams

    probe = Probe(playlist=playlist("v", "2.0"), media=b"\0\0\0\x08moof")
    (entry,) = ladder_from_streams(probe.playlist, [probe], [(stream,)]).entries
    assert isinstance(entry, Unmatched)
    assert reason in entry.reason


def encrypted(uri: str, *, cmaf: bool, init: bytes = b"") -> Probe:
    state: dict[str, object] = {"keys": (AES,)}
    if cmaf:
        state["map"] = Map(uri="init")
    return Probe(playlist=playlist(uri, "2.0", "2.0", **state), init=init)


def test_encrypted_content_is_known_by_what_its_multivariant_playlist_tells() -> None:
    """A-37: clear ads in encrypted content must look like it all the same."""
    codecs = ("avc1.4d401f", "mp4a.40.2")
    show = multivariant(
        [
            variant(
                "v", codecs=codecs, resolution=(1280, 720), frame_rate=Decimal("29.970"), audio="g"
            ),
            variant("m", codecs=codecs, resolution=(640, 360), audio="none"),
            variant("h", codecs=("hvc1.1.6.L93",), resolution=(640, 360)),
            variant("pq", codecs=("avc1.64001f",), resolution=(640, 360), video_range="PQ"),
            variant("odd", codecs=("avc1", "wvtt"), resolution=(640, 360)),
            variant("bare"),
        ],
        [
            rendition("AUDIO", "a", channels="6"),
            rendition("SUBTITLES", "s"),
            rendition("AUDIO", "x"),
        ],
    )
    show = replace(
        show, renditions=(*show.renditions[:2], replace(show.renditions[2], group_id="unused"))
    )
    probes = [encrypted(uri, cmaf=uri in "va") for uri in media_playlist_uris(show)]
    video, muxed, hevc, pq, odd, bare, audio, subtitles, unused = derive_ladder(
        show, probes
    ).entries
    assert isinstance(video, Rung)
    assert video.video == VideoSpec(
        width=1280,
        height=720,
        frame_rate=Fraction(30_000, 1001),
        bitrate=video.video.bitrate if video.video else 0,
        profile="main",
        level=31,
    )
    assert (video.kind, video.container) == ("video", "cmaf")
    assert isinstance(muxed, Rung)
    assert (muxed.kind, muxed.container) == ("muxed", "ts")
    assert muxed.video is not None
    assert muxed.video.frame_rate == 30
    assert isinstance(audio, Rung)
    assert audio.audio is not None
    assert (audio.audio.channels, audio.audio.sample_rate) == (6, 48_000)
    reasons = [
        e.reason for e in (hevc, pq, odd, bare, subtitles, unused) if isinstance(e, Unmatched)
    ]
    assert reasons == [
        "video in hevc cannot be matched",
        "HDR video cannot be matched",
        "H.264 profile 0 cannot be matched",
        "its segments have neither video nor audio that can be read",
        "subtitles other than WebVTT cannot be matched",
        "its segments have neither video nor audio that can be read",
    ]


def test_a_clear_init_section_of_encrypted_content_tells_more(
    content: dict[tuple[str, str], EncodedRendition],
) -> None:
    made = content["video", "cmaf"]
    assert made.init is not None
    init = (made.folder / made.init).read_bytes()
    show = multivariant([variant("v", frame_rate=Decimal(50), codecs=("avc1.640028",))], [])
    (entry,) = derive_ladder(show, [encrypted("v", cmaf=True, init=init)]).entries
    assert isinstance(entry, Rung)
    assert entry.video is not None
    assert (entry.video.width, entry.video.frame_rate) == (160, 50)
    probe = encrypted("v", cmaf=True, init=init)
    (entry,) = derive_ladder(probe.playlist, [probe]).entries
    assert isinstance(entry, Unmatched)  # nothing tells its frame rate


CONTAINERS = {
    "cmaf": b"\0\0\0\x18styp",
    "ts": b"\x47" + bytes(187) + b"\x47",
    "webvtt": b"\xef\xbb\xbfWEBVTT\n",
    "packed-aac": b"ID3\4",
}


@pytest.mark.parametrize(("container", "head"), CONTAINERS.items())
def test_containers_are_known_by_their_first_bytes(container: str, head: bytes) -> None:
    assert container_of(head) == container


def test_bare_adts_is_packed_audio_and_an_mp3_is_not() -> None:
    assert container_of(b"\xff\xf1\x50") == "packed-aac"
    assert container_of(b"\xff\xfb\x90") is None
    assert container_of(b"") is None


@pytest.mark.parametrize(
    ("measured", "meant"),
    [
        (Fraction(30_000, 1001), Fraction(30_000, 1001)),
        (Fraction("29.97"), Fraction(30_000, 1001)),
        (Fraction("29.999"), Fraction(30)),
        (Fraction("23.976"), Fraction(24_000, 1001)),
        (Fraction("18.5"), Fraction(37, 2)),
    ],
)
def test_measured_frame_rates_mean_usual_ones(measured: Fraction, meant: Fraction) -> None:
    assert common_rate(measured) == meant


def test_a_profile_is_found_in_either_kind_of_configuration() -> None:
    assert h264_profile(b"\x01\x64\x00\x1f\xff") == (100, 31)
    assert h264_profile(b"\0\0\0\1\x67\x4d\x40\x28\x00") == (77, 40)
    assert h264_profile(b"") == (0, 0)


def test_rungs_and_streams_survive_json() -> None:
    for of in EVERY_CONTAINER:
        assert rung_from_json(rung_to_json(of)) == of
    for stream in (streams(), Stream(kind="audio", codec="aac")):
        assert stream_from_json(stream_to_json(stream)) == stream


def test_keys_differ_where_rungs_do() -> None:
    video = rung("video", "cmaf")
    assert len({of.key for of in EVERY_CONTAINER}) == len(EVERY_CONTAINER)
    assert rung("video", "cmaf", video=video_spec(rate=50)).key != video.key
    assert (
        rung("audio", "cmaf", audio=replace(AAC_48K, channels=1)).key != rung("audio", "cmaf").key
    )
    audio = rung("audio", "cmaf")
    some, other = Ladder((video, audio, video)), Ladder((audio, Unmatched("why"), video))
    assert some.rungs == (video, audio)
    assert some.key == other.key != Ladder((video,)).key


@pytest.mark.parametrize(
    "wrong",
    [
        {"segment_s": Fraction(1, 3)},
        {"segment_s": Fraction(0)},
        {"video": None},
        {"audio": AudioSpec(sample_rate=48_000, channels=2, bitrate=1)},
    ],
)
def test_a_rung_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"frames|agree"):
        replace(rung("video", "cmaf"), **wrong)  # type: ignore[arg-type]


def test_a_segment_is_at_least_a_frame() -> None:
    assert whole_segment(Fraction(1, 100), Fraction(25)) == Fraction(1, 25)
    assert whole_segment(Fraction(2), Fraction(30_000, 1001)) == Fraction(60 * 1001, 30_000)


needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared media are not beside the checkout"
)


@needs_shared
def test_real_ladders_are_matched() -> None:
    def look(folder: str, media: str) -> Probe:
        path = SHARED / folder
        init, segment = (path / "init.mp4").read_bytes(), (path / media).read_bytes()
        return Probe(playlist=playlist(folder, "2", "2", "2"), init=init, media=segment)

    names = [f"testpic-ladder/{name}" for name in ("1080", "720", "360")]
    show = multivariant(
        [variant(name, audio="g") for name in names],
        [
            rendition("AUDIO", "testpic-ladder/A48"),
            rendition("SUBTITLES", "testpic-subs/imsc1_txt_sv"),
        ],
    )
    ladder = derive_ladder(show, [look(uri, "1.m4s") for uri in media_playlist_uris(show)])
    *videos, audio, subtitles = ladder.entries
    sizes = [
        (r.video.width, r.video.height, r.video.level)
        for r in videos
        if isinstance(r, Rung) and r.video
    ]
    assert sizes == [(1920, 1080, 40), (1280, 720, 31), (640, 360, 30)]
    assert isinstance(audio, Rung)
    assert audio.segment_s == 2
    assert subtitles == Unmatched("subtitles other than WebVTT cannot be matched")
    probe = look("wave-25fps/video25fps", "0.m4s")
    (wave,) = derive_ladder(probe.playlist, [probe]).rungs
    assert wave.frame_grid == 25
