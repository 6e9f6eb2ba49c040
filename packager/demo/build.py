"""Making the demo's media: drawn and encoded once by two processes, then kept in a folder.

Later starts find the folder by the digest of what was drawn and how; a folder that was not finished
has another name, so it is never taken for a whole one.
"""

import hashlib
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from fractions import Fraction
from pathlib import Path
from typing import Any

from overlays import testcard
from packager.demo import content
from packager.demo.boxes import h264_codecs, timescale
from packager.demo.content import AUDIO_BPS, BUMPER, CREATIVES, LADDER, LOOP_RATE, SEGMENT_S, SLATE
from packager.demo.media import (
    Clip,
    DemoMedia,
    DemoMediaError,
    LoopRendition,
    read_index,
    write_index,
)
from packager.packaging.encode import (
    AudioSource,
    EncodedRendition,
    EncodeSettings,
    VideoSource,
    encode_ladder,
)
from packager.packaging.ladder import AudioSpec, Rung, VideoSpec

Progress = Callable[[float], None]  # called with the share that is done, 0 to 1

_PRESETS = {"1080p": "ultrafast", "720p": "ultrafast", "360p": "superfast"}  # of libx264
_AUDIO = "audio"
_done: Any = None  # in a worker: seconds of video encoded by all of them, shared


def ensure_demo_media(parent: Path, *, progress: Progress | None = None) -> DemoMedia:
    """Return the demo's media; they are made if `parent` does not have them.

    Args:
        parent: Folder for generated media; made if missing.
        progress: Told of the share that is done, when there is something to do.

    Raises:
        PackagingError: A part could not be encoded.
    """
    version = _version()
    folder = parent / f"demo-{version}"
    try:
        return read_index(folder, version=version)
    except DemoMediaError:
        pass
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="demo-unfinished-") as unfinished:
        renditions = _make_all(Path(unfinished), progress or (lambda share: None))
        media = DemoMedia(
            folder=Path(unfinished),
            renditions=renditions,
            creatives=CREATIVES,
            slate=SLATE,
            bumper=BUMPER,
        )
        write_index(media, version=version)
        shutil.rmtree(folder, ignore_errors=True)  # it has no index that can be read
        Path(unfinished).rename(folder)
        Path(unfinished).mkdir()  # for the context manager to remove
    return read_index(folder, version=version)


def make_loop_part(folder: Path, names: tuple[str, ...]) -> tuple[LoopRendition, ...]:
    """Draw and encode some renditions of the loop, all of them of one size.

    Args:
        folder: Gets a folder for each rendition.
        names: One name in `content.LADDER`, and perhaps "audio".

    Returns:
        The renditions, in the order of `names`.
    """
    _, size, bitrate = next(rung for rung in LADDER if rung[0] == names[0])
    rungs = {names[0]: _video_rung(size, bitrate)}
    if _AUDIO in names:
        rungs[_AUDIO] = _rung(
            "audio", audio=AudioSpec(sample_rate=content.SAMPLE_RATE, channels=2, bitrate=AUDIO_BPS)
        )
    encoded = encode_ladder(
        VideoSource(*size, Fraction(LOOP_RATE), content.loop_frames(names[0], size), "yuv420p"),
        AudioSource(content.SAMPLE_RATE, 2, content.loop_samples()),
        tuple(rungs.values()),
        folder,
        settings=EncodeSettings(preset=_PRESETS[names[0]], threads=1),
        names={rung: name for name, rung in rungs.items()},
        progress=_report(),
    )
    return tuple(
        describe(name, item, bandwidth=AUDIO_BPS if name == _AUDIO else bitrate)
        for name, item in zip(rungs, encoded, strict=True)
    )


