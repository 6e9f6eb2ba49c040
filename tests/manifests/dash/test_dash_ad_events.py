"""Event streams that tell of ads in MPDs (B-50, E-12)."""

from decimal import Decimal

import pytest
from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.dash.periods.ad_events import ad_events
from manifests.splicing.signalling import SCHEME


def stream(text: str, *, id: str = "b1.0", prefix: str | None = None) -> etree._Element:
    written = ad_events(text, id=id, duration=Decimal("15.0405"), prefix=prefix)
    xmlns = f"xmlns:{prefix}" if prefix else "xmlns"
    return etree.fromstring(f'<p {xmlns}="{NAMESPACE}">'.encode() + written + b"</p>")[0]


@pytest.mark.parametrize("prefix", [None, "m"])
def test_one_event_begins_with_the_ad_and_lasts_as_long(prefix: str | None) -> None:
    found = stream("{}", prefix=prefix)
    assert found.tag == f"{{{NAMESPACE}}}EventStream"
    assert dict(found.attrib) == {"schemeIdUri": SCHEME, "timescale": "1000"}
    (event,) = found
    assert event.tag == f"{{{NAMESPACE}}}Event"
    assert (event.get("presentationTime"), event.get("duration")) == ("0", "15040")
    assert 0 <= int(event.get("id")) < 2**32  # the schema's unsignedInt


def test_events_are_numbered_apart_and_always_the_same() -> None:
    numbers = [stream("{}", id=name)[0].get("id") for name in ("b1.0", "b1.1", "b2.0", "b1.0")]
    assert len({*numbers}) == 3
    assert numbers[0] == numbers[3]


@pytest.mark.parametrize("text", ['{"url":"https://x.test/?a=1&b=<2>"}', "]]>", "&amp;"])
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    assert stream(text)[0].text == text
