import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.ads import Ad, Category, Failure, Vast
from packager.decisions.chains import ChainLimits, Resolved
from packager.decisions.macros import MacroValue
from packager.decisions.vast import read_vast
from packager.decisions.vast_errors import ErrorCall
from packager.decisions.wrappers import follow
from packager.outbound import OutboundError, Refused, TimedOut, Unreachable
from packager.reasons import Reason


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def inline(id: str, sequence: int | None = None, content: str = "") -> str:
    number = f" sequence='{sequence}'" if sequence is not None else ""
    return (
        f"<Ad id='{id}'{number}><InLine><Impression>http://i.test/{id}</Impression>"
        f"<Error>http://e.test/{id}?[ERRORCODE]</Error>{content}</InLine></Ad>"
    )


def wrapper(
    id: str, url: str, sequence: int | None = None, *, rules: str = "", content: str = ""
) -> str:
    number = f" sequence='{sequence}'" if sequence is not None else ""
    return (
        f"<Ad id='{id}'{number}><Wrapper {rules}><VASTAdTagURI>http://w.test/{url}</VASTAdTagURI>"
        f"<Impression>http://i.test/{id}</Impression>"
        f"<Error>http://e.test/{id}?[ERRORCODE]</Error>{content}</Wrapper></Ad>"
    )


MULTIPLE = "allowMultipleAds='true'"
Web = Mapping[str, str | Exception]


@dataclass
class Followed:
    resolved: Resolved
    calls: list[str]

    @property
    def pod(self) -> str:
        """The pod in short: ids, with the code of what failed in brackets."""
        return " ".join(map(short, self.resolved.pod))

    @property
    def told(self) -> set[str]:
        return {call.url.removeprefix("http://e.test/") for call in self.resolved.errors}


def short(ad: Ad | Failure) -> str:
    return f"{ad.ad.id}({ad.code})" if isinstance(ad, Failure) else ad.id


async def run(
    answer: str,
    web: Web | None = None,
    *,
    limits: ChainLimits | None = None,
    macros: Mapping[str, MacroValue] | None = None,
    blocked: tuple[Category, ...] = (),
    asked: tuple[str, ...] = (),
) -> Followed:
    calls: list[str] = []

    async def fetch(url: str) -> Vast:
        calls.append(url.removeprefix("http://w.test/"))
        found = (web or {})[url.removeprefix("http://w.test/").partition("?")[0]]
        if isinstance(found, Exception):
            raise found
        return read_vast(f"<VAST version='4.2'>{found}</VAST>".encode())

    resolved = await follow(
        read_vast(f"<VAST version='4.2'>{answer}</VAST>".encode()),
        fetch,
        limits=limits or ChainLimits(),
        macros=macros,
        blocked=blocked,
        asked=asked,
    )
    return Followed(resolved, calls)


# --- What plays (D-02, D-03, D-05) ----------------------------------------------------------------

