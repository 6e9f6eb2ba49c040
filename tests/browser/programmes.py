"""The demo's content in several containers, made by the project's own packaging."""

import hashlib
import io
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.video.frame import PictureType

from overlays import testcard
from overlays.mp4.boxes import read_boxes
from packager.demo import content
from packager.packaging.encode import AudioSource, EncodeSettings, VideoSource, encode_ladder
from packager.packaging.ladder import TS_ORIGIN, AudioSpec, Rung, VideoSpec
from packager.packaging.playlists import multivariant_playlist
from packager.packaging.write import EncodedRendition

SEGMENT_S = 2
LENGTH_S = 48
_SIZE = "360p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """The content in some containers; the names are those of its renditions."""

    name: str
    video: str
    audio: str | None = None
    subtitles: bool = False
    encrypted: bool = False


PROGRAMMES = {
    programme.name: programme
    for programme in (
        Programme(name="ts", video="ts"),
        Programme(name="ts-aac", video="ts-video", audio="aac"),
        Programme(name="ts-aes", video="ts", encrypted=True),
        Programme(name="cmaf-aes", video="cmaf-video", audio="cmaf-audio", encrypted=True),
        Programme(name="cmaf-vtt", video="cmaf-video", audio="cmaf-audio", subtitles=True),
        Programme(name="ts-vtt", video="ts", subtitles=True),
        # With scaling lists, for which no encoder of ours writes.
        Programme(name="cmaf-scaled", video="cmaf-scaled", audio="cmaf-audio"),
    )
}


@dataclass(frozen=True, slots=True)
class Renditions:
    """The media: a folder for each rendition, `<folder>/<name>/<number>.<suffix>`."""

    folder: Path
    durations: dict[str, list[Fraction]]  # seconds, by name of the rendition
    multivariant: dict[str, str]  # of each programme
    suffixes: dict[str, str]

    def segment(self, name: str, number: int) -> bytes:
        """Segment `number`, from 0."""
        return (self.folder / name / f"{number + 1}{self.suffixes[name]}").read_bytes()

    def init(self, name: str) -> bytes | None:
        """The init section, where the container has one."""
        path = self.folder / name / "init.mp4"
        return path.read_bytes() if path.exists() else None


def ensure_renditions(parent: Path) -> Renditions:
    """Return the media; they are made if `parent` does not have them."""
    digest = hashlib.sha256()
    for module in (testcard.__file__, content.__file__, __file__):
        digest.update(Path(module).read_bytes())
    folder = parent / f"containers-{digest.hexdigest()[:12]}"
    if not folder.exists():
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix="containers-unfinished-") as temporary:
            unfinished = Path(temporary, folder.name)
            unfinished.mkdir()
            _make(unfinished)
            shutil.move(unfinished, folder)
    index = json.loads((folder / "index.json").read_text("utf-8"))
    durations = {name: list(map(Fraction, item)) for name, item in index["durations"].items()}
    return Renditions(folder, durations, index["multivariant"], index["suffixes"])


def _make(folder: Path) -> None:
    size, bitrate = content.LADDER[_SIZE]
    rate = Fraction(content.LOOP_RATE)
    video = VideoSpec(width=size[0], height=size[1], frame_rate=rate, bitrate=bitrate)
    audio = AudioSpec(sample_rate=content.SAMPLE_RATE, channels=2, bitrate=content.AUDIO_BPS)

    def rung(kind: str, container: str, **tracks: object) -> Rung:
        return Rung(
            kind=kind,  # type: ignore[arg-type]
            container=container,  # type: ignore[arg-type]
            segment_s=Fraction(SEGMENT_S),
            frame_grid=rate,
            timestamp_origin=0 if container == "cmaf" else TS_ORIGIN,
            **tracks,  # type: ignore[arg-type]
        )

    rungs = {
        "ts": rung("muxed", "ts", video=video, audio=audio),
        "ts-video": rung("video", "ts", video=video),
        "aac": rung("audio", "packed-aac", audio=audio),
        "cmaf-video": rung("video", "cmaf", video=video),
        "cmaf-audio": rung("audio", "cmaf", audio=audio),
    }
    encoded = encode_ladder(
        VideoSource(*size, rate, content.loop_frames(_SIZE, LENGTH_S), "yuv420p"),
        AudioSource(content.SAMPLE_RATE, 2, content.loop_samples(LENGTH_S)),
        tuple(rungs.values()),
        folder,
        settings=EncodeSettings(preset="superfast"),
        names={rung: name for name, rung in rungs.items()},
    )
    renditions = dict(zip(rungs, encoded, strict=True))
    _scale(folder / "cmaf-video", folder / "cmaf-scaled")
    renditions["cmaf-scaled"] = replace(renditions["cmaf-video"], folder=folder / "cmaf-scaled")
    index = {
        "durations": {
            name: [str(segment.duration) for segment in item.segments]
            for name, item in renditions.items()
        },
        "suffixes": {name: Path(item.segments[0].name).suffix for name, item in renditions.items()},
        "multivariant": {
            programme.name: _multivariant(programme, renditions)
            for programme in PROGRAMMES.values()
        },
    }
    (folder / "index.json").write_text(json.dumps(index), "utf-8")


def _scale(source: Path, target: Path) -> None:
    """Encode a CMAF rendition anew, with scaling lists; segments stay where they are."""
    target.mkdir()
    numbers = range(1, len(list(source.glob("*.m4s"))) + 1)
    paths = [source / "init.mp4", *(source / f"{number}.m4s" for number in numbers)]
    made = io.BytesIO()
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"}
    with (
        av.open(io.BytesIO(b"".join(path.read_bytes() for path in paths))) as film,
        av.open(made, "w", format="mp4", options=flags) as out,
    ):
        video = film.streams.video[0]
        gop = SEGMENT_S * content.LOOP_RATE
        x264 = f"keyint={gop}:scenecut=0:open-gop=0:bframes=2:cqm=jvt"
        options = {"preset": "superfast", "crf": "18", "x264-params": x264}
        stream = out.add_stream("libx264", rate=content.LOOP_RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in film.decode(video):
            frame.pict_type = PictureType.NONE
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = made.getvalue()
    starts = [box.start for box in read_boxes(data) if box.kind in (b"moof", b"mfra")]
    (target / "init.mp4").write_bytes(data[: starts[0]])
    for number, (start, end) in zip(numbers, pairwise(starts), strict=True):
        (target / f"{number}.m4s").write_bytes(data[start:end])


def _multivariant(programme: Programme, renditions: dict[str, EncodedRendition]) -> str:
    names = (programme.video, programme.audio)
    text = multivariant_playlist([renditions[name] for name in names if name])
    if programme.subtitles:
        tag = (
            '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",'
            'DEFAULT=YES,AUTOSELECT=YES,URI="subtitles.m3u8"\n#EXT-X-STREAM-INF:'
        )
        text = text.replace("#EXT-X-STREAM-INF:", f'{tag}SUBTITLES="subtitles",')
    return text
