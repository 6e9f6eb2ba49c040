"""Decisions as splices: what sessions that decided alike share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cachetools import LRUCache

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from manifests.splicing.signalling import Signalling
from manifests.splicing.timeline import Splice
from packager.house_media import House
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening
from packager.pod_signals import PodSignals
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.reporting.places import place_of
from packager.session import Session
from packager.stores.records import Decision

KEPT = 65_536
NOTHING_TOLD: Mapping[str, Signalling] = {}


class Splices:
    """The splices of a process's sessions."""

    def __init__(self, house: House, signals: PodSignals, metrics: Metrics) -> None:
        """Keep none yet.

        Args:
            house: Has the creatives.
            signals: Knows what manifests tell of ads.
            metrics: Is told of degradations.
        """
        self._house = house
        self._signals = signals
        self._metrics = metrics
        self._kept: LRUCache[tuple[object, ...], Splice | None] = LRUCache(KEPT)

    def of(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        openings: Sequence[Opening],
        told: Mapping[str, Signalling] = NOTHING_TOLD,
    ) -> tuple[Splice, ...]:
        """A session's splices in some of its breaks.

        Args:
            session: With its decisions.
            presentation: What it watches.
            channel: As it is now.
            openings: The breaks.
            told: What manifests tell of the ads of some, by break id; of others, what is kept.
        """
        splices = []
        for one in openings:
            decision = session.decisions.get(one.ad_break.id)
            if decision is not None and decision.outcome == "fill":
                signalling: Signalling | None = None
                if session.record.parameters.signalling:
                    signalling = told.get(one.ad_break.id) or self._signals.kept(
                        session, one.ad_break.id
                    )
                splice = self._splice(
                    session, presentation, channel, one.ad_break, decision, signalling
                )
                if splice is not None:
                    splices.append(splice)
        return tuple(splices)

    def _splice(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        ad_break: AdBreak,
        decision: Decision,
        signalling: Signalling | None,
    ) -> Splice | None:
        """A decision as a splice; sessions with equal decisions, told the same, share it."""
        reports = session.record.parameters.reporting == "server"
        key = (
            presentation.channel_id,
            channel.version,
            ad_break.id,
            (decision.out_at, decision.in_at) if ad_break.joins else None,
            decision.pod,
            reports,
            None if signalling is None else signalling.digest,
        )
        if key in self._kept:
            found: Splice | None = self._kept[key]
            return found
        ladder = presentation.ladder
        pod = [
            self._house.placed(
                entry.creative_id,
                place_of(ad_break.id, index) if reports and entry.is_tracked else "",
            )
            for index, entry in enumerate(decision.pod)
        ]
        creatives = [
            creative
            for creative in pod
            if creative is not None
            and ladder is not None
            and all(rung.key in creative.renditions for rung in ladder.rungs)
        ]
        if len(creatives) < len(pod):
            # Not remembered: another process may be packaging it at this moment.
            report(Reason.MEDIA_MISSING, "packaged_media_missing", self._metrics)
            return None
        rung = presentation.reference_rung or ""
        if ad_break.is_point:
            splice: Splice | None = channel.insertion_of(
                ad_break.start, creatives, rung, break_id=ad_break.id
            )
        else:
            splice = channel.splice_of(ad_break, creatives, rung)
        if splice is not None and signalling is not None:
            splice = replace(splice, signalling=signalling)
        self._kept[key] = splice
        return splice