PLAYS: dict[str, tuple[str, Web, str]] = {
    "no wrapper": (inline("a"), {}, "a"),
    "one wrapper": (wrapper("w", "a"), {"a": inline("a")}, "a"),
    "five in a row": (
        wrapper("w1", "2"),
        {**{str(n): wrapper(f"w{n}", f"{n + 1}") for n in range(2, 6)}, "6": inline("a")},
        "a",
    ),
    "six in a row": (
        wrapper("w1", "2"),
        {**{str(n): wrapper(f"w{n}", f"{n + 1}") for n in range(2, 7)}, "7": inline("a")},
        "w6(302)",
    ),
    "to itself": (wrapper("w", "w"), {"w": wrapper("w", "w")}, "w(302)"),
    "in a circle": (
        wrapper("w", "x"), {"x": wrapper("x", "y"), "y": wrapper("y", "x")}, "y(302)"),
    "two to one server are no circle": (
        wrapper("w", "a", 1) + wrapper("x", "a", 2), {"a": inline("a")}, "a a"),
    "no more wrappers allowed": (
        wrapper("w", "x", rules="followAdditionalWrappers='false'"),
        {"x": wrapper("x", "a"), "a": inline("a")}, "x(300)"),
    "no more wrappers allowed and none come": (
        wrapper("w", "a", rules="followAdditionalWrappers='0'"), {"a": inline("a")}, "a"),
    "no more wrappers allowed, another ad is there": (
        wrapper("w", "x", rules="followAdditionalWrappers='false'"),
        {"x": wrapper("x", "y") + inline("a")}, "a"),
    "empty": (wrapper("w", "x"), {"x": ""}, "w(303)"),
    "unreachable": (wrapper("w", "x"), {"x": Unreachable("x.test: no connection")}, "w(301)"),
    "refused": (wrapper("w", "x"), {"x": Refused("x.test: private address")}, "w(301)"),
    "timed out": (wrapper("w", "x"), {"x": TimedOut("x.test: read")}, "w(301)"),
    "not XML": (wrapper("w", "x"), {"x": "<"}, "w(100)"),
    "malformed ad": (wrapper("w", "x"), {"x": "<Ad id='m'/>"}, "m(101)"),
    "malformed ad beside a good one": (
        wrapper("w", "x"), {"x": "<Ad id='m'/>" + inline("a")}, "a"),
    "only the first stand-alone ad": (
        wrapper("w", "x"), {"x": inline("p", 1) + inline("a") + inline("b")}, "a"),
    "a numbered ad that is alone": (wrapper("w", "x"), {"x": inline("a", 1)}, "a"),
    "a pod where one ad is wanted": (
        wrapper("w", "x"), {"x": inline("a", 1) + inline("b", 2)}, "w(300)"),
    "a pod in the place of an ad": (
        inline("a", 1) + wrapper("w", "x", 2, rules=MULTIPLE) + inline("d", 3),
        {"x": inline("c", 2) + inline("b", 1)}, "a b c d"),
    "several ads without numbers": (
        wrapper("w", "x", rules=MULTIPLE), {"x": inline("a") + inline("b")}, "a b"),
    "a pod in a pod in a pod": (
        wrapper("w", "x", 1, rules=MULTIPLE) + inline("d", 2),
        {"x": inline("a", 1) + wrapper("y", "z", 2, rules=MULTIPLE),
         "z": inline("c", 2) + inline("b", 1)}, "a b c d"),
    "a rule holds for one answer only": (
        wrapper("w", "x", rules=MULTIPLE),
        {"x": wrapper("y", "z", 1) + inline("c", 2), "z": inline("a") + inline("b")}, "a c"),
    "one of a pod fails": (
        inline("a", 1) + wrapper("w", "x", 2) + inline("c", 3), {"x": ""}, "a w(303) c"),
    "one of a pod fails and nothing may stand in": (
        inline("a", 1) + wrapper("w", "x", 2, rules="fallbackOnNoAd='false'") + inline("c", 3),
        {"x": ""}, "a c"),
    "the first stand-alone ad fails, another may": (
        wrapper("w", "x"),
        {"x": wrapper("y", "z", rules="fallbackOnNoAd='true'") + inline("a"), "z": ""}, "a"),
    "the first stand-alone ad fails, another may not": (
        wrapper("w", "x"),
        {"x": wrapper("y", "z", rules="fallbackOnNoAd='false'") + inline("a"), "z": ""}, "y(303)"),
    "many ways of failing": (
        wrapper("w", "x", 1) + wrapper("v", "v", 2) + inline("a", 3),
        {"x": wrapper("y", "z"), "z": "<", "v": TimedOut("v")}, "y(100) v(301) a"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "web", "pod"), PLAYS.values(), ids=PLAYS)
async def test_wrappers_lead_to_a_pod_d_02_d_03_d_05(answer: str, web: Web, pod: str) -> None:
    followed = await run(answer, web)
    assert followed.pod == pod
    failed = re.findall(r"\((\d+)\)", pod)
    assert {call.code for call in followed.resolved.errors} >= set(map(int, failed))
    assert bool(followed.resolved.flaws) or not followed.resolved.failures


async def test_ads_without_numbers_stand_in_and_so_do_those_that_they_lead_to_d_05() -> None:
    followed = await run(
        inline("a", 1) + wrapper("w", "x") + inline("s") + wrapper("v", "z"),
        {"x": inline("t"), "z": ""},
    )
    assert followed.pod == "a"
    assert [ad.id for ad in followed.resolved.substitutes] == ["t", "s"]
    assert [short(failure) for failure in followed.resolved.skipped] == ["v(303)"]
    assert [ad.sequence for ad in followed.resolved.substitutes] == [None, None]


