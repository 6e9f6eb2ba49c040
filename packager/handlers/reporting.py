"""Segments of ads that are reported by the server: counted, then redirected to (design, 5.2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate

from cachetools import LRUCache
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from manifests.creative import Creative
from packager.clock import Clock
from packager.cmcd import LONGEST_BUFFER_S, buffered_s
from packager.handlers.sessions import SessionDesk
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.reporting.places import Position, positions_of
from packager.reporting.reporter import Reporter
from packager.reporting.reporter import Request as Evidence
from packager.responses import PERSONAL, refusal
from packager.sessions import Sessions


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a creative's files are."""

    positions: dict[str, Position]  # by ``{digest}/{name}``
    digests: frozenset[str]
    ends: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingHandlers:
    """What the routes below a session's playlists call."""

    desk: SessionDesk
    sessions: Sessions
    creative: Callable[[str], Creative | None]
    media_base: str  # what URIs of all creatives begin with
    reporter: Reporter
    clock: Clock
    metrics: Metrics
    _parts: LRUCache[str, _Parts] = field(default_factory=lambda: LRUCache(4096), repr=False)

    async def segment(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/segment/{break}/{index}/{digest}/{name}``.

        Only what the session was promised is redirected to, and only a GET of a media segment
        counts as evidence of playback (E-05).
        """
        path = request.path_params
        token, now = path["key"], self.clock.now()
        session = self.sessions.lookup(token, now) or await self.sessions.resume(token, now)
        session.require(tenant=path["tenant"])
        decision = session.decisions.get(path["break_id"])
        index = int(path["index"])
        if decision is None or index >= len(decision.pod) or not decision.pod[index].is_tracked:
            return refusal(Reason.NOT_FOUND, self.metrics, detail="no such place in the session")
        parts = self._parts_of(decision.pod[index].creative_id)
        if parts is None or path["digest"] not in parts.digests:
            return refusal(Reason.ASSET_UNKNOWN, self.metrics)
        name = f"{path['digest']}/{path['name']}"
        position = parts.positions.get(name)
        if position is not None and request.method == "GET":
            disclosed = self.desk.disclosed(request, session)
            self.reporter.saw(
                Evidence(
                    sid=session.sid,
                    break_id=decision.break_id,
                    index=index,
                    position=position,
                    ends=parts.ends,
                    at=self.clock.monotonic(),
                    buffered_s=min(buffered_s(request), LONGEST_BUFFER_S),
                    headers=tuple(disclosed.headers.items()),
                    macros=disclosed.macros,
                )
            )
        return RedirectResponse(self.media_base + name, 302, headers={"cache-control": PERSONAL})

    def _parts_of(self, creative_id: str) -> _Parts | None:
        found: _Parts | None = self._parts.get(creative_id)
        if found is None:
            creative = self.creative(creative_id)
            if creative is None:
                return None
            positions = positions_of(creative, base=self.media_base)
            reference = next(iter(creative.renditions.values()))
            found = self._parts[creative_id] = _Parts(
                positions=positions,
                digests=frozenset(name.partition("/")[0] for name in positions),
                ends=tuple(accumulate(segment.duration for segment in reference.segments)),
            )
        return found
