"""The assets of shows: files as packaged, clips as made, and what stands in for one not ready."""

from dataclasses import dataclass

from manifests.creative import Creative
from packager.clips.clips import Clips
from packager.config.clip_settings import Clip
from packager.config.show_settings import Show
from packager.house import PackagedHouse
from packager.log import report
from packager.looks.binding import Facts
from packager.metrics import Metrics
from packager.packaging.ladder import Ladder
from packager.personalization.settled import Settled
from packager.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """Finds assets by name."""

    house: PackagedHouse
    clips: Clips
    metrics: Metrics

    def find(
        self, show: Show, name: str, ladder: Ladder, facts: Facts, settled: Settled
    ) -> Creative | Reason | None:
        """An asset as it can be shown now; None: not yet; a reason: it cannot be.

        Args:
            show: Whose asset it is.
            name: Of it; where it is not ready, what its `or:` names is given.
            ladder: Of the presentation.
            facts: What is known of viewer and moment; clips are made of it.
            settled: Says which of the assets the session may be shown.
        """
        asset = show.assets[name]
        found = self.alone(show, name, ladder, facts)
        if isinstance(found, Creative) or asset.otherwise is None:
            return found
        if found is None and isinstance(asset, Clip):
            report(Reason.CLIP_NOT_READY, "clip_stood_in_for", self.metrics, asset=name)
        if not settled.allowed(asset.otherwise):
            return found
        # The check `clips_end`: it ends.
        return self.find(show, asset.otherwise, ladder, facts, settled)

    def alone(
        self, show: Show, name: str, ladder: Ladder, facts: Facts
    ) -> Creative | Reason | None:
        """The same, without what stands in for it."""
        asset = show.assets[name]
        if isinstance(asset, Clip):
            return self.clips.find(show, asset, ladder, facts)
        return self.house.asset(name, asset, show, ladder)

    def get(self, creative_id: str) -> Creative | None:
        """A creative by its id: an ad, an asset or a clip."""
        return self.house.creative(creative_id) or self.clips.get(creative_id)

    def prepare(self, show: Show, ladder: Ladder) -> None:
        """Begin everything that a show may need for a ladder."""
        self.house.prepare(show, ladder)
        self.clips.warm(show, ladder)

    async def settled(self) -> None:
        """Wait until nothing is being packaged or made."""
        await self.house.settled()
        await self.clips.settled()