async def test_an_ad_in_the_place_of_a_wrapper_has_its_number() -> None:
    followed = await run(wrapper("w", "x", 7) + inline("b", 9), {"x": inline("a", 1)})
    assert [ad.sequence for ad in followed.resolved.ads] == [7, 9]


# --- Whom to tell (D-02, D-14, E-07) --------------------------------------------------------------

TOLD: dict[str, tuple[str, Web, set[str]]] = {
    "nothing is wrong": (wrapper("w", "x"), {"x": inline("a")}, set()),
    "no ad at all": ("<Error>http://e.test/r?[ERRORCODE]</Error>", {}, {"r?303"}),
    "Error beside ads is for others": (
        "<Error>http://e.test/r?[ERRORCODE]</Error>" + inline("a"), {}, set()),
    "every level of a chain": (
        wrapper("w", "x"), {"x": wrapper("y", "z"), "z": TimedOut("z")}, {"w?301", "y?301"}),
    "an empty end": (
        wrapper("w", "x"), {"x": "<Error>http://e.test/r?[ERRORCODE]</Error>"}, {"w?303", "r?303"}),
    "a broken end": (wrapper("w", "x"), {"x": "<"}, {"w?100"}),
    "a circle": (wrapper("w", "x"), {"x": wrapper("y", "x")}, {"w?302", "y?302"}),
    "each ad that fails for itself": (
        wrapper("w", "x", 1) + wrapper("v", "z", 2), {"x": "", "z": "<"}, {"w?303", "v?100"}),
    "not those of the ads that play": (
        wrapper("w", "x", 1) + inline("a", 2), {"x": ""}, {"w?303"}),
    "each once": (
        wrapper("w", "x", rules=MULTIPLE),
        {"x": wrapper("y", "z", 1) + wrapper("y", "z", 2), "z": ""}, {"w?303", "y?303"}),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "web", "told"), TOLD.values(), ids=TOLD)
async def test_who_had_a_part_in_an_ad_that_fails_is_told_once_d_14(
    answer: str, web: Web, told: set[str]
) -> None:
    followed = await run(answer, web)
    assert followed.told == told
    assert len(followed.resolved.errors) == len(told)


async def test_an_error_call_keeps_other_macros_for_who_sends_it() -> None:
    content = "<Error>http://e.test/x?[CACHEBUSTING]&amp;c=[ERRORCODE]</Error>"
    followed = await run(wrapper("w", "x", content=content), {"x": ""})
    assert ErrorCall("http://e.test/x?[CACHEBUSTING]&c=303", 303) in followed.resolved.errors


async def test_what_is_said_of_failures_names_no_url() -> None:
    followed = await run(
        wrapper("w", "secret/path", 1) + wrapper("v", "x", 2),
        {"secret/path": Unreachable("w.test: no connection"), "x": wrapper("u", "x")},
    )
    assert followed.resolved.flaws == (
        "wrapper 'w': w.test: no connection",
        "wrapper 'u' leads in a circle",
    )


# --- Merging (D-04) -------------------------------------------------------------------------------


async def test_every_level_of_a_chain_is_in_the_ad_d_04() -> None:
    def tracked(name: str) -> str:
        return (
            f"<Creatives><Creative><Linear><TrackingEvents>"
            f"<Tracking event='start'>http://t.test/{name}</Tracking></TrackingEvents>"
            f"</Linear></Creative></Creatives>"
        )

    followed = await run(
        wrapper("w", "x", content=tracked("w")),
        # A wrapper that tracks nothing does not cut off the one above it.
        {"x": wrapper("y", "z"), "z": inline("a", content=tracked("a"))},
    )
    (ad,) = followed.resolved.ads
    assert [link.url for link in ad.impressions] == [f"http://i.test/{id}" for id in "wya"]
    assert ad.error_urls == tuple(f"http://e.test/{id}?[ERRORCODE]" for id in "wya")
    assert ad.linear is not None
    assert [tracking.url for tracking in ad.linear.tracking] == [
        "http://t.test/w",
        "http://t.test/a",
    ]
    assert ad.wrapper_ids == ("w", "y")


