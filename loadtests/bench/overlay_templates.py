"""What a template costs, by frame: standing still, moving, coming and going."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from loadtests.bench.measure import Aim, Subject, measure
from overlays.templates.model import Size, Template
from overlays.templates.reader import read_template
from overlays.templates.stage import TemplateLayer, make_layer
from packager.templates.folder import find_folder, library, load_template, shelf

SIZE: Size = (1280, 720)
STILL, MOVING = "scorebug", "moving Lottie"
AIM_MS = 1.0
_RATE = 25
_LASTS_S = Fraction(20)
_HOLD_S = Fraction(8)  # into the overlay: whatever its phases, it has come


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Milliseconds of one frame in a phase of a template."""

    template: str
    phase: str
    median_ms: float
    worst_ms: float


def run_templates(*, rounds: int) -> list[Frames]:
    """Measure all templates that Weft brings along, and a Lottie that never stands still."""
    spans: dict[tuple[str, str], list[Fraction]] = {}
    subjects = []
    for name, template in templates().items():
        layer = layer_of(name, SIZE, lasts=_LASTS_S)
        for phase, times in _spans(template).items():
            if times:
                spans[name, phase] = times
                subjects.append(Subject(f"{name}/{phase}", _drawing(layer, times)))
    measured = measure(subjects, rounds=rounds)
    return [
        Frames(
            template=name,
            phase=phase,
            median_ms=measured[f"{name}/{phase}"].median_us / len(times) / 1000,
            worst_ms=measured[f"{name}/{phase}"].worst_us / len(times) / 1000,
        )
        for (name, phase), times in spans.items()
    ]


def aims(found: Sequence[Frames]) -> list[Aim]:
    """Whether a frame costs as little as it should."""
    aims = []
    for what, phases in (("that holds, still or moving", ("hold",)), ("in or out", ("in", "out"))):
        dearest = max((one for one in found if one.phase in phases), key=lambda one: one.median_ms)
        told = f"{dearest.median_ms:.2f} ms ({dearest.template}, {dearest.phase})"
        text = f"frame of a template {what}, at {SIZE[1]}p: at most {AIM_MS:g} ms"
        aims.append(Aim(text, told, dearest.median_ms <= AIM_MS))
    return aims


@cache
def templates() -> dict[str, Template]:
    """What is measured, by name."""
    ours = {name: load_template(find_folder(name, beside=Path("/"))) for name in library()}
    return {**ours, MOVING: _moving()}


def layer_of(name: str, size: Size, *, lasts: Fraction | None = None) -> TemplateLayer:
    """A template with its first sample, at a size."""
    template = templates()[name]
    data = template.canonical(template.samples[0].data)
    return make_layer(template, data, size, lasts=lasts)


def _spans(template: Template) -> dict[str, list[Fraction]]:
    """Instants of frames in each phase: all of `in` and `out`, a second of `hold`."""
    phases = template.phases

    def frames(start: Fraction, seconds: Fraction) -> list[Fraction]:
        return [start + Fraction(number, _RATE) for number in range(int(seconds * _RATE))]

    return {
        "in": frames(Fraction(0), phases.enter_s),
        "hold": frames(_HOLD_S, Fraction(1)),
        "out": frames(_LASTS_S - phases.leave_s, phases.leave_s),
    }


def _drawing(layer: TemplateLayer, times: Sequence[Fraction]) -> Callable[[], None]:
    def draw() -> None:
        for time in times:
            layer.at(time)

    return draw


def _moving() -> Template:
    """A bar whose accent slides to and fro for as long as it stands, with a name on it."""
    width, height = SIZE
    bar = _shape("bar", [520, 84], [0.07, 0.09, 0.16, 1], _fixed([360, 600, 0]))
    slide = [{"t": at, "s": [x, 636, 0]} for at, x in ((0, 140), (25, 580), (50, 140))]
    accent = _shape("accent", [80, 8], [1, 0.76, 0.2, 1], {"a": 1, "k": slide})
    name = {"ty": 2, "nm": "name", "refId": "name", "ks": _placed(_fixed([120, 566, 0])), **_LIFE}
    image = {"id": "name", "w": 480, "h": 56, "u": "", "p": "name.png", "e": 0}
    document = {
        "v": "5.7.0", "fr": _RATE, "ip": 0, "op": 50, "w": width, "h": height,
        "assets": [image], "layers": [accent, name, bar],
    }  # fmt: skip
    text = {"type": "text", "box": [0, 0, 480, 56], "text": "{name}", "size": 40}
    whole = {
        "id": "moving", "version": "1", "kind": "lottie", "size": SIZE,
        "safe_area": "none", "elements": [], "samples": ["name.json"],
        "data": {"type": "object", "properties": {"name": {"type": "string"}}},
        "lottie": {
            "file": "a.json",
            "frames": {"in": [0, 0], "hold": [0, 49], "out": [0, 0]},
            "slots": [{"asset": "name", "elements": [text]}],
        },
    }  # fmt: skip
    texts = {"template.json": whole, "a.json": document, "name.json": {"name": "Anna Lindqvist"}}
    empty = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(empty, "PNG")
    files = {name: json.dumps(value).encode() for name, value in texts.items()}
    return read_template({**files, "name.png": empty.getvalue()}, shelf())


_LIFE = {"ip": 0, "op": 50, "st": 0}


def _fixed(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}


def _placed(position: Any) -> dict[str, Any]:
    whole, none = _fixed([100, 100, 100]), _fixed([0, 0, 0])
    return {"o": _fixed(100), "r": _fixed(0), "p": position, "a": none, "s": whole}


def _shape(name: str, size: list[int], colour: list[float], position: Any) -> dict[str, Any]:
    rectangle = {"ty": "rc", "s": _fixed(size), "p": _fixed([0, 0]), "r": _fixed(12)}
    fill = {"ty": "fl", "c": _fixed(colour), "o": _fixed(100), "r": 1}
    move = {"ty": "tr", **_placed(_fixed([0, 0]))}
    group = {"ty": "gr", "it": [rectangle, fill, move]}
    return {"ty": 4, "nm": name, "ks": _placed(position), "shapes": [group], **_LIFE}