def make_clip(folder: Path, clip: Clip) -> None:
    """Draw and encode a creative, the slate or the bumper as a progressive MP4 in `folder`."""
    import av  # only here and in packaging: the wheel is large

    report = _report()
    with av.open(folder / clip.file, "w", format="mp4", options={"movflags": "faststart"}) as file:
        video = file.add_stream("libx264", rate=clip.frame_rate, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = clip.width, clip.height, "yuv420p"
        video.codec_context.color_primaries = video.codec_context.color_trc = 1  # BT.709
        video.codec_context.colorspace = 1
        video.codec_context.thread_count = 1
        audio = file.add_stream("aac", rate=clip.sample_rate) if clip.sample_rate else None
        if audio is not None:
            audio.layout = "stereo" if clip.channels == 2 else "mono"
            for samples in content.clip_samples(clip):
                sound = av.AudioFrame.from_ndarray(
                    samples.T.copy(), format="fltp", layout=audio.layout.name
                )
                sound.sample_rate = clip.sample_rate
                file.mux(audio.encode(sound))
            file.mux(audio.encode(None))
        for number, pixels in enumerate(content.clip_frames(clip), 1):
            file.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="yuv420p")))
            report(number / clip.frame_rate)
        file.mux(video.encode(None))


def describe(name: str, encoded: EncodedRendition, *, bandwidth: int) -> LoopRendition:
    """Say what the origin has to know of a rendition that was encoded."""
    init = (encoded.folder / (encoded.init or "")).read_bytes()
    scale = timescale(init)
    video, audio = encoded.rung.video, encoded.rung.audio
    rates = [segment.size * 8 / segment.duration for segment in encoded.segments]
    length = sum(segment.duration for segment in encoded.segments)
    return LoopRendition(
        name=name,
        kind=encoded.rung.kind,
        codecs=h264_codecs(init) if video else "mp4a.40.2",
        timescale=scale,
        durations=tuple(round(segment.duration * scale) for segment in encoded.segments),
        bandwidth=max(bandwidth, round(max(rates))),
        average_bandwidth=round(sum(segment.size for segment in encoded.segments) * 8 / length),
        width=video.width if video else 0,
        height=video.height if video else 0,
        frame_rate=video.frame_rate if video else Fraction(0),
        channels=audio.channels if audio else 0,
        init=encoded.init or "",
        segments=tuple(segment.name for segment in encoded.segments),
    )


def _make_all(folder: Path, progress: Progress) -> tuple[LoopRendition, ...]:
    """Make everything in two processes, what takes longest first."""
    context = multiprocessing.get_context("spawn")
    done = context.Value("d", 0.0)
    clips = (*CREATIVES, SLATE, BUMPER)
    total = content.LOOP_S * len(LADDER) + sum(clip.duration_s for clip in clips)
    with ProcessPoolExecutor(2, context, _share, (done,)) as pool:
        loops = [
            pool.submit(make_loop_part, folder, (name, _AUDIO) if rung == len(LADDER) else (name,))
            for rung, (name, _, _) in enumerate(LADDER, 1)
        ]
        open_: set[Future[Any]] = {
            *loops,
            *(pool.submit(make_clip, folder, clip) for clip in clips),
        }
        while open_:
            finished, open_ = wait(open_, timeout=0.2)
            for future in finished:
                future.result()  # raises what went wrong in the worker
            progress(min(done.value / total, 1.0))
    return tuple(rendition for loop in loops for rendition in loop.result())


def _share(done: Any) -> None:
    global _done
    _done = done


def _report() -> Progress:
    """A function that is told the seconds of one job, and adds them to those of all jobs."""
    before = 0.0

    def report(seconds: float) -> None:
        nonlocal before
        if _done is not None:
            with _done.get_lock():
                _done.value += seconds - before
        before = seconds

    return report


def _rung(kind: Any, *, video: VideoSpec | None = None, audio: AudioSpec | None = None) -> Rung:
    return Rung(
        kind=kind,
        container="cmaf",
        segment_s=Fraction(SEGMENT_S),
        frame_grid=Fraction(LOOP_RATE),
        video=video,
        audio=audio,
    )


def _video_rung(size: tuple[int, int], bitrate: int) -> Rung:
    width, height = size
    spec = VideoSpec(width=width, height=height, frame_rate=Fraction(LOOP_RATE), bitrate=bitrate)
    return _rung("video", video=spec)


def _version() -> str:
    """A digest of the code that draws and of how it is encoded: another look, other media."""
    digest = hashlib.sha256()
    for module in (testcard.__file__, content.__file__, __file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()[:12]
