"""Making the demo's media: drawn and encoded once by two processes, then kept in a folder.

Later starts find the folder by the digest of what was drawn and how; a folder that was not finished
has another name, so it is never taken for a whole one.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from overlays import testcard
from packager.demo import content
from packager.demo.content import AUDIO_BPS, BUMPER, CREATIVES, LADDER, LOOP_RATE, SEGMENT_S, SLATE
from packager.demo.describe import describe
from packager.demo.media import (
    Clip,
    DemoMedia,
    DemoMediaError,
    LoopRendition,
    read_index,
    write_index,
)
from packager.demo.pool import Progress, reporter, run_jobs
from packager.packaging.encode import AudioSource, VideoSource, encode_ladder
from packager.packaging.ladder import AudioSpec, Rung, VideoSpec
from packager.packaging.settings import EncodeSettings

_PRESETS = {"1080p": "ultrafast", "720p": "ultrafast", "360p": "superfast"}  # of libx264


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to make."""

    rungs: tuple[str, ...] = tuple(LADDER)  # of the drawn loop, the largest first
    loop_s: int = content.LOOP_S  # of the drawn loop; a multiple of 16 has no seam
    file: Path | None = None  # content instead of the drawn loop (`packager.demo.loop_file`)

    def digest(self) -> str:
        """A name for all that decides on the media: another look, other media.

        Raises:
            OSError: `file` cannot be read.
        """
        digest = hashlib.sha256()
        for module in (testcard.__file__, content.__file__, __file__):
            digest.update(Path(module).read_bytes())
        if self.file is None:
            digest.update(repr((self.rungs, self.loop_s)).encode())
        else:
            with self.file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        return digest.hexdigest()[:12]


def ensure_demo_media(
    parent: Path, recipe: Recipe | None = None, *, progress: Progress | None = None
) -> DemoMedia:
    """Return the demo's media; they are made if `parent` does not have them.

    Args:
        parent: Folder for generated media; made if missing.
        recipe: What to make; None: all that `weft demo` shows.
        progress: Told of the share that is done, when there is something to do.

    Raises:
        PackagingError: A part could not be encoded, or the recipe's file is not a video.
        OSError: That file cannot be read, or `parent` not be written.
    """
    recipe = recipe or Recipe()
    version = recipe.digest()
    folder = parent / f"demo-{version}"
    try:
        return read_index(folder, version=version)
    except DemoMediaError:
        pass
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="demo-unfinished-") as temporary:
        unfinished = Path(temporary, folder.name)
        unfinished.mkdir()
        renditions = _make_all(unfinished, recipe, progress or (lambda share: None))
        media = DemoMedia(
            folder=unfinished,
            renditions=renditions,
            creatives=CREATIVES,
            slate=SLATE,
            bumper=BUMPER,
        )
        write_index(media, version=version)
        shutil.rmtree(folder, ignore_errors=True)  # it has no index that can be read
        unfinished.rename(folder)
    return read_index(folder, version=version)


def make_loop_part(
    folder: Path, name: str, *, seconds: int = content.LOOP_S, audio: bool = False
) -> tuple[LoopRendition, ...]:
    """Draw and encode one size of the loop, and perhaps its audio.

    Args:
        folder: Gets a folder for each rendition.
        name: A key of `content.LADDER`.
        seconds: Duration of the loop.
        audio: Whether to make the audio too.

    Returns:
        The video rendition, then the audio rendition if there is one.
    """
    size, bitrate = LADDER[name]
    rate = Fraction(LOOP_RATE)
    spec = VideoSpec(width=size[0], height=size[1], frame_rate=rate, bitrate=bitrate)
    rungs = {name: _rung("video", video=spec)}
    if audio:
        sound = AudioSpec(sample_rate=content.SAMPLE_RATE, channels=2, bitrate=AUDIO_BPS)
        rungs["audio"] = _rung("audio", audio=sound)
    encoded = encode_ladder(
        VideoSource(*size, rate, content.loop_frames(name, seconds), "yuv420p"),
        AudioSource(content.SAMPLE_RATE, 2, content.loop_samples(seconds)),
        tuple(rungs.values()),
        folder,
        settings=EncodeSettings(preset=_PRESETS[name], threads=1),
        names={rung: name for name, rung in rungs.items()},
        progress=reporter(),
    )
    allowed = {name: bitrate, "audio": AUDIO_BPS}
    return tuple(
        describe(name, item, bandwidth=allowed[name])
        for name, item in zip(rungs, encoded, strict=True)
    )


def make_clip(folder: Path, clip: Clip) -> None:
    """Draw and encode a creative, the slate or the bumper as a progressive MP4 in `folder`."""
    import av  # only here and in packaging: the wheel is large

    report = reporter()
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


def _make_all(folder: Path, recipe: Recipe, progress: Progress) -> tuple[LoopRendition, ...]:
    """Make everything in two processes, what takes longest first."""
    clips = (*CREATIVES, SLATE, BUMPER)
    loop_s = recipe.loop_s * len(recipe.rungs)
    total_s = loop_s + sum(clip.duration_s for clip in clips)
    last = recipe.rungs[-1]
    jobs: list[Callable[[], tuple[LoopRendition, ...]]] = [
        partial(make_loop_part, folder, name, seconds=recipe.loop_s, audio=name == last)
        for name in recipe.rungs
    ]
    if recipe.file is not None:
        jobs = [partial(_make_file_loop, folder, recipe.file, loop_s)]
    jobs += [partial(_make_clip, folder, clip) for clip in clips]
    made = run_jobs(jobs, total_s=total_s, progress=progress)
    return tuple(rendition for renditions in made for rendition in renditions)


def _make_clip(folder: Path, clip: Clip) -> tuple[()]:
    make_clip(folder, clip)
    return ()


def _make_file_loop(folder: Path, file: Path, weight: float) -> tuple[LoopRendition, ...]:
    from packager.demo.loop_file import make_file_loop  # it needs PyAV

    report = reporter()
    return make_file_loop(folder, file, lambda share: report(share * weight))


def _rung(kind: Any, *, video: VideoSpec | None = None, audio: AudioSpec | None = None) -> Rung:
    return Rung(
        kind=kind,
        container="cmaf",
        segment_s=Fraction(SEGMENT_S),
        frame_grid=Fraction(LOOP_RATE),
        video=video,
        audio=audio,
    )
