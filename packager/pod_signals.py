"""What manifests tell of a session's ads (E-12): made once per break from what was stored with it.

It follows from the session, the decision and the media alone, so that every process, and every
answer, says the same. So of the viewer the URLs of ads get what the session began with, which is
consent; what a single request tells (address, device) the player's own requests tell as well.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from cachetools import LRUCache

from manifests.creative import Creative
from manifests.splicing.signalling import Signalling
from manifests.timing import EPOCH
from packager.decisions.ads import Ad
from packager.decisions.beacon_macros import beacon_macros
from packager.decisions.macros import MacroValue
from packager.openings import is_live
from packager.pods import Pods
from packager.presentation import Presentation
from packager.session import Session
from packager.stores.records import Decision
from packager.tracking.avails import PlacedAd
from packager.tracking.signalling import signal, signal_text
from packager.viewer import Viewer

_CONSENT = ("GDPRCONSENT", "GPPSTRING", "GPPSECTIONID", "REGULATIONS")


class PodSignals:
    """What a process's sessions are told; kept, so that most answers find it at once."""

    def __init__(
        self,
        *,
        pods: Pods,
        creative: Callable[[str], Creative | None],
        max_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        """Keep nothing yet.

        Args:
            pods: What ad servers said.
            creative: By id; None: it is not packaged here.
            max_bytes: Of what is kept.
        """
        self._pods = pods
        self._creative = creative
        self._kept: LRUCache[tuple[str, str], Signalling] = LRUCache(
            max_bytes, lambda signalling: signalling.size
        )

    def kept(self, session: Session, break_id: str) -> Signalling | None:
        """What a session is told of a break; None: it must be loaded."""
        found: Signalling | None = self._kept.get((session.sid, break_id))
        return found

    async def load(
        self, session: Session, presentation: Presentation, decision: Decision
    ) -> Signalling:
        """Make what a session is told of a break; nothing of its ads while that cannot be had.

        Args:
            session: As it stands.
            presentation: What it watches.
            decision: The break's, which fills it.
        """
        live = is_live(session, presentation)
        creatives = [self._creative(entry.creative_id) for entry in decision.pod]
        ads: tuple[Ad | None, ...] = ()
        if any(entry.kind == "ad" for entry in decision.pod):
            pod = await self._pods.of(session.sid, decision.break_id)
            if pod is None:  # P1: the ads play, and are told of when the store is back
                return Signalling(live=live)
            ads = pod.ads
        consent = _consent(session, presentation)
        texts = tuple(
            None
            if creative is None or ad is None or entry.kind != "ad"  # E-11: no slate, no bumper
            else _text(session, creative, ad, index, consent)
            for index, (entry, creative, ad) in enumerate(
                zip(decision.pod, creatives, ads, strict=False)
            )
        )
        found = Signalling(texts=texts, live=live)
        if None not in creatives and found.size <= self._kept.maxsize:
            self._kept[session.sid, decision.break_id] = found
        return found


def _text(
    session: Session,
    creative: Creative,
    ad: Ad,
    index: int,
    consent: Mapping[str, MacroValue],
) -> str:
    placed = PlacedAd(
        index=index,
        start_s=Decimal(0),
        duration_s=creative.duration,
        ad=ad,
        creative_id=creative.id,
    )
    values = beacon_macros(ad, index=index, now=EPOCH, seed="", base=consent)
    return signal_text(signal(placed, reporting=session.record.parameters.reporting, values=values))


def _consent(session: Session, presentation: Presentation) -> Mapping[str, MacroValue]:
    rules = presentation.show.consent.rules
    told, _ = rules.disclose(Viewer(opted_out=True), session.record.parameters.ads)
    return {name: value for name, value in told.macros.items() if name in _CONSENT}