async def test_a_wrapper_counts_for_each_ad_of_the_pod_that_it_delivers_d_04() -> None:
    followed = await run(wrapper("w", "x", rules=MULTIPLE), {"x": inline("a", 1) + inline("b", 2)})
    assert [len(ad.impressions) for ad in followed.resolved.ads] == [2, 2]
    assert {ad.wrapper_ids for ad in followed.resolved.ads} == {("w",)}


# --- Blocked categories (D-12) --------------------------------------------------------------------

BLOCK = "<BlockedAdCategories authority='http://iab.test'>IAB7, IAB8-5</BlockedAdCategories>"
CATEGORIES = {
    "blocked": ("<Category authority='http://iab.test'>IAB7</Category>", "a(205)"),
    "second of the list": ("<Category authority='HTTP://IAB.test'>iab8-5</Category>", "a(205)"),
    "one of several": (
        "<Category authority='http://iab.test'>IAB1</Category>"
        "<Category authority='http://iab.test'>IAB2,IAB7</Category>", "a(205)"),
    "another": ("<Category authority='http://iab.test'>IAB70</Category>", "a"),
    "of another authority": ("<Category authority='http://other.test'>IAB7</Category>", "a"),
    "of no authority": ("<Category>IAB7</Category>", "a(205)"),
    "not said": ("", "a"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "pod"), CATEGORIES.values(), ids=CATEGORIES)
async def test_what_a_wrapper_blocks_does_not_play_d_12(content: str, pod: str) -> None:
    followed = await run(
        wrapper("w", "x", content=BLOCK),
        {"x": wrapper("y", "z"), "z": inline("a", content=content)},
    )
    assert followed.pod == pod
    assert followed.told == ({"w?205", "y?205", "a?205"} if "205" in pod else set())


async def test_what_a_show_blocks_does_not_play_whatever_the_authority_d_12() -> None:
    content = "<Category authority='http://iab.test'>IAB7</Category>"
    followed = await run(inline("a", content=content), blocked=(Category("", "iab7"),))
    assert followed.pod == "a(205)"
    (failure,) = followed.resolved.failures
    assert failure.reason is Reason.AD_CATEGORY_BLOCKED


# --- Macros (D-20 to D-23) ------------------------------------------------------------------------


async def test_wrappers_are_asked_with_one_transaction_and_a_new_cache_buster_d_21_d_23() -> None:
    url = "x?t=[TRANSACTIONID]&amp;c=[CACHEBUSTING]&amp;i=[IFA]&amp;k=[KEEP]"
    followed = await run(
        wrapper("w", url, 1) + wrapper("v", url, 2) + wrapper("u", url, 3),
        {"x": inline("a")},
        macros={"TRANSACTIONID": "t-1", "CACHEBUSTING": "1"},
    )
    found = [re.fullmatch(r"x\?t=t-1&c=(\d{8})&i=-1&k=\[KEEP\]", call) for call in followed.calls]
    assert len({match and match[1] for match in found}) == 3
    again = await run(wrapper("w", url, 1), {"x": inline("a")}, macros={"TRANSACTIONID": "t-1"})
    assert again.calls[0] in followed.calls


async def test_a_wrapper_is_told_what_those_above_it_block() -> None:
    followed = await run(
        wrapper("w", "x?b=[BLOCKEDADCATEGORIES]", content=BLOCK),
        {
            "x": wrapper(
                "y",
                "y?b=[BLOCKEDADCATEGORIES]",
                content="<BlockedAdCategories>IAB9</BlockedAdCategories>",
            ),
            "y": inline("a"),
        },
        blocked=(Category("", "IAB1"),),
    )
    assert [unquote(call) for call in followed.calls] == [
        "x?b=IAB1,IAB7,IAB8-5",
        "y?b=IAB1,IAB7,IAB8-5,IAB9",
    ]


async def test_a_loop_is_found_whatever_its_macros_become() -> None:
    url = "x?c=[CACHEBUSTING]"
    followed = await run(wrapper("w", url), {"x": wrapper("y", url)})
    assert followed.pod == "y(302)"
    first = await run(wrapper("w", "x"), {}, asked=("http://w.test/x",))
    assert (first.pod, first.calls) == ("w(302)", [])


# --- Limits (D-13, failures.md row 15) ------------------------------------------------------------


