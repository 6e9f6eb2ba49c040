"""The media library: once per source and ladder, whole or not at all, whatever dies."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from media_samples import (
    FORMATS,
    Played,
    beeps,
    make_file,
    number_of,
    play,
    rung,
    video_source,
    video_spec,
)

from manifests.creative import Creative
from manifests.hls.model import MediaPlaylist, Segment
from packager.children import WorkerLimits
from packager.packaging.encode import encode_ladder
from packager.packaging.errors import (
    CreativeFailed,
    CreativeRefused,
    LadderUnmatched,
    MediaMissing,
    MediaWriteFailed,
    PackagingError,
    WorkerCrashed,
)
from packager.packaging.ladder import Ladder, Rung, Unmatched
from packager.packaging.library import MediaLibrary, PackagingJob
from packager.packaging.probe import Probe
from packager.packaging.segmentation import nearest
from packager.reasons import Reason

VIDEO, AUDIO, TS = rung("video", "cmaf"), rung("audio", "cmaf"), rung("muxed", "ts")
SUBTITLES = rung("subtitles", "webvtt")
CMAF_LADDER = Ladder((VIDEO, AUDIO, Unmatched("subtitles"), SUBTITLES))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def source() -> bytes:
    return make_file(frames=60, samples=beeps(2.4, at=(0.5,)))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[MediaLibrary]:
    opened = MediaLibrary(tmp_path / "media")
    yield opened
    await opened.aclose()


def worker(script: str) -> tuple[str, ...]:
    """A worker that is a short script; `out` says a line of its answer."""
    prelude = "import json, os, sys; job = json.loads(sys.stdin.read())\n"
    prelude += "def out(x): print(json.dumps(x), flush=True)\n"
    return (sys.executable, "-c", prelude + script)


def files_of(library: MediaLibrary, creative: Creative, of: Rung) -> list[bytes]:
    """The init section, if any, and the segments, as a player fetches them."""
    rendition = creative.renditions[of.key]
    uris = [segment.uri for segment in rendition.segments]
    data = []
    for uri in [rendition.init_uri, *uris] if rendition.init_uri else uris:
        _, prefix, digest, name = uri.split("/")
        assert prefix == "tm"
        file = library.file(digest, name)
        assert file is not None
        data.append(file.path.read_bytes())
    return data


def play_creative(library: MediaLibrary, creative: Creative, of: Rung) -> dict[str, Played]:
    return play(b"".join(files_of(library, creative, of)), FORMATS[of.container])


async def test_a_creative_is_packaged_for_every_rung(library: MediaLibrary, source: bytes) -> None:
    told: list[float] = []
    seen: list[tuple[PackagingJob, ...]] = []

    def progress(share: float) -> None:
        told.append(share)
        seen.append(library.jobs)

    creative = await library.condition(source, CMAF_LADDER, progress=progress)
    assert told == sorted(told)
    assert told[-1] == 1
    assert [job.id for job in seen[-1]] == [creative.id]
    assert seen[-1][0].share == 1
    assert library.jobs == ()
    assert (creative.kind, creative.duration) == ("ad", Decimal("2.4"))
    assert set(creative.renditions) == {VIDEO.key, AUDIO.key, SUBTITLES.key}
    assert library.get(creative.id) is creative
    tracks = play_creative(library, creative, VIDEO)
    assert [number_of(level) for level in tracks["video"].levels] == list(range(60))
    durations = [segment.duration for segment in creative.renditions[VIDEO.key].segments]
    assert durations == [Decimal(1), Decimal("0.72"), Decimal("0.68")]
    assert sum(s.duration for s in creative.renditions[AUDIO.key].segments) == pytest.approx(
        creative.duration, abs=Decimal("0.0107")
    )
    assert len(creative.renditions[SUBTITLES.key].segments) == 3


async def test_asking_again_packages_nothing(library: MediaLibrary, source: bytes) -> None:
    ladder = Ladder((VIDEO,))
    first, second = await asyncio.gather(
        library.condition(source, ladder), library.condition(source, ladder)
    )
    assert first is second
    told: list[float] = []
    assert await library.condition(source, ladder, progress=told.append) is first
    assert told == []


async def test_a_rung_of_another_ladder_is_made_once(
    library: MediaLibrary, source: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "source.mp4"
    path.write_bytes(source)
    small = await library.condition(path, Ladder((VIDEO,)))
    both = await library.condition(source, Ladder((VIDEO, AUDIO)))
    bumper = await library.condition(source, Ladder((VIDEO,)), kind="bumper")
    assert small.renditions[VIDEO.key] == both.renditions[VIDEO.key] == bumper.renditions[VIDEO.key]
    assert len({small.id, both.id, bumper.id}) == 3
    assert bumper.kind == "bumper"


async def test_a_restart_keeps_everything_and_removes_what_was_half_made(
    tmp_path: Path, source: bytes
) -> None:
    folder = tmp_path / "media"
    first = MediaLibrary(folder)
    creative = await first.condition(source, Ladder((TS,)), kind="slate")
    left = folder / "work" / "half"
    left.mkdir()
    (left / "1.ts").write_bytes(b"half")
    beside = MediaLibrary(folder)
    assert left.exists()  # the first one lives: it may be its work
    await first.aclose()
    await beside.aclose()
    (folder / "assets" / "broken.json").write_text("{")
    (folder / "assets" / "later.json").write_text(json.dumps({"version": 99}))
    second = MediaLibrary(folder, uri_prefix="https://cdn.example/tm/")
    assert not left.exists()
    kept = second.get(creative.id)
    assert kept is not None
    assert (kept.duration, kept.kind) == (creative.duration, "slate")
    (uri, *_) = [segment.uri for segment in kept.renditions[TS.key].segments]
    assert uri == "https://cdn.example" + creative.renditions[TS.key].segments[0].uri
    assert await second.condition(source, Ladder((TS,)), kind="slate") is kept
    await second.aclose()


async def test_two_processes_may_make_the_same(tmp_path: Path, source: bytes) -> None:
    libraries = [MediaLibrary(tmp_path), MediaLibrary(tmp_path)]
    first, second = await asyncio.gather(
        *(library.condition(source, Ladder((VIDEO,))) for library in libraries)
    )
    assert first == second
    for library in libraries:
        assert play_creative(library, first, VIDEO)["video"].levels
        await library.aclose()


CUTS = {
    "a border": (Fraction(1), VIDEO, [25], [25]),
    "in the first segment": (Fraction(1, 2), VIDEO, [13], [13]),
    "in a later segment": (Fraction(8, 5), VIDEO, [40], [25, 15]),
    "just past a border": (Fraction(27, 25), VIDEO, [27], [14, 13]),
    "once and a part": (Fraction(4), VIDEO, [60, 40], [25, 18, 17]),
    "exactly twice": (Fraction(24, 5), VIDEO, [60, 60], [25, 18, 17]),
    "once and a blink": (Fraction(61, 25), VIDEO, [31, 30], [16, 15]),
    "muxed in a transport stream": (Fraction(8, 5), TS, [40], [25, 15]),
}


@pytest.mark.parametrize(("seconds", "of", "frames", "first"), CUTS.values(), ids=CUTS)
async def test_slate_is_cut_to_an_exact_remainder(
    seconds: Fraction,
    of: Rung,
    frames: list[int],
    first: list[int],
    library: MediaLibrary,
    source: bytes,
) -> None:
    """D-53: to the frame; the segments before the last are the slate's own."""
    slate = await library.condition(source, Ladder((of,)), kind="slate")
    cuts = await library.cut(slate, seconds)
    assert [creative.duration * 25 for creative in cuts] == frames
    assert sum(frames) == nearest(seconds * 25)
    for creative, count in zip(cuts, frames, strict=True):
        assert creative.kind == "slate"
        played = play_creative(library, creative, of)
        assert [number_of(level) for level in played["video"].levels] == list(range(count))
        start = played["video"].times[0]
        assert played["video"].times == [start + Fraction(n, 25) for n in range(count)]
        if of is TS:
            assert abs(played["audio"].end - start - Fraction(count, 25)) <= Fraction(512, 48_000)
    shown = [s.duration * 25 for s in cuts[0].renditions[of.key].segments]
    assert shown == first
    whole = slate.renditions[of.key]
    for made, own in zip(cuts[0].renditions[of.key].segments[:-1], whole.segments, strict=False):
        assert made == own or (len(first) == 2 and first[0] in (14, 16))
    assert cuts[0].renditions[of.key].init_uri == whole.init_uri


