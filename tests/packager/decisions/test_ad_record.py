import zlib
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.ad_record import VERSION, AdRecordError, read_pod, write_ads
from packager.decisions.ads import (
    Ad,
    Companion,
    Icon,
    Linear,
    MediaFile,
    NonLinear,
    Tracking,
    Verification,
)

AD = Ad(
    id="a",
    sequence=1,
    linear=Linear(
        duration=Decimal("15.50"),
        skip_offset="",
        media_files=(MediaFile(url="http://m.test/", type="video/mp4"),),
        mezzanines=(MediaFile(url="http://m.test/m", type="video/mp4"),),
        tracking=(Tracking("start", "http://t.test/"),),
    ),
)


def without_files(ad: Ad | None) -> Ad | None:
    if ad is None or ad.linear is None:
        return ad
    return replace(ad, linear=replace(ad.linear, media_files=(), mezzanines=()))


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that ads are made of."""
    options = get_args(kind)
    if get_origin(kind) is tuple:
        return st.lists(values(options[0]), max_size=1).map(tuple)
    if get_origin(kind) is Literal:
        return st.sampled_from(options)
    if options:
        return st.none() | values(options[0])
    simple = {
        str: st.text(max_size=5),
        int: st.integers(0, 10**9 - 1),
        bool: st.booleans(),
        Decimal: st.decimals(0, 10**6, places=3),
    }
    if kind in simple:
        return simple[kind]
    return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})


def test_the_ads_of_a_pod_are_read_as_they_were_written() -> None:
    assert read_pod(write_ads([AD, None, Ad(id="")])).ads == (without_files(AD), None, Ad(id=""))
    assert read_pod(write_ads([])).ads == ()


def test_media_files_are_left_out() -> None:
    assert b"m.test" not in zlib.decompress(write_ads([AD])[1:])


def test_a_record_of_the_first_version_is_read_for_ever() -> None:
    written = (
        b'[{"id":"a","sequence":1,"linear":{"duration":"15.50","skip_offset":"","tracking":'
        b'[{"event":"start","url":"http://t.test/"}]}},null]'
    )
    assert read_pod(b"\x01" + zlib.compress(written)).ads == (without_files(AD), None)


@settings(deadline=None, max_examples=50)
@given(st.none() | values(Ad))
def test_a_record_loses_nothing_but_files(ad: Ad | None) -> None:
    assert read_pod(write_ads([AD, ad])).ads == (without_files(AD), without_files(ad))


@settings(deadline=None)
@given(st.one_of(*map(values, (Companion, Icon, NonLinear, Verification))))
def test_each_part_of_an_ad_survives(part: Any) -> None:
    ad = {
        Companion: lambda: Ad(id="a", companions=(part,)),
        Icon: lambda: Ad(id="a", linear=Linear(icons=(part,))),
        NonLinear: lambda: Ad(id="a", nonlinears=(part,)),
        Verification: lambda: Ad(id="a", verifications=(part,)),
    }[type(part)]()
    assert read_pod(write_ads([ad])).ads == (ad,)


def packed(value: Any) -> bytes:
    return bytes([VERSION]) + zlib.compress(orjson.dumps(value))


DAMAGED = {
    "nothing": b"",
    "another version": bytes([VERSION + 1]) + write_ads([AD])[1:],
    "cut off": write_ads([AD])[:-1],
    "something behind": write_ads([AD]) + b"x",
    "no deflate": bytes([VERSION]) + b"[]",
    "no JSON": bytes([VERSION]) + zlib.compress(b"["),
    "no list": packed({"id": "a"}),
    "no ads": packed(["a"]),
    "an ad without an id": packed([{}]),
    "an unknown field": packed([{"id": "a", "colour": "red"}]),
    "a text that is a number": packed([{"id": 1}]),
    "a number that is a truth": packed([{"id": "a", "sequence": True}]),
    "a time that is none": packed([{"id": "a", "linear": {"duration": "soon"}}]),
    "a kind that is none": packed(
        [{"id": "a", "companions": [{"resources": [{"kind": "flash", "value": "x"}]}]}]
    ),
    "a bomb": bytes([VERSION]) + zlib.compress(b" " * (17 << 20)),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_record_is_refused(data: bytes) -> None:
    with pytest.raises(AdRecordError):
        read_pod(data)


@settings(deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_a_record_or_refused(data: bytes, framed: bool) -> None:
    with suppress(AdRecordError):
        read_pod(bytes([VERSION]) + zlib.compress(data) if framed else data)


def test_what_a_break_is_told_by_is_kept_with_its_ads() -> None:
    """D-42."""
    tracking = (Tracking("breakStart", "http://t.test/"), Tracking("breakEnd", "http://t.test/e"))
    record = read_pod(write_ads([Ad(id="a"), None], tracking))
    assert (record.ads, record.tracking) == ((Ad(id="a"), None), tracking)
    assert read_pod(write_ads([AD])).tracking == ()


def test_overlays_are_kept_beside_the_pod() -> None:
    record = read_pod(write_ads([None], (), [AD]))
    assert (record.ads, record.overlays) == ((None,), (without_files(AD),))
    before = bytes([2]) + write_ads([AD])[1:]  # the version that had none
    assert read_pod(before) == read_pod(write_ads([AD]))
