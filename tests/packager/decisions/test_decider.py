import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import httpx2
import pytest

from manifests.breaks import AdBreak
from manifests.creative import Creative
from packager.decisions import Omission
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.calls import AdCall, CallTemplate
from packager.decisions.decider import (
    AD_LIMITS,
    Answer,
    Fetch,
    FixedDecider,
    VastDecider,
)
from packager.decisions.fill import fill
from packager.decisions.offers import Decided
from packager.decisions.request import DecisionRequest
from packager.decisions.templates import read_template
from packager.decisions.vast_errors import ErrorCall
from packager.demo.ad_server import AdServer, DemoAd
from packager.outbound import GuardedClient, OutboundError, Policy, Refused, Truncated
from packager.packaging.ladder import Ladder, Rung, VideoSpec
from packager.reasons import Reason

BASE = "http://ads.test"
ADS = [
    DemoAd(id=id, media_url=f"http://media.test/{id}.mp4", duration=Decimal(seconds))
    for id, seconds in (("a", 10), ("b", 15), ("c", 20))
]
LADDER = Ladder(
    entries=(
        Rung(
            kind="video",
            container="cmaf",
            segment_s=Fraction(2),
            frame_grid=Fraction(25),
            video=VideoSpec(width=1280, height=720, frame_rate=Fraction(25), bitrate=3_000_000),
        ),
    )
)
REQUEST = DecisionRequest(
    show="news",
    session="d1gest",
    ad_break=AdBreak(id="b1", start=Decimal(0), out_at=Decimal(0), planned_end=Decimal(30)),
    length=Fraction(30),
    now=datetime(2026, 1, 2, tzinfo=UTC),
    live=True,
    ladder=LADDER,
)
TEMPLATE = CallTemplate(url=read_template(f"{BASE}/"))
CREATIVES = {
    ad.media_url: Creative(id=f"creative-{ad.id}", duration=ad.duration, renditions={})
    for ad in ADS
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> AdServer:
    return AdServer(ADS, base_url=BASE)


async def conditioned(media_file: MediaFile, ad: Ad, ladder: Ladder) -> Creative | None:
    return CREATIVES[media_file.url]


async def decide(
    server: AdServer,
    scenario: str,
    *,
    condition: Callable[[MediaFile, Ad, Ladder], Awaitable[Creative | Reason | None]] = conditioned,
    **settings: float,
) -> Decided:
    """What the decider makes of a scenario, over the client that the product uses."""
    client = GuardedClient(transport=httpx2.ASGITransport(app=server.app))

    def fetch(call: AdCall) -> Awaitable[Answer]:
        return client.fetch(call.url, policy=Policy.for_urls((BASE,)), limits=AD_LIMITS)

    template = CallTemplate(url=read_template(f"{BASE}/vast/{scenario}?d={{break.seconds}}"))
    try:
        return await VastDecider(template, fetch, condition, **settings).decide(REQUEST)  # type: ignore[arg-type]
    finally:
        await client.aclose()


def outcomes(decided: Decided) -> dict[str, str | None]:
    return {
        offer.ad.id: offer.creative.id if offer.creative else offer.refusal
        for offer in decided.offers
    }


async def test_a_pod_becomes_offers_with_measured_durations_d_50(server: AdServer) -> None:
    decided = await decide(server, "fill")
    assert outcomes(decided) == {"a": "creative-a", "b": "creative-b"}
    assert decided.reasons == ()
    assert [candidate.duration for candidate in decided.candidates] == [10, 15]
    result = fill(REQUEST.length, decided.candidates, tolerance=Fraction(1, 25))
    assert [decided.creatives[entry.creative_id].id for entry in result.pod] == [
        "creative-a",
        "creative-b",
    ]
    assert server.counts == {"vast/fill": 1}


FAILURES = {
    "status/500": Reason.AD_STATUS,
    "status/404": Reason.AD_STATUS,
    "none": Reason.AD_EMPTY,
    "empty": Reason.AD_EMPTY,
    "garbage": Reason.AD_UNPARSEABLE,
    "html": Reason.AD_UNPARSEABLE,
    "truncated": Reason.AD_UNPARSEABLE,
    "doctype": Reason.AD_UNPARSEABLE,
    "oversize": Reason.AD_OVERSIZE,
    "wide": Reason.AD_OVERSIZE,
    "slow/5000/pod": Reason.AD_TIMEOUT,
}


@pytest.mark.parametrize(("scenario", "reason"), FAILURES.items(), ids=FAILURES)
async def test_what_an_ad_server_does_wrong_becomes_a_reason_h_12(
    server: AdServer, scenario: str, reason: Reason
) -> None:
    timeout_s = 0.05 if "slow" in scenario else 5.0
    decided = await decide(server, scenario, timeout_s=timeout_s)
    assert decided.reasons == (reason,)
    assert decided.offers == ()
    assert decided.candidates == ()
    assert decided.creatives == {}


ERRORS = {
    Refused: Reason.AD_REFUSED,
    Truncated: Reason.AD_UNPARSEABLE,
    TimeoutError: Reason.AD_TIMEOUT,
    OutboundError: Reason.AD_UNREACHABLE,
}


@pytest.mark.parametrize(("error", "reason"), ERRORS.items())
async def test_errors_of_the_client_become_reasons(error: type[Exception], reason: Reason) -> None:
    async def fetch(call: AdCall) -> Answer:
        raise error("ads.test")

    decider = VastDecider(TEMPLATE, fetch, conditioned)
    assert (await decider.decide(REQUEST)).reasons == (reason,)


SPECIAL = {
    "conditional": {"a": Omission.CONDITIONAL},
    "skippable": {"a": Omission.SKIPPABLE},
    "vpaid": {"a": Reason.AD_NO_MEDIA_FILE},
}


@pytest.mark.parametrize(("scenario", "expected"), SPECIAL.items(), ids=SPECIAL)
async def test_ads_that_cannot_be_stitched_are_skipped_d_08_d_09_d_56(
    server: AdServer, scenario: str, expected: dict[str, str]
) -> None:
    decided = await decide(server, scenario)
    assert outcomes(decided) == expected
    (candidate,) = decided.candidates
    assert candidate.refusal == next(iter(expected.values()))


async def test_an_ad_that_comes_only_as_a_stream_can_be_stitched_d_08(server: AdServer) -> None:
    assert outcomes(await decide(server, "stream")) == {"a": "creative-a"}


async def test_skippable_ads_play_where_the_buyer_allows_d_09(server: AdServer) -> None:
    decided = await decide(server, "skippable", allow_skippable=True)
    assert outcomes(decided) == {"a": "creative-a"}


def answering(body: str) -> Fetch:
    class Body:
        def __init__(self, body: bytes) -> None:
            self.body = body

    async def fetch(call: AdCall) -> Answer:
        return Body(body.encode())

    return fetch


async def decide_on(body: str) -> Decided:
    return await VastDecider(TEMPLATE, answering(body), conditioned).decide(REQUEST)


FILM = (
    "<Creatives><Creative adId='C7'><Linear><Duration>{duration}</Duration><MediaFiles><MediaFile"
    " type='video/mp4'>http://media.test/a.mp4</MediaFile></MediaFiles></Linear>"
    "<UniversalAdId idRegistry='R'>U</UniversalAdId></Creative></Creatives>"
)


@pytest.mark.parametrize(
    ("ad", "refusal"),
    [
        (f"<InLine>{FILM.format(duration='00:00:00')}</InLine>", Omission.NO_DURATION),
        (f"<InLine>{FILM.format(duration='soon')}</InLine>", Omission.NO_DURATION),
        ("<InLine><Creatives/></InLine>", Omission.NOT_VIDEO),
    ],
)
async def test_an_ad_without_film_or_duration_is_skipped_d_09(ad: str, refusal: Omission) -> None:
    decided = await decide_on(f"<VAST><Ad id='x'>{ad}</Ad></VAST>")
    assert outcomes(decided) == {"x": refusal}


async def test_sound_is_no_film() -> None:
    film = FILM.format(duration="00:00:10")
    decided = await decide_on(
        f"<VAST><Ad id='x' adType='audio'><InLine>{film}</InLine></Ad></VAST>"
    )
    assert outcomes(decided) == {"x": Omission.NOT_VIDEO}


async def test_what_names_an_ad_and_its_rivals_comes_with_it_d_07_d_56() -> None:
    film = FILM.format(duration="00:00:10")
    decided = await decide_on(
        "<VAST><Ad id='x'><InLine><Advertiser id='ACME'>Acme Inc.</Advertiser>"
        f"<Category authority='IAB'>Cars</Category>{film}</InLine></Ad></VAST>"
    )
    (candidate,) = decided.candidates
    assert candidate.identities == {"R U", "adId C7"}
    assert candidate.advertiser == "acme"
    assert candidate.categories == {"iab cars"}


async def test_numbered_ads_are_the_pod_and_others_substitutes_d_05() -> None:
    film = FILM.format(duration="00:00:10")
    ads = "".join(
        f"<Ad id='{id}' {sequence}><InLine>{film}</InLine></Ad>"
        for id, sequence in (("x", ""), ("y", "sequence='2'"), ("z", "sequence='1'"))
    )
    decided = await decide_on(f"<VAST>{ads}</VAST>")
    assert [(offer.ad.id, offer.substitute) for offer in decided.offers] == [
        ("z", False),
        ("y", False),
        ("x", True),
    ]
    assert [candidate.substitute for candidate in decided.candidates] == [False, False, True]


async def test_a_creative_that_is_not_ready_is_skipped_and_asked_for_d_57(
    server: AdServer,
) -> None:
    asked = []

    async def condition(media_file: MediaFile, ad: Ad, ladder: Ladder) -> Creative | Reason | None:
        asked.append((media_file.url, ad.id, ladder))
        return {"a": None, "b": Reason.CREATIVE_REFUSED}.get(ad.id, CREATIVES[media_file.url])

    decided = await decide(server, "pod/3", condition=condition)
    assert asked == [(ad.media_url, ad.id, LADDER) for ad in ADS]
    assert outcomes(decided) == {
        "a": Reason.AD_NOT_CONDITIONED,
        "b": Reason.CREATIVE_REFUSED,
        "c": "creative-c",
    }
    result = fill(Fraction(30), decided.candidates, tolerance=Fraction(1, 25))
    assert [entry.ad_id for entry in result.pod] == ["c"]
    assert {drop.ad_id: drop.reason for drop in result.dropped} == {
        "a": Reason.AD_NOT_CONDITIONED,
        "b": Reason.CREATIVE_REFUSED,
    }


async def test_the_time_limit_holds_for_conditioning_too(server: AdServer) -> None:
    async def condition(media_file: MediaFile, ad: Ad, ladder: Ladder) -> None:
        await asyncio.sleep(60)

    decided = await decide(server, "pod", condition=condition, timeout_s=0.1)
    assert decided.reasons == (Reason.AD_TIMEOUT,)


async def test_too_many_ads_are_said_so_and_the_first_are_used(server: AdServer) -> None:
    decided = await decide(server, "many/200")
    assert decided.reasons == (Reason.AD_TRUNCATED_TO_LIMIT,)
    assert len(decided.offers) == 50
    assert "150 ads" in decided.detail


async def test_an_answer_with_only_broken_ads_is_not_an_empty_one() -> None:
    decided = await decide_on("<VAST><Ad id='x'/></VAST>")
    assert decided.reasons == (Reason.AD_UNPARSEABLE,)
    assert outcomes(decided) == {"x": Reason.AD_MALFORMED}
    assert decided.detail == "not exactly one of InLine and Wrapper is in ad 'x'"


async def test_where_there_was_no_ad_is_who_wants_to_know_d_01(server: AdServer) -> None:
    decided = await decide(server, "empty")
    assert decided.errors == (ErrorCall(f"{BASE}/beacon/none/error?code=303", 303),)


async def test_wrappers_are_followed_d_02(server: AdServer) -> None:
    decided = await decide(server, "wrapper")
    assert outcomes(decided) == {"a": "creative-a"}
    assert decided.offers[0].ad.wrapper_ids == ("wrapper",)
    assert server.counts == {"vast/wrapper": 1, "vast/pod": 1}


async def test_hostile_answers_give_nothing_to_play(server: AdServer) -> None:
    decided = await decide(server, "hostile")
    assert set(outcomes(decided).values()) == {Reason.AD_NO_MEDIA_FILE}


async def test_a_redirect_to_where_ads_do_not_come_from_is_refused(server: AdServer) -> None:
    decided = await decide(server, "redirect")
    assert decided.reasons == (Reason.AD_REFUSED,)


async def test_configured_assets_are_offered_in_order() -> None:
    def ready(name: str, request: DecisionRequest) -> Creative | None:
        assert request is REQUEST
        return None if name == "late" else Creative(id=name, duration=Decimal(5), renditions={})

    decided = await FixedDecider(("bumper", "late", "promo"), ready).decide(REQUEST)
    assert outcomes(decided) == {
        "bumper": "bumper",
        "late": Reason.AD_NOT_CONDITIONED,
        "promo": "promo",
    }


async def test_the_tallest_rung_decides_what_is_downloaded_d_08() -> None:
    files = "".join(
        f"<MediaFile type='video/mp4' height='{height}'>http://media.test/{height}</MediaFile>"
        for height in (2160, 1080, 720, 360)
    )
    body = (
        "<VAST><Ad id='x'><InLine><Creatives><Creative><Linear><Duration>00:00:10</Duration>"
        f"<MediaFiles>{files}</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
    )
    chosen = []

    async def condition(media_file: MediaFile, ad: Ad, ladder: Ladder) -> None:
        chosen.append(media_file.height)

    decider = VastDecider(TEMPLATE, answering(body), condition)
    await decider.decide(REQUEST)
    await decider.decide(replace(REQUEST, ladder=Ladder(entries=())))
    assert chosen == [720, 360]


ERRORS_OF_ADS = {
    "a film too short to be one": (FILM.format(duration="00:00:00"), "", 202),
    "no film": ("<Creatives/>", "", 201),
    "conditional": (FILM.format(duration="00:00:10"), "conditionalAd='true'", 200),
    "no file that can be stitched": (
        "<Creatives><Creative><Linear><Duration>00:00:10</Duration></Linear></Creative></Creatives>",
        "",
        403,
    ),
}


@pytest.mark.parametrize(
    ("content", "attributes", "code"), ERRORS_OF_ADS.values(), ids=ERRORS_OF_ADS
)
async def test_who_offered_an_ad_that_cannot_be_played_is_told_why_d_14(
    content: str, attributes: str, code: int
) -> None:
    error = "<Error>http://e.test/?[ERRORCODE]</Error>"
    decided = await decide_on(
        f"<VAST><Ad id='x' {attributes}><InLine>{error}{content}</InLine></Ad></VAST>"
    )
    assert decided.errors == (ErrorCall(f"http://e.test/?{code}", code),)


async def test_nobody_is_told_of_ads_that_can_be_played(server: AdServer) -> None:
    assert (await decide(server, "pod/3")).errors == ()


async def test_a_creative_that_is_not_ready_is_told_d_57(server: AdServer) -> None:
    async def condition(media_file: MediaFile, ad: Ad, ladder: Ladder) -> None:
        return None

    decided = await decide(server, "pod", condition=condition)
    assert {call.code for call in decided.errors} == {407}


async def test_where_a_file_fails_the_next_best_is_tried_d_08() -> None:
    files = "".join(
        f"<MediaFile type='video/mp4' height='{height}'>http://media.test/{height}</MediaFile>"
        for height in (2160, 1440, 1080, 720, 360)
    )
    body = (
        "<VAST><Ad id='x'><InLine><Creatives><Creative><Linear><Duration>00:00:10</Duration>"
        f"<MediaFiles>{files}</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
    )
    tried = []

    async def condition(media_file: MediaFile, ad: Ad, ladder: Ladder) -> Reason | None:
        tried.append(media_file.height)
        return Reason.CREATIVE_FAILED if failing else None

    decider = VastDecider(TEMPLATE, answering(body), condition)
    failing = True
    assert outcomes(await decider.decide(REQUEST)) == {"x": Reason.CREATIVE_FAILED}
    assert tried == [720, 1080, 1440]
    tried.clear()
    failing = False  # one that is being packaged is waited for
    assert outcomes(await decider.decide(REQUEST)) == {"x": Reason.AD_NOT_CONDITIONED}
    assert tried == [720]


def chain(*bodies: str, slow: int | None = None) -> Fetch:
    """Answers one after another; number `slow` takes very long."""
    answers = iter(enumerate(bodies))

    async def fetch(call: AdCall) -> Answer:
        number, body = next(answers)
        assert call.is_first == (number == 0)
        if number == slow:
            await asyncio.sleep(3600)
        return await answering(body)(call)

    return fetch


def wrapped(id: str, sequence: int) -> str:
    return (
        f"<Ad id='{id}' sequence='{sequence}'><Wrapper><VASTAdTagURI>http://w.test/{id}"
        f"</VASTAdTagURI><Error>http://e.test/{id}?[ERRORCODE]</Error></Wrapper></Ad>"
    )


async def test_a_wrapper_that_is_late_costs_its_own_ad_only_d_13() -> None:
    film = FILM.format(duration="00:00:10")
    answer = f"<VAST>{wrapped('w', 1)}<Ad id='x' sequence='2'><InLine>{film}</InLine></Ad></VAST>"
    decider = VastDecider(TEMPLATE, chain(answer, "", slow=1), conditioned, timeout_s=0.1)
    decided = await decider.decide(REQUEST)
    assert outcomes(decided) == {"w": Reason.AD_TIMEOUT, "x": "creative-a"}
    assert decided.reasons == ()
    assert decided.errors == (ErrorCall("http://e.test/w?301", 301),)


FAILED_WRAPPERS = {
    "empty": ("<VAST/>", Reason.AD_WRAPPER_EMPTY, Reason.AD_EMPTY),
    "nothing": ("", Reason.AD_WRAPPER_EMPTY, Reason.AD_EMPTY),
    "garbage": ("<", Reason.AD_UNPARSEABLE, Reason.AD_WRAPPER_FAILED),
}


@pytest.mark.parametrize(
    ("body", "refusal", "reason"), FAILED_WRAPPERS.values(), ids=FAILED_WRAPPERS
)
async def test_where_all_wrappers_fail_the_answer_has_a_reason_too(
    body: str, refusal: Reason, reason: Reason
) -> None:
    answer = f"<VAST>{wrapped('w', 1)}</VAST>"
    decided = await VastDecider(TEMPLATE, chain(answer, body), conditioned).decide(REQUEST)
    assert outcomes(decided) == {"w": refusal}
    assert decided.reasons == (reason,)
    assert decided.detail


async def test_a_substitute_stands_in_for_a_wrapper_that_fails_d_05() -> None:
    film = FILM.format(duration="00:00:10")
    answer = f"<VAST>{wrapped('w', 1)}<Ad id='s'><InLine>{film}</InLine></Ad></VAST>"
    decided = await VastDecider(TEMPLATE, chain(answer, "<VAST/>"), conditioned).decide(REQUEST)
    result = fill(Fraction(30), decided.candidates, tolerance=Fraction(1, 25))
    assert [entry.ad_id for entry in result.pod] == ["s"]
    assert [drop.ad_id for drop in result.dropped] == ["w"]


async def test_categories_that_the_show_blocks_do_not_play_d_12() -> None:
    film = FILM.format(duration="00:00:10")
    decider = VastDecider(
        TEMPLATE,
        answering(
            "<VAST><Ad id='x'><InLine><Category authority='http://iab.test'>IAB7</Category>"
            f"{film}</InLine></Ad></VAST>"
        ),
        conditioned,
    )
    decided = await decider.decide(replace(REQUEST, blocked_categories=("IAB7",)))
    assert outcomes(decided) == {"x": Reason.AD_CATEGORY_BLOCKED}
    assert decided.reasons == (Reason.AD_EMPTY,)
