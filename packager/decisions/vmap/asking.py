"""Asking a server when the breaks of a session are: one call, through the gate of its host."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from packager.decisions.ad_xml import AdXmlError
from packager.decisions.call_errors import reason_of
from packager.decisions.calls import CallTemplate
from packager.decisions.decider import Fetch
from packager.decisions.gate import Gate, Shed, draw_of
from packager.decisions.gated import FAILURES
from packager.decisions.request import DecisionRequest
from packager.decisions.vmap.breaks import Vmap
from packager.decisions.vmap.document import read_vmap
from packager.outbound import OutboundError
from packager.reasons import Reason
from packager.xml_thread import XmlThread

_RETIRE_BYTES = 16 << 20  # of documents read by one thread
_NO_BREAKS = Vmap(version="")


@dataclass(frozen=True, slots=True, kw_only=True)
class VmapAnswer:
    """What a server said."""

    vmap: Vmap = _NO_BREAKS
    document: bytes = b""  # as it was sent
    reason: Reason | None = None  # why there are no breaks
    detail: str = ""  # the same in words, for the log; names hosts and numbers, no URL


class VmapServer:
    """A server that answers in VMAP."""

    def __init__(
        self,
        call: CallTemplate,
        fetch: Fetch,
        gate: Gate,
        *,
        timeout_s: float,
        viewers: Callable[[], int],
    ) -> None:
        """Ask nothing yet.

        Args:
            call: How it is called.
            fetch: Calls it.
            gate: What stands before it.
            timeout_s: Longest time for an answer.
            viewers: How many viewers there are at present.
        """
        self._call = call
        self._fetch = fetch
        self._gate = gate
        self._timeout_s = timeout_s
        self._viewers = viewers
        self._xml = XmlThread("vmap", retire_bytes=_RETIRE_BYTES)

    async def ask(self, request: DecisionRequest) -> VmapAnswer:
        """Ask for a session's breaks; whatever the server does wrong is a reason (H-12)."""
        draw = draw_of("whether", request.ad_break.id, request.session)
        try:
            async with self._gate.passage(draw=draw, viewers=self._viewers()) as attempt:
                answer = await self._ask(request)
                attempt.failed = answer.reason in FAILURES
                return answer
        except Shed as shed:
            return VmapAnswer(reason=shed.reason, detail=str(shed))

    async def read(self, document: bytes) -> Vmap:
        """Read a document, off the event loop.

        Raises:
            VmapError: It cannot be used.
        """
        # An empty body is as good as an empty document: there are no breaks.
        return await self._xml.run(read_vmap, document) if document.strip() else _NO_BREAKS

    async def _ask(self, request: DecisionRequest) -> VmapAnswer:
        try:
            async with asyncio.timeout(self._timeout_s):
                document = (await self._fetch(self._call.first(request))).body
                return VmapAnswer(vmap=await self.read(document), document=document)
        except TimeoutError:
            why = f"no breaks after {self._timeout_s:g} s"
            return VmapAnswer(reason=Reason.AD_TIMEOUT, detail=why)
        except OutboundError as error:
            return VmapAnswer(reason=reason_of(error), detail=str(error))
        except AdXmlError as error:
            return VmapAnswer(reason=error.reason, detail=str(error))
