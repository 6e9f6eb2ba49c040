"""Patches with holes: filled in, each is the patch between the MPDs of one session (B-48)."""

from decimal import Decimal

import pytest
from mpd_patching import applied, is_same

from loadtests.synthetic_mpd import MIDNIGHT, MPD_URL, live_mpd
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.header import PatchLocation
from manifests.dash.patching.patch_text import after, before, patch_text
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import MpdText, Renderer

TTL_S = Decimal(60)
LISTED = 46


def versions(*firsts: int, change: tuple[str, str] = ("", "")) -> list[MpdText]:
    """What sessions without ads are sent, for windows that begin at some segments."""
    renderer = Renderer(rules=DashRules(), rung_of=lambda one, representation: representation.id)
    channel, found = DashChannel(), []
    for first in firsts:
        mpd = live_mpd(first, LISTED).decode().replace(*change).encode()
        now = Decimal(MIDNIGHT + 4 * (first + LISTED))
        channel = channel.advance(read_mpd(mpd, url=MPD_URL), now=now)
        found.append(renderer.render(channel, []))
    return found


@pytest.mark.parametrize("sid", ["one", "other & <odd> \"'"])
def test_a_patch_is_made_once_and_filled_for_each_session(sid: str) -> None:
    def sent(text: MpdText, at: Decimal) -> bytes:
        return text.filled(
            location=f"/m.mpd?{sid}",
            publish_time=at,
            patch_location=PatchLocation(f"/m.mpp?{sid}&publishTime={at}", TTL_S),
        )

    old, new = versions(1000, 1002)
    patch = patch_text(before(old), after(new, ttl_s=TTL_S))
    assert patch is not None
    began, went_on = Decimal("1771234567.001"), Decimal("1771234569.5")
    filled = patch.filled(
        original=began, publish_time=went_on, patch_url=f"/m.mpp?{sid}&publishTime={went_on}"
    )
    assert is_same(applied(filled, sent(old, began)), sent(new, went_on))
    assert len(filled) < len(sent(new, went_on)) / 2
    assert b"weft:" not in filled


def test_a_patch_takes_the_longer_lifetime_along() -> None:
    old, new = versions(1000, 1002)
    patch = patch_text(before(old), after(new, ttl_s=Decimal(90)))
    assert patch is not None
    filled = patch.filled(original=Decimal(1), publish_time=Decimal(2), patch_url="p")
    assert b'<PatchLocation ttl="90">p</PatchLocation>' in filled


def test_there_is_none_where_make_patch_has_none() -> None:
    old, new = versions(1000, 1400)  # nothing stays
    assert patch_text(before(old), after(new, ttl_s=TTL_S)) is None


@pytest.mark.parametrize(
    ("scheme", "has_patch"),
    [("urn:x", True), ("1970-01-01T00:00:02.000000000000000271Z", False)],
)
def test_an_origin_that_says_what_marks_say_has_no_patches(scheme: str, has_patch: bool) -> None:
    end = "</AdaptationSet></Period>"
    joins = f'<Period id="P1" start="PT4192S"><AssetIdentifier schemeIdUri="{scheme}"/></Period>'
    [old], [new] = versions(1000), versions(1002, change=(end, end + joins))
    patch = patch_text(before(old), after(new, ttl_s=TTL_S))
    assert (patch is not None) is has_patch
