"""The samples of the IAB, read and followed; what they offer is in tests/cases/vast, one file each.

The samples themselves are not ours to copy: they are looked for beside the checkout.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ad_json import described

from packager.decisions.ads import Ad, Vast, Wrapper
from packager.decisions.chains import ChainLimits
from packager.decisions.vast import read_vast
from packager.decisions.wrappers import follow

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "reference" / "samples" / "vast"
CASES = Path(__file__).parents[2] / "cases" / "vast"
NAMES = sorted(path.stem for path in (CASES / "samples").glob("*.json"))
# wrapper -> the sample that its ad server answers with
CHAINS = {
    "v3.0_Wrapper_Tag-test": "v3.0_Inline_Linear_Tag-test",
    "v4.2_Wrapper_Tag-test": "v4.2_Inline_Simple",
}
LISTED = {
    "Impression": lambda ad: ad.impressions,
    "Error": lambda ad: ad.error_urls,
    "Tracking": lambda ad: ad.linear.tracking if ad.linear else (),
    "MediaFile": lambda ad: ad.linear.media_files if ad.linear else (),
    "Mezzanine": lambda ad: ad.linear.mezzanines if ad.linear else (),
    "InteractiveCreativeFile": lambda ad: ad.linear.interactive_files if ad.linear else (),
    "ClosedCaptionFile": lambda ad: ad.linear.captions if ad.linear else (),
    "ClickTracking": lambda ad: ad.linear.click_tracking if ad.linear else (),
    "CustomClick": lambda ad: ad.linear.custom_clicks if ad.linear else (),
    "Verification": lambda ad: ad.verifications,
    "UniversalAdId": lambda ad: ad.universal_ad_ids,
    "Companion": lambda ad: ad.companions,
    "NonLinear": lambda ad: ad.nonlinears,
    "Extension": lambda ad: ad.extensions,
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def body(name: str) -> bytes:
    path = SAMPLES / f"{name}.xml"
    if not path.exists():
        pytest.skip("the shared VAST samples are not beside the checkout")
    return path.read_bytes()


def compare(found: object, path: Path, update: bool) -> None:
    text = json.dumps(described(found), indent=1, ensure_ascii=False) + "\n"
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


def test_every_sample_of_the_iab_has_an_expectation(update_cases: bool) -> None:
    if not SAMPLES.exists():
        pytest.skip("the shared VAST samples are not beside the checkout")
    names = sorted(path.stem for path in SAMPLES.glob("*.xml"))
    if update_cases:
        for name in names:
            compare(read_vast(body(name)), CASES / "samples" / f"{name}.json", update=True)
    assert sorted(path.stem for path in (CASES / "samples").glob("*.json")) == names


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_offers_what_a_person_would_list_d_01(name: str, update_cases: bool) -> None:
    compare(read_vast(body(name)), CASES / "samples" / f"{name}.json", update_cases)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_sample_is_lost_that_another_reader_counts(name: str) -> None:
    counts = Counter(
        element.tag.rpartition("}")[2] for element in ElementTree.fromstring(body(name)).iter()
    )
    (ad,) = levels(read_vast(body(name)))
    found = {kind: len(listed(ad)) for kind, listed in LISTED.items()}
    if name == "v2.0_Inline_NonLinear":  # its Error is `myErrorUrl.com`, which is no URL
        counts["Error"] -= 1
    assert found == {kind: counts[kind] for kind in LISTED}


def levels(vast: Vast) -> Iterator[Ad]:
    for ad in vast.ads:
        assert isinstance(ad, Ad | Wrapper)
        yield ad.level if isinstance(ad, Wrapper) else ad


@pytest.mark.parametrize(("wrapper", "inline"), CHAINS.items(), ids=CHAINS)
async def test_a_wrapper_and_its_answer_are_one_ad_d_04(
    wrapper: str, inline: str, update_cases: bool
) -> None:
    calls = []

    async def fetch(url: str) -> Vast:
        calls.append(url)
        return read_vast(body(inline))

    resolved = await follow(read_vast(body(wrapper)), fetch, limits=ChainLimits())
    compare(resolved, CASES / "chains" / f"{wrapper}.json", update_cases)
    assert len(calls) == 1
