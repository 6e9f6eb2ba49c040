"""The work of a worker: the one place where templates and segments meet.

It runs in worker processes alone. Nothing else of the server imports the drawing of templates, the
rendering of segments or PyAV.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from packager.rendering.jobs import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A worker's part of a job."""

    work: Work
    segment: bytes
    init: bytes = b""  # empty where the segment needs none
    templates: Mapping[str, str]  # digest -> its folder


class DrawingRefused(Exception):
    """The segment cannot be overlaid so, now or later; `code` says why, in one word."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


def draw(order: Order) -> bytes:
    """Return the segment with its overlays drawn.

    Raises:
        DrawingRefused: It cannot be done; whatever else is raised counts as a crash.
    """
    # Until templates and segments are there to be joined.
    raise DrawingRefused("not_supported", "this version draws nothing yet")
