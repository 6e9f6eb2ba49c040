"""How often an ad may yet come in a session: caps on creative, advertiser and category (D-56).

VAST knows no caps, and ad servers can keep theirs only as far as they recognise a viewer. These
count what Weft itself has decided for a session, in seconds of its content: of VOD, all breaks are
decided at once. What the store has is in the session; beside it stand here the breaks that are
being stored, and who advertises with which creative. Both are bounded, and what is forgotten of
the latter, also with the process, is not counted until the creative is offered again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from cachetools import LRUCache

from packager.config.ad_settings import Cap
from packager.decisions.fill import Candidate, Name
from packager.session import Session

SESSIONS = 4096  # whose breaks are being stored
CREATIVES = 16_384  # whose names are known

_Pod = tuple[Decimal, Sequence[str]]  # where it begins, on the content clock; its creatives


class Exposures:
    """What sessions were given, as far as caps ask."""

    def __init__(self) -> None:
        self._given: LRUCache[str, dict[str, _Pod]] = LRUCache(SESSIONS)  # by sid, then break
        self._names: LRUCache[str, frozenset[Name]] = LRUCache(CREATIVES)

    def allowances(
        self,
        session: Session,
        break_id: str,
        at: Decimal,
        caps: Mapping[str, Cap],
        candidates: Iterable[Candidate],
    ) -> dict[Name, int]:
        """Say how often each name of the candidates may come in a break.

        Args:
            session: Whose.
            break_id: Of the break.
            at: Where it begins, on the content clock.
            caps: By kind of name.
            candidates: What is offered; their names are remembered.
        """
        if not caps:
            return {}
        asked: set[Name] = set()
        for candidate in candidates:
            if candidate.refusal is None:
                self._names[candidate.id] = candidate.names
                asked |= candidate.names
        times: dict[Name, list[Decimal]] = defaultdict(list)
        for other, (begins_at, creatives) in self._pods(session).items():
            for creative in creatives if other != break_id else ():
                for name in self._names.get(creative, frozenset({("creative", creative)})):
                    times[name].append(begins_at)
        return {
            name: allowance(times[name], at, caps[name[0]]) for name in asked if name[0] in caps
        }

    def note(self, session: Session, break_id: str, at: Decimal, creatives: Sequence[str]) -> None:
        """Count creatives that were chosen, before the store has them."""
        pods = self._given.get(session.sid, {})
        unstored = {name: pod for name, pod in pods.items() if name not in session.decisions}
        self._given[session.sid] = unstored | {break_id: (at, creatives)}

    def _pods(self, session: Session) -> dict[str, _Pod]:
        stored: dict[str, _Pod] = {
            decision.break_id: (
                decision.out_at,
                [entry.creative_id for entry in decision.pod if entry.kind == "ad"],
            )
            for decision in session.decisions.values()
        }
        return self._given.get(session.sid, {}) | stored  # what stands is what the store has


def allowance(times: Iterable[Decimal], at: Decimal, cap: Cap) -> int:
    """How often something that came at `times` may come at `at`, before or behind them.

    So often that no stretch of the cap's length has more than the cap allows.
    """
    near = [time for time in times if abs(time - at) < cap.per_s]
    begins = [at, *(time for time in near if time <= at)]
    fullest = max(sum(begin <= time < begin + cap.per_s for time in near) for begin in begins)
    return max(cap.times - fullest, 0)
