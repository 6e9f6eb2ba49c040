"""What a worker of these tests makes of a segment: it, and the digests of what would be drawn."""

import hashlib
import json

from packager.rendering.order import Order


def draw(order: Order) -> bytes:
    told = [
        hashlib.sha256(data).hexdigest()
        for one in order.work.drawings
        for _, data in one.images
        if _ in json.loads(one.data).values()
    ]
    return order.init + order.segment + json.dumps(told).encode()
