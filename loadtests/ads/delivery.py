"""How a document is sent: late, in drops, compressed, mislabelled, cut short, or not at all."""

import asyncio
import gzip
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from loadtests.ads.sink import until_gone
from loadtests.ads.wire import reset

MAX_S = 600.0
QUERY = {
    "slow": "seconds before the answer begins",
    "drip": "seconds between one byte and the next",
    "gzip": "1: compressed; 2: said to be, and is not",
    "bom": "1: with a byte order mark",
    "lead": "1: with empty lines before the XML declaration",
    "type": "the content type, application/xml if it is not said",
    "status": "of the answer, 200 if it is not said",
    "to": "the Location header",
    "cut": "1: the connection is reset after half of the answer",
    "hang": "1: there is no answer",
    "reset": "1: the connection is reset at once",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a document is sent."""

    slow_s: float = 0.0
    drip_s: float = 0.0
    packed: str = ""  # "1": compressed, "2": only said to be
    bom: bool = False
    lead: bool = False
    content_type: str = "application/xml"
    status: int = 200
    location: str = ""
    cut: bool = False
    hang: bool = False
    reset: bool = False

    def dressed(self, body: bytes) -> bytes:
        """The bytes that are sent of a document."""
        if self.lead:
            body = b"\r\n\n" + body
        if self.bom:
            body = BOM_UTF8 + body
        return gzip.compress(body, mtime=0) if self.packed == "1" else body

    async def send(self, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what was dressed.

        Raises:
            Reset: The connection cannot be reset.
        """
        await asyncio.sleep(self.slow_s)
        if self.hang:
            await until_gone(receive)
            return
        if self.reset:
            await reset(scope, send)
            return
        headers = {"content-type": self.content_type} if self.content_type else {}
        if self.packed:
            headers["content-encoding"] = "gzip"
        if self.location:
            headers["location"] = self.location
        if not self.cut and not self.drip_s:
            await Response(body, self.status, headers)(scope, receive, send)
            return
        head = Response(None, self.status, {**headers, "content-length": str(len(body))})
        await send(
            {"type": "http.response.start", "status": self.status, "headers": head.raw_headers}
        )
        for piece in _drops(body) if self.drip_s else [body[: len(body) // 2]]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(self.drip_s)
        if self.cut:
            await reset(scope, send)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def read_delivery(query: Mapping[str, str]) -> Delivery:
    """Read how a call wants to be answered; what cannot be read is as if it were not there."""
    status = query.get("status", "")
    return Delivery(
        slow_s=_seconds(query.get("slow", "")),
        drip_s=_seconds(query.get("drip", "")),
        packed=query.get("gzip", "") if query.get("gzip") in ("1", "2") else "",
        bom=query.get("bom") == "1",
        lead=query.get("lead") == "1",
        content_type=_header(query.get("type", "application/xml")),
        status=int(status) if len(status) == 3 and "200" <= status <= "599" else 200,
        location=_header(query.get("to", "")),
        cut=query.get("cut") == "1",
        hang=query.get("hang") == "1",
        reset=query.get("reset") == "1",
    )


def _drops(body: bytes) -> list[bytes]:
    return [body[at : at + 1] for at in range(len(body))]


def _header(text: str) -> str:
    return text if text.isascii() and text.isprintable() else ""


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(seconds, MAX_S) if seconds >= 0 else 0.0  # not a number is not >= 0