async def test_a_cut_is_made_once_and_survives_a_restart(tmp_path: Path, source: bytes) -> None:
    library = MediaLibrary(tmp_path)
    slate = await library.condition(source, Ladder((VIDEO, AUDIO)), kind="slate")
    assert library.cut_if_ready(slate, Decimal("1.6")) is None
    (cut,) = await library.cut(slate, Decimal("1.6"))
    assert library.cut_if_ready(slate, Fraction(8, 5)) is cut
    assert await library.cut(slate, Decimal("1.6")) == (cut,)
    await library.aclose()
    again = MediaLibrary(tmp_path)
    assert again.get(cut.id) == cut
    await again.aclose()


async def test_a_slate_of_a_blink_is_refused(library: MediaLibrary, source: bytes) -> None:
    slate = await library.condition(source, Ladder((VIDEO,)), kind="slate")
    with pytest.raises(CreativeFailed, match="too short"):
        await library.cut(slate, Decimal("0.08"))


async def test_a_cut_that_needs_another_init_section_is_refused(
    library: MediaLibrary, source: bytes
) -> None:
    """G-02: one MAP stands before all segments of a creative."""
    slate = await library.condition(source, Ladder((VIDEO,)), kind="slate")
    uri = slate.renditions[VIDEO.key].init_uri
    assert uri is not None
    file = library.file(*uri.split("/")[2:])
    assert file is not None
    file.path.write_bytes(b"other")
    with pytest.raises(CreativeFailed, match="another init section"):
        await library.cut(slate, Fraction(1, 2))


