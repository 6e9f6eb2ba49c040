"""Messages of the demo's channel, read as Weft reads them."""

from decimal import Decimal
from fractions import Fraction

import pytest

from manifests.breaks import CueKind
from manifests.cues import CueRules
from manifests.cues.payloads import read_message
from manifests.scte35 import to_base64
from packager.demo.schedule import Dialect, Offer, OriginSettings
from packager.demo.signals import DISTRIBUTOR, PROVIDER, offer_message

OVERLAYS = CueRules(start_types=(PROVIDER, DISTRIBUTOR), overlays=True, splice_insert=False)


@pytest.mark.parametrize(
    ("event_id", "type_id"), [(1, PROVIDER), (2, DISTRIBUTOR)], ids=["provider", "distributor"]
)
@pytest.mark.parametrize("at", [None, Fraction(7, 2)])
def test_offers_for_overlays_come_in_turn_and_open_no_break(
    event_id: int, type_id: int, at: Fraction | None
) -> None:
    """C-06."""
    for seconds, kind, number in ((8, CueKind.OUT, type_id), (None, CueKind.IN, type_id + 1)):
        message = offer_message(Offer.OVERLAYS, event_id, announced_s=seconds, at=at)
        shown = read_message(to_base64(message), Decimal(0), OVERLAYS)
        assert shown is not None
        assert [(cue.kind, cue.type_id, cue.duration) for cue in shown.cues] == [
            (kind, number, seconds)
        ]
        ads = read_message(to_base64(message), Decimal(0), CueRules())
        assert ads is not None
        assert ads.cues == ()


def test_words_of_playlists_offer_time_for_ads_alone() -> None:
    with pytest.raises(ValueError, match="ads alone"):
        OriginSettings(offer=Offer.OVERLAYS, dialect=Dialect.BOTH)
