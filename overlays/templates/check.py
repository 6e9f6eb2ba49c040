"""Looking at a template with all its samples at all sizes, for what its author should know."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from overlays.drawing.painter import Finding
from overlays.templates.lottie import Lottie
from overlays.templates.model import SAFE_AREAS, Sample, Size, Template
from overlays.templates.stage import TemplateLayer, make_layer

LADDER: tuple[Size, ...] = ((1920, 1080), (1280, 720), (960, 540), (640, 360))


@dataclass(frozen=True, slots=True)
class Checked:
    """One sample at one size."""

    sample: Sample
    size: Size
    layer: TemplateLayer
    at_rest: Fraction  # a time at which everything has come and nothing has gone
    findings: tuple[Finding, ...]


def check_template(template: Template, sizes: Sequence[Size] = LADDER) -> Iterator[Checked]:
    """Render every sample at every size.

    Args:
        template: Its data fits: that was seen to when it was read.
        sizes: Of the renditions.

    Yields:
        Samples, each at all sizes. Kinds of findings: `overflow`, `missing_glyphs`,
        `missing_image`, `safe_area` (EBU R 95), `unsupported`, `empty`.

    Raises:
        OverlayError: A sample cannot be drawn.
    """
    for sample in template.samples:
        data = template.canonical(sample.data)
        for size in sizes:
            layer = make_layer(template, data, size)
            findings = [*layer.findings, *_unsafe(template, layer, size), *_unsupported(template)]
            at_rest = template.phases.enter_s
            if layer.at(at_rest) is None and template.video is None:
                findings.append(Finding("empty", "", "nothing is drawn"))
            yield Checked(sample, size, layer, at_rest, tuple(findings))


def _unsafe(template: Template, layer: TemplateLayer, size: Size) -> Iterator[Finding]:
    """Text beyond the safe area of the frame; a pixel of rounding is nobody's fault."""
    share = SAFE_AREAS[template.safe_area]
    if not share:
        return
    left, top = size[0] * share - 1, size[1] * share - 1
    edges = (left, top, size[0] - left, size[1] - top)
    for place, ink in layer.inks:
        sides = [
            side
            for side, edge, at, inward in zip(
                ("left", "top", "right", "bottom"), edges, ink, (1, 1, -1, -1), strict=True
            )
            if (at - edge) * inward < 0
        ]
        if sides:
            where = " and ".join(sides)
            yield Finding("safe_area", place, f"text leaves the safe area at the {where}")


def _unsupported(template: Template) -> Iterator[Finding]:
    if isinstance(template.art, Lottie):
        for feature in template.art.unsupported:
            yield Finding("unsupported", "lottie", f"{feature} is not drawn")