async def test_what_is_refused_is_refused_again_without_a_worker(library: MediaLibrary) -> None:
    for _ in range(2):
        with pytest.raises(CreativeRefused, match="HTML") as refused:
            await library.condition(b"<html></html>", CMAF_LADDER)
        assert refused.value.reason == Reason.CREATIVE_REFUSED
        library._command = worker("os.abort()")  # the second time it would not come back


CRASHES = {
    "it aborts": ("print('bad thing', file=sys.stderr, flush=True); os.abort()", "-6: bad thing"),
    "it ends without a word": ("sys.exit(3)", "ended with 3"),
    "it hangs": ("import time; out({'progress': 0.5}); time.sleep(60)", "more than 1 s"),
}


@pytest.mark.parametrize(("script", "reason"), CRASHES.values(), ids=CRASHES)
async def test_a_source_that_kills_two_workers_is_given_up(
    script: str, reason: str, tmp_path: Path
) -> None:
    """Failure 19, threat 20: the parent lives, and a poison job ends."""
    log = tmp_path / "started"
    script = f"open({str(log)!r}, 'a').write('x')\n" + script
    library = MediaLibrary(
        tmp_path / "media", command=worker(script), limits=WorkerLimits(timeout_s=1)
    )
    for _ in range(2):
        with pytest.raises(WorkerCrashed, match=reason) as crashed:
            await library.condition(b"poison", CMAF_LADDER)
        assert crashed.value.reason == Reason.WORKER_CRASHED
        assert log.read_text() == "xx"
    assert list((tmp_path / "media" / "work").iterdir()) == []
    await library.aclose()


async def test_a_worker_that_dies_once_is_forgiven(tmp_path: Path, source: bytes) -> None:
    flag = tmp_path / "died"
    script = f"""
if not os.path.exists({str(flag)!r}):
    open({str(flag)!r}, "w").close()
    os.abort()
import io
from packager.packaging import worker
sys.stdin = io.StringIO(json.dumps(job))
worker.main()
"""
    library = MediaLibrary(tmp_path / "media", command=worker(script))
    creative = await library.condition(source, Ladder((VIDEO,)))
    assert creative.duration == Decimal("2.4")
    await library.aclose()


ANSWERS = {
    "no PyAV": (
        {"error": "MediaMissing", "text": ""},
        MediaMissing,
        r"pip install 'weft\[media\]'",
    ),
    "no room": ({"error": "MediaWriteFailed", "text": "full"}, MediaWriteFailed, "full"),
    "something else": ({"error": "Odd", "text": "odd"}, PackagingError, "odd"),
}


@pytest.mark.parametrize(("answer", "error", "text"), ANSWERS.values(), ids=ANSWERS)
async def test_what_a_worker_says_reaches_the_caller(
    answer: dict[str, str], error: type[PackagingError], text: str, tmp_path: Path
) -> None:
    library = MediaLibrary(tmp_path, command=worker(f"out({answer!r})"))
    with pytest.raises(error, match=text) as raised:
        await library.condition(b"", CMAF_LADDER)
    assert type(raised.value) is error
    await library.aclose()


