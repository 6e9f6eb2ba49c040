"""Chains of wrappers, followed to the ads that they lead to (splice rules D-02 to D-05, D-13).

What does not depend on each other is asked for at the same time. One deadline stands for all calls
of a decision: what has not come by then is an error of its own chain, and the other ads are used.
Nothing that an ad server does raises: an ad that cannot be used is a `Failure` in its place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packager.decisions.ad_xml import AdXmlError
from packager.decisions.ads import Ad, Category, Failure, Vast, Wrapper
from packager.decisions.call_errors import reason_of
from packager.decisions.chains import TAKES_ALL, Chain, ChainLimits, Found, Resolved, Terms
from packager.decisions.macros import MacroValue, cache_buster, expand_macros
from packager.decisions.merging import merged, merged_for_errors
from packager.decisions.pods import Offered, level_of, pod_and_substitutes
from packager.decisions.vast import MAX_ADS
from packager.decisions.vast_errors import NO_AD, ErrorCall, error_calls
from packager.outbound import OutboundError
from packager.reasons import Reason

# Calls an ad server and reads its answer; raises an OutboundError or a VastError.
FetchVast = Callable[[str], Awaitable[Vast]]


async def follow(
    vast: Vast,
    fetch: FetchVast,
    *,
    limits: ChainLimits,
    macros: Mapping[str, MacroValue] | None = None,
    asked: Iterable[str] = (),
    blocked: tuple[Category, ...] = (),
    terms: Terms = TAKES_ALL,
) -> Resolved:
    """Follow the wrappers of an answer.

    Args:
        vast: The answer of the first ad server.
        fetch: Calls others.
        limits: When to stop.
        macros: What macros in their URLs stand for. TRANSACTIONID is the same in all calls (D-23),
            CACHEBUSTING is made anew for each, BLOCKEDADCATEGORIES grows as wrappers block more.
        asked: URLs that led to the answer; a wrapper that names one is a loop.
        blocked: Categories that no ad may have, beside those that wrappers block (D-12).
        terms: What of the first answer is taken.
    """
    pursuit = _Pursuit(fetch, limits, macros or {})
    found = await pursuit.answer(vast, Chain(urls=frozenset(asked), blocked=blocked, terms=terms))
    if not vast.ads:
        pursuit.tell(vast.errors, NO_AD)
        return Resolved(errors=pursuit.errors, flaws=tuple(pursuit.flaws))
    pod, substitutes = found.pod[:MAX_ADS], found.substitutes[:MAX_ADS]
    return Resolved(
        pod=pod,
        substitutes=substitutes[: MAX_ADS - len(pod)],
        skipped=found.skipped,
        errors=pursuit.errors,
        flaws=tuple(pursuit.flaws),
        truncated=pursuit.truncated or len(found.pod) + len(found.substitutes) > MAX_ADS,
    )


@dataclass(slots=True)
class _Pursuit:
    """Following the wrappers of one decision; lives as long as one call of `follow`."""

    fetch: FetchVast
    limits: ChainLimits
    macros: Mapping[str, MacroValue]
    flaws: list[str] = field(default_factory=list)
    truncated: bool = False
    _errors: dict[ErrorCall, None] = field(default_factory=dict)
    _calls: int = 0
    _ads: int = 0
    _deadline: float = field(init=False)
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = asyncio.get_running_loop().time() + self.limits.total_s
        self._places = asyncio.Semaphore(self.limits.concurrency)

    @property
    def errors(self) -> tuple[ErrorCall, ...]:
        return tuple(self._errors)

    def tell(self, urls: Iterable[str], code: int) -> None:
        self._errors.update(dict.fromkeys(error_calls(urls, code)))

    async def answer(self, vast: Vast, chain: Chain) -> Found:
        """What an answer has to play in the place that it was asked for."""
        self.flaws += vast.flaws
        ads = vast.ads[: self.limits.ads - self._ads]
        self._ads += len(ads)
        self.truncated = self.truncated or vast.truncated or len(ads) < len(vast.ads)
        if vast.ads and not ads:
            why = f"more than {self.limits.ads} ads in all"
            return self._failed(chain.levels, 302, Reason.AD_WRAPPER_LIMIT, why)
        if not chain.allows_multiple:
            return await self._first(ads, chain)
        pod, substitutes = pod_and_substitutes(ads)
        found = await self._all((*pod, *substitutes), chain)
        played, spare = found[: len(pod)], found[len(pod) :]
        return Found(
            pod=tuple(ad for one in played for ad in one.pod),
            substitutes=tuple(
                [ad for one in played for ad in one.substitutes]
                + [ad for one in spare for ad in one.ads]
            ),
            skipped=tuple(
                [failure for one in played for failure in one.skipped]
                + [failure for one in spare for failure in one.failures]
            ),
        )

    async def _all(self, ads: Sequence[Offered], chain: Chain) -> list[Found]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ad(ad, chain, index)) for index, ad in enumerate(ads)]
        return [task.result() for task in tasks]

    async def _first(self, ads: Sequence[Offered], chain: Chain) -> Found:
        """D-03: where one ad is asked for, the first stand-alone one; a pod is not allowed.

        Many servers number the only ad that they give: that one stands alone, too.
        """
        alone = ads if len(ads) == 1 else [ad for ad in ads if level_of(ad).sequence is None]
        if ads and not alone:
            why = "a pod in the place of one ad"
            return self._failed(chain.levels, 300, Reason.AD_WRAPPER_LIMIT, why)
        failures: list[Failure] = []
        for index, ad in enumerate(alone):
            found = await self._ad(_unnumbered(ad), chain, index)
            if found.ads:
                return replace(found, skipped=(*failures, *found.skipped))
            failures += found.failures
            if isinstance(ad, Wrapper) and ad.fallback is False:
                break
        return Found(pod=tuple(failures[:1]), skipped=tuple(failures[1:]))

    async def _ad(self, ad: Offered, chain: Chain, index: int) -> Found:
        match ad:
            case Failure():
                return self._failed((*chain.levels, ad.ad), ad.code, ad.reason, ad.why, flaw=False)
            case Ad():
                return self._inline(ad, chain)
            case Wrapper():
                found = await self._wrapper(ad, chain, index)
                if ad.fallback is False and ad.level.sequence is not None and not found.ads:
                    # D-03: the pod goes on with its next ad, and nothing takes this one's place.
                    return Found(skipped=found.failures)
                return found

    def _inline(self, ad: Ad, chain: Chain) -> Found:
        if chain.blocks(ad):
            levels = (*chain.levels, ad)
            why = f"ad {ad.id[:80]!r} is of a blocked category"
            return self._failed(levels, 205, Reason.AD_CATEGORY_BLOCKED, why)
        return Found(pod=(merged(chain.levels, ad),))

    async def _wrapper(self, wrapper: Wrapper, chain: Chain, index: int) -> Found:
        below = chain.below(wrapper, index)
        name = f"wrapper {wrapper.level.id[:80]!r}"
        if not chain.follows_wrappers:
            why = f"{name} where none is allowed"
            return self._failed(below.levels, 300, Reason.AD_WRAPPER_LIMIT, why)
        if wrapper.ad_tag_url in chain.urls:
            why = f"{name} leads in a circle"
        elif len(below.wrappers) > self.limits.depth:
            why = f"{name} is one wrapper too many in a row"
        elif self._calls >= self.limits.calls:
            why = f"{name} is one wrapper too many in all"
        else:
            self._calls += 1
            return await self._follow(below, name)
        return self._failed(below.levels, 302, Reason.AD_WRAPPER_LIMIT, why)

    async def _follow(self, chain: Chain, name: str) -> Found:
        try:
            async with asyncio.timeout_at(self._deadline), self._places:
                vast = await self.fetch(self._url(chain))
        except TimeoutError:
            why = f"{name} had no answer in time"
            return self._failed(chain.levels, 301, Reason.AD_TIMEOUT, why)
        except OutboundError as error:
            return self._failed(chain.levels, 301, reason_of(error), f"{name}: {error}")
        except AdXmlError as error:
            return self._failed(chain.levels, error.code, error.reason, f"{name}: {error}")
        if not vast.ads:
            self.tell(vast.errors, NO_AD)
            self.flaws += vast.flaws
            why = f"{name} led to no ad"
            return self._failed(chain.levels, NO_AD, Reason.AD_WRAPPER_EMPTY, why)
        return await self.answer(vast, chain)

    def _url(self, chain: Chain) -> str:
        """The URL of the last wrapper, for this call."""
        template = chain.wrappers[-1].ad_tag_url
        transaction = str(self.macros.get("TRANSACTIONID", ""))
        values = dict(self.macros) | {
            "CACHEBUSTING": cache_buster(transaction, template, *map(str, chain.place))
        }
        if chain.blocked:
            values["BLOCKEDADCATEGORIES"] = tuple(category.value for category in chain.blocked)
        return expand_macros(template, values)

    def _failed(
        self, levels: Sequence[Ad], code: int, reason: Reason, why: str, *, flaw: bool = True
    ) -> Found:
        """An ad that cannot be used, of which everybody is told who had a part in it (D-02)."""
        whole = merged_for_errors(levels[:-1], levels[-1])
        self.tell(whole.error_urls, code)
        if flaw:
            self.flaws.append(why)
        return Found(pod=(Failure(ad=whole, code=code, reason=reason, why=why),))


def _unnumbered(ad: Offered) -> Offered:
    """An ad in the place of another one: its own number counts in its answer only."""
    match ad:
        case Wrapper():
            return replace(ad, level=replace(ad.level, sequence=None))
        case Failure():
            return replace(ad, ad=replace(ad.ad, sequence=None))
        case _:
            return replace(ad, sequence=None)
