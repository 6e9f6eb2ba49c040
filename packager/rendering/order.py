"""An order: what a worker is given of a job, and how it says no."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packager.rendering.jobs import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A worker's part of a job."""

    work: Work
    segment: bytes  # empty where nothing is drawn on
    init: bytes = b""  # empty where the segment needs none
    before: bytes = b""  # the segments beside it; empty where there are none
    after: bytes = b""
    templates: Mapping[str, str]  # digest -> its folder
    stems: Mapping[str, str] = field(default_factory=dict)  # digest -> its file


class DrawingRefused(Exception):
    """The segment cannot be overlaid so, now or later; `code` says why, in one word."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