async def test_the_number_of_calls_is_limited() -> None:
    answer = "".join(wrapper(f"w{n}", "x", n) for n in range(10))
    followed = await run(answer, {"x": inline("a")}, limits=ChainLimits(calls=4))
    assert len(followed.calls) == 4
    assert len(followed.resolved.ads) == 4
    assert {failure.code for failure in followed.resolved.failures} == {302}


async def test_fans_of_wrappers_of_wrappers_are_limited_in_all() -> None:
    fan = "".join(wrapper(f"w{n}", f"{n}", n, rules=MULTIPLE) for n in range(50))
    followed = await run(fan, {str(n): fan for n in range(50)})
    assert len(followed.calls) == ChainLimits().calls
    assert followed.resolved.truncated
    assert len(followed.resolved.pod) == 50


async def test_what_comes_in_time_is_used_and_what_does_not_is_an_error_of_its_own_d_13() -> None:
    async def fetch(url: str) -> Vast:
        await asyncio.sleep(3600 if url.endswith("slow") else 0)
        return read_vast(f"<VAST>{inline('a')}</VAST>".encode())

    answer = f"<VAST>{wrapper('w', 'slow', 1)}{wrapper('v', 'fast', 2)}</VAST>"
    resolved = await follow(read_vast(answer.encode()), fetch, limits=ChainLimits(total_s=0.05))
    assert " ".join(map(short, resolved.pod)) == "w(301) a"
    (failure,) = resolved.failures
    assert failure.reason is Reason.AD_TIMEOUT


async def test_the_deadline_is_one_for_a_whole_chain() -> None:
    async def fetch(url: str) -> Vast:
        await asyncio.sleep(0.04)
        return read_vast(f"<VAST>{wrapper('w', url[-2:] + 'x')}</VAST>".encode())

    loop = asyncio.get_running_loop()
    started = loop.time()
    resolved = await follow(
        read_vast(f"<VAST>{wrapper('w', 'x')}</VAST>".encode()),
        fetch,
        limits=ChainLimits(total_s=0.1, depth=100, calls=100),
    )
    assert [failure.code for failure in resolved.failures] == [301]
    assert loop.time() - started < 2


async def test_wrappers_that_do_not_depend_on_each_other_are_asked_together() -> None:
    waiting = 0
    most = 0

    async def fetch(url: str) -> Vast:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.01)
        waiting -= 1
        return read_vast(f"<VAST>{inline('a')}</VAST>".encode())

    answer = "".join(wrapper(f"w{n}", "x", n) for n in range(10))
    resolved = await follow(
        read_vast(f"<VAST>{answer}</VAST>".encode()), fetch, limits=ChainLimits(concurrency=4)
    )
    assert (len(resolved.ads), most) == (10, 4)


PIECES = st.sampled_from(
    [
        "<Ad id='m'/>",
        inline("a"),
        inline("b", 1),
        inline("c", 2),
        *(
            wrapper(f"w{n}", str(n), sequence, rules=rules)
            for n in range(4)
            for sequence in (None, 1)
            for rules in (
                "",
                MULTIPLE,
                "fallbackOnNoAd='false'",
                f"{MULTIPLE} followAdditionalWrappers='false'",
            )
        ),
    ]
)
ANSWERS = st.lists(PIECES, max_size=4).map("".join)
BROKEN = st.sampled_from(["<", TimedOut("x"), Unreachable("x"), OutboundError("x")])


@settings(deadline=None)
@given(ANSWERS, st.lists(ANSWERS | BROKEN, min_size=4, max_size=4))
def test_whatever_wrappers_lead_to_every_ad_plays_or_is_explained_d_14(
    answer: str, web: list[str | Exception]
) -> None:
    followed = asyncio.run(run(answer, {str(n): one for n, one in enumerate(web)}))
    resolved = followed.resolved
    assert len(followed.calls) <= ChainLimits().calls
    assert len(resolved.ads) <= 50
    told = {call.code for call in resolved.errors}
    for failure in resolved.failures:
        assert failure.why
        assert not failure.ad.error_urls or failure.code in told
    for ad in resolved.ads:
        assert len(ad.impressions) == len({*ad.wrapper_ids, ad.id})
    assert len(resolved.errors) == len(set(resolved.errors))
