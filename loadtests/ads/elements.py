"""The parts that ads of VAST are made of, as VAST 4.2 has them and without a namespace.

Every URL that may be called points at the sink and says in its path which ad, level and event it
stands for. That of a click-through does, too: a server must never call it (E-10).
"""

from dataclasses import dataclass
from decimal import Decimal

from lxml import etree
from lxml.builder import E

INLINE = "inline"

# Of a linear ad, as far as a dialect knows them; `progress` has offsets.
_LINEAR_EVENTS = (
    "loaded creativeView start firstQuartile midpoint thirdQuartile complete mute unmute pause "
    "resume rewind skip playerExpand playerCollapse fullscreen exitFullscreen closeLinear "
    "acceptInvitation acceptInvitationLinear otherAdInteraction"
)
_PROGRESS = ("00:00:03", "00:00:05.500", "90%")


@dataclass(frozen=True, slots=True)
class Beacons:
    """Where the calls of one ad go, at one level of the chain that leads to it."""

    sink: str  # URL of the sink, with the answer, the session and the break
    ad: str
    level: str = INLINE

    def url(self, event: str, query: str = "cb=[CACHEBUSTING]&pod=[PODSEQUENCE]") -> str:
        """The URL of an event; a wrapper's says by its query for which ad of a pod it is called."""
        return f"{self.sink}/{self.ad}/{self.level}/{event}?{query}"


def link(name: str, url: str, **attributes: str) -> etree._Element:
    """An element that holds a URL, with white space around it as ad servers write it (D-01)."""
    element: etree._Element = E(name, **attributes)
    # A section cannot hold a carriage return: it would be read as a line feed.
    element.text = url if "]]>" in url or "\r" in url else etree.CDATA(f"\n{url}\n")
    return element


def clock_time(seconds: Decimal) -> str:
    """Seconds as VAST writes them, ``00:00:15`` or ``00:00:15.500``."""
    whole, rest = divmod(int(seconds * 1000), 1000)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


def tracking(beacons: Beacons) -> etree._Element:
    """What is called while an ad plays, and when somebody does something to it."""
    events = [link("Tracking", beacons.url(event), event=event) for event in _LINEAR_EVENTS.split()]
    events += [
        link(
            "Tracking",
            beacons.url(f"progress-{number}"),
            event="progress",
            offset=offset,
        )
        for number, offset in enumerate(_PROGRESS, 1)
    ]
    return E.TrackingEvents(*events)


def viewable(beacons: Beacons) -> etree._Element:
    """What is called when it is known whether an ad was seen."""
    return E.ViewableImpression(
        link("Viewable", beacons.url("viewable")),
        link("NotViewable", beacons.url("notViewable")),
        link("ViewUndetermined", beacons.url("viewUndetermined")),
        id="viewable",
    )


def verifications(beacons: Beacons) -> etree._Element:
    """A program that measures, of one vendor."""
    event = "verificationNotExecuted"
    return E.AdVerifications(
        E.Verification(
            link(
                "JavaScriptResource",
                "https://verification.invalid/omid.js",
                apiFramework="omid",
                browserOptional="true",
            ),
            E.TrackingEvents(link("Tracking", beacons.url(event, "reason=[REASON]"), event=event)),
            E.VerificationParameters('{"campaign":"1"}'),
            vendor=f"{beacons.level}.verification.invalid",
        )
    )


def icons(beacons: Beacons) -> etree._Element:
    """AdChoices."""
    return E.Icons(
        E.Icon(
            _image(),
            E.IconClicks(
                link("IconClickThrough", beacons.url("icon-clickThrough")),
                link("IconClickTracking", beacons.url("icon-clickTracking")),
            ),
            link("IconViewTracking", beacons.url("icon-view")),
            program="AdChoices",
            width="20",
            height="20",
            xPosition="right",
            yPosition="top",
        )
    )


def companions(beacons: Beacons) -> etree._Element:
    """A picture beside the film."""
    return E.CompanionAds(
        E.Companion(
            _image(),
            E.AltText("A picture beside the film"),
            link("CompanionClickThrough", beacons.url("companion-clickThrough")),
            link("CompanionClickTracking", beacons.url("companion-clickTracking"), id="click"),
            E.TrackingEvents(
                link("Tracking", beacons.url("companion-creativeView"), event="creativeView")
            ),
            id="companion",
            width="300",
            height="250",
        ),
        required="none",
    )


def _image() -> etree._Element:
    return link("StaticResource", "https://images.invalid/picture.png", creativeType="image/png")


def nonlinears(beacons: Beacons) -> etree._Element:
    """Images for an overlay (D-10)."""
    return E.NonLinearAds(
        E.TrackingEvents(
            *(
                link("Tracking", beacons.url(f"overlay-{event}"), event=event)
                for event in ("creativeView", "acceptInvitation", "close")
            )
        ),
        E.NonLinear(
            _image(),
            link("NonLinearClickThrough", beacons.url("overlay-clickThrough")),
            link("NonLinearClickTracking", beacons.url("overlay-clickTracking")),
            id="overlay",
            width="480",
            height="150",
            minSuggestedDuration="00:00:05",
            scalable="true",
        ),
    )