async def test_a_worker_has_less_of_everything(tmp_path: Path) -> None:
    """Threat 20: niced, limited in memory and time, and a huge picture cannot use more."""
    script = """
import resource
from packager.children import be_modest, set_limit
be_modest(job["memory_bytes"])
set_limit(resource.RLIMIT_CPU, job["cpu_s"])
kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
limits = [resource.getrlimit(kind)[0] for kind in kinds]
out({"error": "CreativeFailed", "text": json.dumps([os.nice(0), *limits])})
"""
    limits = WorkerLimits(timeout_s=5, memory_bytes=2 * 1024**3)
    library = MediaLibrary(tmp_path, command=worker(script), limits=limits)
    with pytest.raises(CreativeFailed) as said:
        await library.condition(b"", CMAF_LADDER)
    nice, memory, cpu, core = json.loads(str(said.value))
    assert nice >= 10
    assert (memory, core) == (2 * 1024**3, 0)
    assert 5 < cpu < 5000
    await library.aclose()


async def test_a_folder_that_takes_nothing_is_said_so(
    library: MediaLibrary, source: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failure 33."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(library._folder, "add_rendition", full)
    with pytest.raises(MediaWriteFailed, match="No space") as failed:
        await library.condition(source, Ladder((VIDEO,)))
    assert failed.value.reason == Reason.MEDIA_WRITE_FAILED
    monkeypatch.undo()
    assert await library.condition(source, Ladder((VIDEO,)))  # nothing was held against it


async def test_a_ladder_without_rungs_is_refused(library: MediaLibrary) -> None:
    with pytest.raises(LadderUnmatched):
        await library.condition(b"", Ladder((Unmatched("HEVC"),)))


PATHS = [
    ("..", "passwd"),
    ("../../etc", "1.ts"),
    ("0" * 32, "1.ts"),
    ("{digest}", ".."),
    ("{digest}", "index.json"),
    ("{digest}", "../assets/x.json"),
    ("{digest}", "1.ts/../init.mp4"),
    ("{digest}", "init.mp4\0"),
    ("{digest}", "init.mp4\n"),
    ("{digest}\n", "init.mp4"),
    ("{digest}", "01.m4s"),
    ("{digest}", "9.m4s"),
    ("{digest}", ""),
]


async def test_only_media_files_are_served(library: MediaLibrary, source: bytes) -> None:
    """Threat 6."""
    creative = await library.condition(source, CMAF_LADDER)
    for of, types in (
        (VIDEO, ["video/mp4", "video/iso.segment"]),
        (SUBTITLES, ["text/vtt"]),
    ):
        rendition = creative.renditions[of.key]
        uris = [rendition.init_uri, rendition.segments[0].uri]
        files = [library.file(*uri.split("/")[2:]) for uri in uris if uri]
        assert [file.content_type for file in files if file] == types
    digest = creative.renditions[VIDEO.key].segments[0].uri.split("/")[2]
    for folder, name in PATHS:
        assert library.file(folder.format(digest=digest), name) is None
    assert library.file(digest.upper(), "init.mp4") is None


async def test_a_ladder_is_derived_by_a_worker(library: MediaLibrary, tmp_path: Path) -> None:
    (made,) = encode_ladder(video_source(25), None, [TS], tmp_path)
    segment = Segment(uri="1.ts", duration=Decimal(1), msn=0, dsn=0)
    playlist = MediaPlaylist(url="v", header=(), segments=(segment,), target_duration=1)
    probe = Probe(playlist=playlist, media=(made.folder / "1.ts").read_bytes())
    (entry,) = (await library.derive_ladder(playlist, [probe])).entries
    assert isinstance(entry, Rung)
    assert (entry.kind, entry.container) == ("muxed", "ts")
    assert entry.video is not None
    assert (entry.video.width, entry.video.frame_rate) == (160, 25)


async def test_a_creative_is_as_its_ladder_for_every_frame_rate(library: MediaLibrary) -> None:
    ntsc = Fraction(30_000, 1001)
    of = rung("video", "cmaf", video=video_spec(rate=ntsc), grid=ntsc, segment=Fraction(30) / ntsc)
    creative = await library.condition(make_file(frames=50), Ladder((of,)))
    assert creative.duration == Decimal("2.002")
    durations = [segment.duration for segment in creative.renditions[of.key].segments]
    assert durations == [Decimal("1.001"), Decimal("1.001")]
