"""Settings of overlays: which template is drawn with what data, and when.

Times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from overlays.errors import OverlayError
from overlays.templates.schema import IMAGE_TYPE
from packager.config import scalars
from packager.config.break_settings import BreakRule, VastFill
from packager.config.document import ConfigError, Entries, Node, Problem, Scalar, Sequence, below
from packager.config.settings import ListOf, MapOf, OneOf, Section, required, setting
from packager.pictures.source import read_picture_url
from packager.templates.folder import find_folder, load_template


@dataclass(frozen=True, slots=True)
class ShowAlways:
    """The overlay is there for as long as the content is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdFill(VastFill):
    """The overlay shows an ad server's picture, and only where there is one (D-10)."""

    image: str = setting(
        "image",
        "property of the template's data that takes the picture of the ad",
        read=scalars.text,
    )

    @property
    def rule(self) -> BreakRule:
        """The same as a rule of breaks: an ad server is asked for both alike."""
        return BreakRule(fill=VastFill(server=self.server))


def _fill() -> Any:
    return setting(
        None,
        "NonLinear ads from an ad server, which is asked each time that it shows: `{vast: URL}`",
        read=Section(AdFill),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAtCues:
    """The overlay is there from cue to cue."""

    source: Literal["cues"] = required(
        "`cues`: the overlay shows where the content's cues say",
        read=scalars.word("cues"),
        key="from",
    )
    types: tuple[int, ...] = setting(
        (0x38, 0x3A),
        "SCTE 35 segmentation types that show it, most important first; the next number hides it",
        read=ListOf(scalars.octet),
        shown="[0x38, 0x3A]",
    )
    classes: tuple[str, ...] = setting(
        (),
        "HLS: DATERANGE classes that show it for as long as they last: `[com.acme.sponsor]`",
        read=ListOf(scalars.text),
    )
    schemes: tuple[str, ...] = setting(
        (),
        "DASH: schemes of Events that show it for as long as they last: `[urn:acme:sponsor:2026]`",
        read=ListOf(scalars.text),
    )
    max_s: Decimal = setting(
        Decimal(300),
        "seconds after which it is hidden when nothing else hides it",
        read=scalars.number("1", "86400"),
    )
    fill: AdFill | None = _fill()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowAt:
    """The overlay is there at a fixed time of VOD content."""

    at: Decimal = required(
        "seconds into VOD content at which it shows", read=scalars.number("0", "604800")
    )
    seconds: Decimal = setting(
        Decimal(10), "seconds for which it shows", read=scalars.number("0.1", "86400")
    )
    fill: AdFill | None = _fill()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowWhen:
    """The overlay is there while a rule over facts holds."""

    when: str = required(
        "rule over facts, in CEL, while which it shows: `minutes > 80`", read=scalars.text
    )


ShowRule = ShowAlways | ShowAtCues | ShowAt | ShowWhen


def data(node: Node) -> Any:
    """Read a template's data: text with `{fact}` in it, numbers, flags, lists and mappings.

    ``{picture: URL}`` is where a picture is had from.
    """
    match node:
        case Scalar(value=Decimal() as value):
            return float(value)
        case Scalar():
            return node.value
        case Sequence():
            return [data(item) for item in node.items]
        case Entries(keys={"picture": place}) if len(node.keys) == 1:
            try:
                return read_picture_url(scalars.text(node.values["picture"]))
            except ValueError as error:
                raise ConfigError.at(place, str(error)) from error
        case Entries():
            return {name: data(value) for name, value in node.values.items()}
    raise ConfigError.at(node.place, "must be text, a number, a list or a mapping")


def template_folder(node: Node) -> Path:
    """Read the folder of a template, or the name of one that Weft brings along."""
    try:
        folder = find_folder(scalars.text(node), beside=Path(node.place.file).parent)
        load_template(folder)
    except (OverlayError, OSError) as error:
        raise ConfigError.at(node.place, str(error)) from error
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A template with data, drawn onto content segments while it shows."""

    name: str = ""  # its key under `overlays`
    template: Path = required(
        "folder of the template, or the name of one that Weft brings along: `scorebug`",
        read=template_folder,
    )
    data: Mapping[str, Any] = setting(
        {},
        "what the template asks for: text with `{fact}` in it, numbers, lists, and pictures:"
        " `{picture: 'https://img.example/{friend}.png'}`",
        read=data,
    )
    show: ShowRule = setting(
        ShowAlways(),
        "when it shows: `always`, `{from: cues}`, `{when: RULE}`, or `{at: SECONDS}` in VOD",
        read=OneOf(
            {
                "from": Section(ShowAtCues),
                "at": Section(ShowAt),
                "when": Section(ShowWhen),
            },
            words={"always": ShowAlways()},
        ),
        shown="always",
    )
    delay_s: Decimal = setting(
        Decimal(0),
        "seconds by which feeds run ahead of the pictures, so that no score spoils a goal",
        read=scalars.number("0", "600"),
    )
    private: bool = setting(
        False,
        "whether what is drawn is one viewer's own: kept a short time, at URLs nobody can guess",
        read=scalars.flag,
    )

    @property
    def fill(self) -> AdFill | None:
        """Whose ads it shows; None: it is not for ads."""
        return self.show.fill if isinstance(self.show, ShowAtCues | ShowAt) else None


def _has_place_for_ads(overlay: Entries) -> Iterator[Problem]:
    """What shows ads has a property for their picture."""
    folder, fill = below(overlay, "template"), below(overlay, "show", "fill")
    if folder is None or not isinstance(fill, Entries):
        return
    named = below(fill, "image")
    name = named.text if isinstance(named, Scalar) else "image"
    with suppress(ConfigError):  # told where it is read
        known = load_template(template_folder(folder)).schema.schema["properties"]
        if known.get(name, {}).get("gddType") != IMAGE_TYPE:
            reason = f"the template's data has no picture {name!r}; name one with `image:`"
            yield Problem(fill.place if named is None else named.place, reason)


OVERLAYS = MapOf(
    Section(Overlay, checks=(_has_place_for_ads,)), check_name=scalars.check_name, named=True
)
