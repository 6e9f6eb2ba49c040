"""Settings of assets: what a show has that can be played, and where it is."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packager.config import asset_checks, scalars
from packager.config.rights_settings import Terms
from packager.config.settings import MapOf, Section, required, setting

OR = (
    "the asset that is shown where this one cannot be, or is not made yet; without it, what there"
    " is for want of ads"
)
LEAST_WEIGHT, MOST_WEIGHT = 0, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseFile:
    """A file of the operator's."""

    file: Path = required("an MP4, MOV or WebM file", read=scalars.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playable:
    """Where something that can be played is: a file of the operator's, or HLS or DASH at a URL."""

    file: Path | None = setting(None, "an MP4, MOV or WebM file", read=scalars.file)
    origin: str | None = setting(
        None,
        "or a URL below which it is, as HLS or DASH; `{look}` in it stands for a fact or choice"
        " of the story's that has `of`",
        read=scalars.folder_url,
    )
    path: str = setting("index.m3u8", "of its playlist or MPD below `origin`", read=scalars.text)

    @property
    def url(self) -> str | None:
        """Where it is, with placeholders; None: it is a file, or nothing."""
        return None if self.origin is None else self.origin + self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut(Playable):
    """Another way to show an asset: shorter, as a rule."""

    weight: int | None = setting(
        None,
        "what it is worth in this cut; without it, the asset's `weight`",
        read=scalars.whole(LEAST_WEIGHT, MOST_WEIGHT),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Terms, Playable):
    """Something that breaks or stories may show. How it is packaged follows from its use."""

    kind: str = setting("", "what sort of moment it is: `goal`", read=scalars.name)
    weight: int = setting(
        1,
        "what it is worth where not all moments fit",
        read=scalars.whole(LEAST_WEIGHT, MOST_WEIGHT),
    )
    cuts: Mapping[str, Cut] = setting(
        {},
        "other ways to show it, by name",
        read=MapOf(
            Section(Cut, checks=(asset_checks.is_somewhere,)), check_name=scalars.check_name
        ),
    )
    otherwise: str | None = setting(
        None,
        OR,
        read=scalars.name,
        key="or",
    )


ASSET = Section(Asset, checks=(asset_checks.is_somewhere,))
