"""The cases of tests/cases/splice, judged: what ``weft splice`` makes of an MPD breaks no rule."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from dash_judge import judge
from dash_record import Answered, Decided, Facts, Fetched

from manifests.dash.content_clock import origin_of
from manifests.dash.reading.reader import read_mpd
from manifests.timing import read_date_time
from packager.splicing.plan import read_plan

CASES = Path(__file__).parents[1] / "cases" / "splice"
URL = "https://origin.example/show/index.m3u8"
NOW = Fraction(1767225600 + 180)
# The judge knows insertions or replacements, not both in one presentation.
MIXED = {"dash-duration-template-mid-segment", "dash-several-periods", "dash-events-split"}
JUDGED = [one for one in sorted(CASES.glob("*/expected.mpd")) if one.parent.name not in MIXED]


@pytest.mark.parametrize("expected", JUDGED, ids=lambda file: file.parent.name)
def test_a_spliced_mpd_breaks_no_rule(expected: Path) -> None:
    folder = expected.parent
    body, origin = expected.read_bytes(), (folder / "origin.mpd").read_bytes()
    text = (folder / "plan.json").read_text()
    plan = read_plan(text)
    mpd = read_mpd(origin, url=URL)
    clock, end = Fraction(origin_of(mpd)), mpd.periods[-1].end
    decided, ads = [], {}
    insertion = not mpd.is_dynamic and not any(one.duration for one in plan.breaks)
    for one in plan.breaks:
        names = []
        for creative in one.creatives:
            prefix = f"https://ads.example/{creative.id}/"
            names.append(prefix)
            ads[prefix] = Fraction(creative.duration)
        start = clock + Fraction(one.at if one.at is not None else end or 0)
        length = Fraction(min(one.duration, one.length))
        if one.start is not None:
            start = Fraction(one.start)
        if plan.from_cues:  # of the one case of an early return
            start, length = clock + 100, Fraction(21)
        decided.append(
            Decided(
                break_id=one.id,
                start=start,
                out_at=start,
                in_at=start + length,
                ads=tuple(names),
                early=plan.from_cues,
            )
        )
    now = json.loads(text).get("now")
    at = Fraction(read_date_time(now)) if now else NOW if mpd.is_dynamic else Fraction(0)
    history = (
        Fetched(poll=0, at=at, url=URL, body=origin),
        Answered(poll=0, at=at, session="one", url=URL, body=body, decided=tuple(decided)),
    )
    facts = Facts(ads=ads, insertion=insertion, proxy="https://weft.invalid/")
    found = [str(one) for one in judge(history, facts)]
    assert found == []
