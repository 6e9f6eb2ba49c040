"""Ads for the tests of tracking: one that has everything, and random ones."""

from decimal import Decimal

from hypothesis import strategies as st

from packager.decisions.ads import (
    Ad,
    Companion,
    Extension,
    FallbackImage,
    Icon,
    InteractiveFile,
    Linear,
    Link,
    NonLinear,
    Resource,
    Tracking,
    UniversalAdId,
    Verification,
    VerificationResource,
    ViewableImpression,
)

SINK = "https://sink.test/"


def link(name: str) -> Link:
    return Link(SINK + name)


def tracking(event: str, name: str, offset: str = "") -> Tracking:
    return Tracking(event, SINK + name, offset)


FULL = Ad(
    id="vast-7",
    ad_system="Acme Ads",
    title="Sågverk „Nord“",
    serving_id="serve 7",
    creative_id="crid-7",
    creative_ad_id="spot-7",
    creative_sequence=2,
    universal_ad_ids=(
        UniversalAdId("ad-id.org", "ABCD1234567H"),
        UniversalAdId("clearcast.co.uk", "AAA/BBB123/010"),
    ),
    impressions=(link("imp-inline"), link("imp-wrapper"), Link("about:blank"), link("imp-inline")),
    viewable_impressions=(
        ViewableImpression(viewable=(SINK + "seen",), undetermined=(SINK + "unsure",)),
    ),
    error_urls=(SINK + "error?code=[ERRORCODE]",),
    verifications=(
        Verification(
            vendor="measure.test-omid",
            resources=(
                VerificationResource(
                    kind="javascript",
                    url="https://measure.test/omid.js",
                    api_framework="omid",
                    browser_optional=True,
                ),
                VerificationResource(
                    kind="executable",
                    url="https://measure.test/omid.bin",
                    api_framework="omid-native",
                    type="application/octet-stream",
                ),
            ),
            tracking=(tracking("verificationNotExecuted", "unmeasured?r=[REASON]"),),
            parameters="k=v",
        ),
    ),
    extensions=(Extension("geo", '<Extension type="geo"><Country>SE</Country></Extension>'),),
    companions=(
        Companion(
            id="c1",
            width=300,
            height=250,
            alt_text="a saw",
            resources=(Resource("static", "https://img.test/c1.png", "image/png"),),
            click_through="https://shop.test/?a=[ADSERVINGID]",
            click_tracking=(link("c-click"), link("c-click-2")),
            tracking=(tracking("creativeView", "c-view"),),
        ),
    ),
    nonlinears=(
        NonLinear(
            id="n1",
            width=480,
            height=70,
            min_duration=Decimal(5),
            resources=(Resource("static", "https://img.test/n1.png", "image/png"),),
            click_tracking=(Link(SINK + "n-click", "n-click-id"), link("n-click-2")),
        ),
    ),
    nonlinear_tracking=(tracking("creativeView", "n-view"),),
    linear=Linear(
        duration=Decimal(15),
        skip_offset="25%",
        tracking=(
            tracking("start", "start-inline"),
            tracking("start", "start-wrapper"),
            tracking("midPoint", "mid"),
            tracking("firstQuartile", "q1?p=[ADPLAYHEAD]&s=[SERVERSIDE]&d=[DEVICEIP]"),
            tracking("thirdQuartile", "q3"),
            tracking("complete", "done"),
            tracking("creativeView", "view"),
            tracking("loaded", "loaded"),
            tracking("progress", "p-late", "00:00:12.500"),
            tracking("progress", "p-early", "10%"),
            tracking("progress", "p-never", "00:01:00"),
            tracking("progress", "p-bad", "soon"),
            tracking("mute", "mute"),
            tracking("notUsed", "unused"),
            tracking("acceptInvitationLinear", "accept"),
            Tracking("pause", " "),
        ),
        click_through="https://shop.test/",
        click_tracking=(link("click"),),
        custom_clicks=(link("custom"),),
        icons=(
            Icon(
                program="AdChoices",
                width=20,
                height=20,
                x="right",
                y="top",
                offset=Decimal(2),
                duration=Decimal(60),
                resources=(Resource("static", "https://img.test/i.png", "image/png"),),
                click_through="https://choices.test/",
                click_tracking=(link("i-click"),),
                view_tracking=(SINK + "i-view", SINK + "i-view-2"),
                fallback_images=(
                    FallbackImage(url="https://img.test/f.png", width=400, alt_text="why"),
                ),
            ),
        ),
        interactive_files=(
            InteractiveFile(
                url="https://simid.test/?a=1&b=2", type="text/html", api_framework="SIMID"
            ),
        ),
        ad_parameters='{"a":1}',
    ),
)

URLS = st.sampled_from(["", "about:blank", *[f"{SINK}{n}?m=[CACHEBUSTING]" for n in range(4)]])
EVENTS = st.sampled_from(
    [
        *("impression", "loaded", "start", "firstQuartile", "midpoint", "thirdQuartile"),
        *("complete", "progress", "creativeView", "mute", "progress@5", "a/b:c", "notUsed"),
    ]
)
OFFSETS = st.sampled_from(["", "00:00:00", "00:00:05", "00:00:05.001", "33%", "100%", "200%", "x"])
LENGTHS = st.integers(1, 120_000).map(lambda ms: Decimal(ms).scaleb(-3)) | st.fractions(
    "1/1000", 120
).map(lambda exact: Decimal(exact.numerator) / exact.denominator)


@st.composite
def ads(draw: st.DrawFn) -> Ad:
    return Ad(
        id=draw(st.text(max_size=5)),
        title=draw(st.text(max_size=5)),
        impressions=tuple(map(Link, draw(st.lists(URLS, max_size=3)))),
        linear=Linear(
            skip_offset=draw(st.none() | OFFSETS),
            tracking=tuple(draw(st.lists(st.builds(Tracking, EVENTS, URLS, OFFSETS), max_size=9))),
            click_through=draw(st.none() | URLS),
            click_tracking=tuple(map(Link, draw(st.lists(URLS, max_size=2)))),
        ),
        nonlinear_tracking=tuple(draw(st.lists(st.builds(Tracking, EVENTS, URLS), max_size=2))),
    )
