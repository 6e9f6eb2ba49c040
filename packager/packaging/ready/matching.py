"""Which rendition of a creative can stand for which rung of a ladder, as it is (G-02, G-05).

By what its init section and first segment show; what all segments must be like is checked when
they are there (`packager.packaging.ready.taking`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from packager.packaging.errors import StreamUnmatched
from packager.packaging.ladder import AudioSpec, Container, Ladder, Rung, VideoSpec
from packager.packaging.streams import Stream

_PROFILES = {"baseline": 66, "main": 77, "high": 100}
_UNSPECIFIED = 2  # of colours, H.273
_OVERHEAD = Fraction(100, 95)  # what a container adds
_AUDIO_SPREAD = 16_000  # bit/s: rungs have a usual bit rate near the content's


@dataclass(frozen=True, slots=True)
class Look:
    """What the beginning of a rendition shows."""

    container: Container | None
    streams: tuple[Stream, ...]
    spoken: tuple[str, ...] = ()  # of sound: its language, and what it is called

    def one(self, kind: str) -> Stream | None:
        """Return its stream of a kind, if it has one and no more of it."""
        found = [stream for stream in self.streams if stream.kind == kind]
        return found[0] if len(found) == 1 else None

    @property
    def bitrate(self) -> int:
        """Bit/s of all its streams."""
        return sum(stream.bitrate for stream in self.streams)


def match(ladder: Ladder, looks: Sequence[Look]) -> Mapping[Rung, int]:
    """Return the rendition for each rung but those of subtitles, which a creative need not have.

    Of those that are like a rung it is the one with the most bits that the rung has room for; where
    rungs differ by what is spoken, one that speaks so, if there is any.

    Raises:
        StreamUnmatched: A rung has none.
    """
    found: dict[Rung, int] = {}
    for rung in ladder.rungs:
        if rung.kind == "subtitles":
            continue
        fitting = [n for n, look in enumerate(looks) if is_like(rung, look)]
        if not fitting:
            raise StreamUnmatched(f"it has nothing like the {rung.kind} rung {describe(rung)}")
        speaking = [n for n in fitting if rung.spoken in looks[n].spoken]
        found[rung] = max(speaking or fitting, key=lambda n: (looks[n].bitrate, -n))
    if not found:
        raise StreamUnmatched("the ladder has neither video nor audio")
    return found


def best(looks: Sequence[Look], *, max_height: int) -> tuple[int, ...]:
    """Return the renditions to make others from: that of the picture, and of the sound beside it.

    Raises:
        StreamUnmatched: None has a picture.
    """

    def rank(number: int) -> tuple[int, ...]:
        picture = looks[number].one("video")
        height = picture.height if picture else 0
        tall = height >= max_height
        return (tall, -height if tall else height, looks[number].bitrate, -number)

    pictures = [number for number, look in enumerate(looks) if look.one("video")]
    if not pictures:
        raise StreamUnmatched("none of its renditions has a picture")
    picture = max(pictures, key=rank)
    if looks[picture].one("audio"):
        return (picture,)
    sounds = (n for n, look in enumerate(looks) if [s.kind for s in look.streams] == ["audio"])
    return (picture, *list(sounds)[:1])


def is_like(rung: Rung, look: Look) -> bool:
    """Whether a rendition is what a rung asks for, as far as its beginning shows."""
    wanted = {"video": rung.video, "audio": rung.audio}
    kinds = [stream.kind for stream in look.streams]
    return (
        look.container == rung.container
        and sorted(kinds) == sorted(kind for kind, spec in wanted.items() if spec)
        and (rung.video is None or _is_picture(rung.video, look.one("video"), rung.container))
        and (rung.audio is None or _is_sound(rung.audio, look.one("audio")))
        and look.bitrate <= room(rung)
    )


def room(rung: Rung) -> int:
    """Return the bit/s that no segment of a rung may pass, container and all (A-52, A-53)."""
    bitrate = rung.video.bitrate if rung.video else 0
    if rung.audio:
        bitrate += rung.audio.bitrate + _AUDIO_SPREAD
    return int(bitrate * _OVERHEAD)


def describe(rung: Rung) -> str:
    """Return a rung in a few words, for people."""
    words: list[str] = [rung.container]
    if rung.video is not None:
        words.append(f"{rung.video.width}x{rung.video.height}@{rung.video.frame_rate}")
    if rung.audio is not None:
        words.append(f"{rung.audio.sample_rate} Hz, {rung.audio.channels} channels")
    return " ".join(words)


def _is_picture(spec: VideoSpec, found: Stream | None, container: Container) -> bool:
    return (
        found is not None
        and found.codec == spec.codec
        and (container != "cmaf" or found.codecs.startswith("avc1."))
        and (found.width, found.height) == (spec.width, spec.height)
        and found.frame_rate == spec.frame_rate
        and found.pixel_format in ("", spec.pixel_format)
        and found.profile_idc in _PROFILES.values()
        and found.profile_idc <= _PROFILES[spec.profile]
        and (not spec.level or found.level_idc <= spec.level)
        and all(c in (_UNSPECIFIED, of) for c, of in zip(found.colour, spec.colour, strict=True))
    )


def _is_sound(spec: AudioSpec, found: Stream | None) -> bool:
    return (
        found is not None
        and found.codecs == "mp4a.40.2"  # rungs are AAC-LC
        and (found.sample_rate, found.channels) == (spec.sample_rate, spec.channels)
    )
