"""Making the recap's components: each a small HLS presentation with sound in every language.

Two cuts of a moment are two presentations of the same segments. As with the demo's other media, a
folder is found by the digest of what is in it, and has its name only when it is whole.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import repeat
from pathlib import Path

import numpy as np

from overlays import testcard
from packager.demo import content, recap_content
from packager.demo.content import AUDIO_BPS, LADDER, LOOP_RATE, SAMPLE_RATE, SEGMENT_S
from packager.demo.pool import Progress, reporter, run_jobs
from packager.demo.recap_content import (
    LANGUAGES,
    SIZE,
    Component,
    Timing,
    component_frames,
    component_samples,
    components,
)
from packager.packaging.encode import AudioSource, VideoSource, encode_ladder
from packager.packaging.encoded import EncodedRendition
from packager.packaging.ladder import AudioSpec, Rung, VideoSpec
from packager.packaging.playlists import h264_codecs, media_playlist
from packager.packaging.settings import EncodeSettings

WHOLE, SHORT = "index", "short"  # names of the multivariant playlists


def recap_folder(parent: Path, timing: Timing) -> Path:
    """Where components lie, or will; it is there when all of them are."""
    digest = hashlib.sha256(repr(timing).encode())
    for module in (testcard.__file__, content.__file__, recap_content.__file__, __file__):
        digest.update(Path(module).read_bytes())
    return parent / f"recap-{digest.hexdigest()[:12]}"


def ensure_recap(parent: Path, timing: Timing, *, progress: Progress = lambda share: None) -> Path:
    """Return the folder of the recap's components; they are made if it is not there.

    Args:
        parent: Folder for generated media; made if missing.
        timing: How long everything is.
        progress: Told of the share that is done; what it raises ends the making.

    Raises:
        PackagingError: A component could not be encoded.
        OSError: `parent` cannot be written.
    """
    folder = recap_folder(parent, timing)
    if folder.is_dir():
        return folder
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="recap-unfinished-") as temporary:
        unfinished = Path(temporary, folder.name)
        parts = sorted(components(timing), key=lambda one: -one.seconds)
        jobs = [partial(make_component, unfinished, one) for one in parts]
        run_jobs(jobs, total_s=sum(one.seconds for one in parts), progress=progress)
        shutil.move(unfinished, folder)
    return folder


def make_component(folder: Path, component: Component) -> None:
    """Draw, play and encode a component in a folder of its name in `folder`."""
    size, bitrate = LADDER[SIZE]
    rate = Fraction(LOOP_RATE)
    video = Rung(
        kind="video",
        container="cmaf",
        segment_s=Fraction(SEGMENT_S),
        frame_grid=rate,
        video=VideoSpec(width=size[0], height=size[1], frame_rate=rate, bitrate=bitrate),
    )
    audio = Rung(
        kind="audio",
        container="cmaf",
        segment_s=Fraction(SEGMENT_S),
        frame_grid=rate,
        audio=AudioSpec(sample_rate=SAMPLE_RATE, channels=2, bitrate=AUDIO_BPS),
    )
    place = folder / component.name
    settings = EncodeSettings(preset="ultrafast", threads=1)
    pictures = component_frames(component)
    pace = repeat(np.zeros((size[1] * 3 // 2, size[0]), np.uint8), component.seconds * LOOP_RATE)
    renditions: list[EncodedRendition] = []
    for language in LANGUAGES:  # the pictures go with the first; sound alone is only paced by some
        is_first = not renditions
        renditions += encode_ladder(
            VideoSource(*size, rate, pictures if is_first else pace, "yuv420p"),
            AudioSource(SAMPLE_RATE, 2, component_samples(component, language)),
            (video, audio) if is_first else (audio,),
            place,
            settings=settings,
            names={video: "video", audio: language},
            progress=reporter() if is_first else None,
        )
    _write_playlists(place, WHOLE, renditions)
    if component.short_s is not None:
        count = component.short_s // SEGMENT_S
        cut = [replace(one, segments=one.segments[:count]) for one in renditions]
        _write_playlists(place, SHORT, cut)


def _write_playlists(place: Path, name: str, renditions: Sequence[EncodedRendition]) -> None:
    for one in renditions:
        (place / f"{name}-{one.folder.name}.m3u8").write_text(media_playlist(one), "utf-8")
    video, *audios = renditions
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for number, (language, called) in enumerate(LANGUAGES.items()):
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="{called}",LANGUAGE="{language}",'
            f'DEFAULT={"NO" if number else "YES"},AUTOSELECT=YES,CHANNELS="2",'
            f'URI="{name}-{language}.m3u8"'
        )
    (width, height), bitrate = LADDER[SIZE]
    peak = max(video.peak_bitrate, bitrate) + max(one.peak_bitrate for one in audios)
    lines += [
        f'#EXT-X-STREAM-INF:BANDWIDTH={peak},CODECS="{h264_codecs(video)},mp4a.40.2",'
        f'RESOLUTION={width}x{height},FRAME-RATE={LOOP_RATE}.000,AUDIO="audio"',
        f"{name}-video.m3u8",
        "",
    ]
    (place / f"{name}.m3u8").write_text("\n".join(lines), "utf-8")
