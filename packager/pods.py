"""What ad servers said of the pods of sessions: from the store, and kept for who asks next."""

from cachetools import LRUCache

from packager.decisions.ad_record import NO_POD, AdRecordError, PodRecord, read_pod
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import Store, StoreError

KEPT = 4096  # breaks of sessions


class Pods:
    """The pods of a process's sessions."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        """Keep none yet.

        Args:
            store: Has them beside the decisions.
            metrics: Is told of degradations.
        """
        self._store = store
        self._metrics = metrics
        self._kept: LRUCache[tuple[str, str], PodRecord] = LRUCache(KEPT)

    async def of(self, sid: str, break_id: str) -> PodRecord | None:
        """What was stored with a decision; None: the store failed, and may be asked again."""
        key = (sid, break_id)
        found: PodRecord | None = self._kept.get(key)
        if found is not None:
            return found
        try:
            blob = await self._store.load_ads(sid, break_id)
            found = read_pod(blob) if blob else NO_POD
        except StoreError as error:
            report(error.reason, "ads_not_loaded", self._metrics, detail=str(error))
            return None
        except AdRecordError as error:  # it stays as it is
            report(Reason.STORE_FAILED, "ads_not_loaded", self._metrics, detail=str(error))
            found = NO_POD
        self._kept[key] = found
        return found
