"""B-50, B-64: overlays that players draw, as MPDs tell of them."""

from decimal import Decimal

from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.overlay_events import SCHEME, with_overlay_events
from manifests.dash.reading.reader import read_mpd
from manifests.guided_overlay import GuidedOverlay

SETS = """<AdaptationSet contentType="video" mimeType="video/mp4">
  <SegmentTemplate media="$Number$.m4s" initialization="i.mp4" duration="2"/>
  <Representation id="v" bandwidth="1"/></AdaptationSet>"""
TEXT = f"""<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT2S"
  type="static" mediaPresentationDuration="PT40S">
  <Period id="a" start="PT0S"><BaseURL>x/</BaseURL><AssetIdentifier schemeIdUri="urn:a"/>
  <EventStream schemeIdUri="urn:other" timescale="1"><Event presentationTime="1" id="1"/>
  </EventStream>{SETS}</Period><Period id="b" start="PT20S">{SETS}</Period></MPD>"""


def an_mpd() -> Mpd:
    return read_mpd(TEXT.encode(), url="https://o.example/a.mpd")


def an_overlay(
    begins: str, ends: str, film: tuple[int, int, int, int] | None = None
) -> GuidedOverlay:
    return GuidedOverlay(
        begins=Decimal(begins),
        ends=Decimal(ends),
        url=f"/tm/{begins}",
        size=(1920, 1080),
        film=film,
    )


def test_each_overlay_is_an_event_of_the_period_that_it_begins_in() -> None:
    mpd = an_mpd()
    told = with_overlay_events(
        mpd,
        (
            an_overlay("-3", "-1"),
            an_overlay("-1", "1"),
            an_overlay("4.5", "6"),
            an_overlay("20", "23"),
        ),
    )
    found = [
        [
            (float(event.at), float(event.duration or 0), event.element[0].get("uri"))
            for stream in period.event_streams
            if stream.scheme == SCHEME
            for event in stream.events
        ]
        for period in told.periods
    ]
    assert found == [[(0, 1, "/tm/-1"), (4.5, 1.5, "/tm/4.5")], [(0, 3, "/tm/20")]]
    assert etree.tostring(mpd.element) == etree.tostring(an_mpd().element)  # not modified
    assert with_overlay_events(mpd, ()) is mpd


def test_the_events_stand_where_the_schema_wants_them() -> None:
    told = with_overlay_events(an_mpd(), (an_overlay("4", "6", (0, 0, 1440, 810)),))
    names = [etree.QName(child).localname for child in told.periods[0].element]
    assert names == ["BaseURL", "AssetIdentifier", "EventStream", "EventStream", "AdaptationSet"]
    (shown,) = next(told.periods[0].element.iter("{*}OverlayEvent")).iterancestors("{*}Event")
    (event,) = shown
    assert dict(event.attrib) == {"uri": "/tm/4", "mimeType": "image/png", "z": "1"}
    boxes = {
        etree.QName(box).localname: [dict(point.attrib) for point in box] or dict(box.attrib)
        for box in event
    }
    assert boxes == {
        "Viewport": {"x": "1920", "y": "1080"},
        "Overlay": [{"x": "0", "y": "0"}, {"x": "1920", "y": "1080"}],
        "Squeeze": [{"x": "0", "y": "0"}, {"x": "1440", "y": "810"}],
    }
