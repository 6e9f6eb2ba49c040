"""Settings of music: which file is mixed under a show's sound, how loud, and when.

Times of content are Decimal seconds, loudness is Decimal decibels.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from packager.config import scalars
from packager.config.document import ConfigError, Node
from packager.config.overlay_settings import At, AtCues, ShowAlways, TimesRule, show_rule
from packager.config.settings import MapOf, Section, required, setting

ENDINGS = (".m4a", ".mp4", ".aac", ".mp3", ".wav", ".flac", ".ogg")


def sound_file(node: Node) -> Path:
    """Read the path of an audio file that is there."""
    path = scalars.file(node)
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError.at(node.place, f"must end in one of {', '.join(ENDINGS)}")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """A stem, mixed under the sound of content segments while it shows."""

    name: str = ""  # its key under `music`
    file: Path = required(
        "an audio file of ten minutes at most; it begins again where it ends", read=sound_file
    )
    gain_db: Decimal = setting(
        Decimal(0),
        "of the music: `-6` is half as loud",
        read=scalars.number("-60", "20", unit="dB"),
    )
    duck_db: Decimal = setting(
        Decimal(0),
        "by which the content is softer under it",
        read=scalars.number("0", "60", unit="dB"),
    )
    fade_s: Decimal = setting(
        Decimal(1),
        "seconds in which it fades in, from where it begins, and out, from where it ends",
        read=scalars.number("0", "30"),
    )
    show: TimesRule = setting(
        ShowAlways(),
        "when it is heard, as of overlays: `always`, `{from: cues}`, `{when: RULE}`,"
        " or `{at: SECONDS}` in VOD",
        read=show_rule(AtCues, At),
        shown="always",
    )
    delay_s: Decimal = setting(
        Decimal(0),
        "seconds by which feeds run ahead of the content, for a rule over facts",
        read=scalars.number("0", "600"),
    )


MUSIC = MapOf(Section(Music), check_name=scalars.check_name, named=True)
