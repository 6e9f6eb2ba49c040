"""Drawn overlays for tests, from the score bug that Weft brings along."""

import hashlib
import json
from decimal import Decimal
from functools import cache
from pathlib import Path

from overlays.templates.model import Template
from packager.looks.steps import Drawn
from packager.rendering.order import Order
from packager.templates.folder import find_folder, load_template


@cache
def scorebug() -> Template:
    return load_template(find_folder("scorebug", beside=Path("/nowhere")))


def a_drawn(score: str, *, begins: int = 0) -> Drawn:
    data = scorebug().canonical({"score": score})
    return Drawn(
        overlay="bug",
        template=scorebug(),
        text=score.encode(),
        data=data,
        begins=Decimal(begins),
        ends=None,
    )


def draw(order: Order) -> bytes:
    """What a worker of these tests makes of a segment: it, and what would be drawn."""
    told = [json.loads(one.data)["score"] for one in order.work.drawings]
    return order.init + order.segment + json.dumps(told).encode()


def draw_pictures(order: Order) -> bytes:
    """What such a worker makes of it: the segment, and digests of the pictures drawn onto it."""
    told = [
        hashlib.sha256(data).hexdigest() for one in order.work.drawings for _, data in one.images
    ]
    return order.init + order.segment + json.dumps(told).encode()
