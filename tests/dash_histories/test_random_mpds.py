"""The random origins themselves: valid, read alike by two readers, and nothing to complain of."""

from decimal import Decimal
from fractions import Fraction

import pytest
from dash_judge import judge
from dash_record import Answered, Facts, Fetched
from mpd_text import Period, read
from random_mpds import MpdOrigin, random_mpd_traits

from manifests.dash import model
from manifests.dash.reading import addressing
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import complaint, needs_schema

SEEDS = range(50)


def polls(origin: MpdOrigin, count: int = 6) -> list[Fraction]:
    if not origin.traits.live:
        return [Fraction(0)]
    step = (origin.end - origin.begin) / count
    return [origin.begin + step * number for number in range(count)]


@needs_schema
@pytest.mark.parametrize("seed", SEEDS)
def test_random_origins_are_valid(seed: int) -> None:
    origin = MpdOrigin(seed, random_mpd_traits(seed))
    for now in polls(origin):
        assert not complaint(origin.at(now))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_readers_agree_about_every_segment(seed: int) -> None:
    """B-01, B-13, B-16, B-22: URL, start and end of each, and the init segment."""
    origin = MpdOrigin(seed, random_mpd_traits(seed))
    for now in polls(origin):
        body = origin.at(now)
        ours = read(body, origin.url, now=now)
        theirs = read_mpd(body, url=origin.url)
        assert len(ours.periods) == len(theirs.periods)
        assert Fraction(theirs.availability_start or 0) == ours.ast
        for mine, one in zip(ours.periods, theirs.periods, strict=True):
            assert mine.start == Fraction(one.start)
            assert mine.end == (None if one.end is None else Fraction(one.end))
            assert mine.id in (None, one.id)
            assert_alike(mine, one)
            events = [(e.id, e.at - mine.start, e.duration) for s in mine.streams for e in s.events]
            assert events == [(e.id, e.at, e.duration) for s in one.event_streams for e in s.events]


def assert_alike(mine: Period, one: model.Period) -> None:
    assert [each.id for each in mine.sets] == [each.id for each in one.sets]
    assert [each.kind for each in mine.sets] == [each.kind for each in one.sets]
    pairs = zip(mine.tracks, one.representations(), strict=True)
    for track, (_, representation) in pairs:
        assert track.id == representation.id
        how = representation.addressing
        assert how is not None
        if track.mode == "file":
            assert how.mode == "indexed"
            assert representation.bases[0] == track.segments[0].url
            continue
        assert (track.timescale, track.pto) == (how.timescale, how.pto)
        init = addressing.initialization_url(representation)
        assert init is not None
        assert (track.init or "").partition("@")[0] == init
        if how.mode == "indexed":
            assert track.mode == "indexed"
            assert track.segments[0].url.partition("@")[0] == representation.bases[0]
            continue
        if how.mode == "duration":
            assert how.duration is not None
            for span, segment in zip(track.spans, track.segments, strict=True):
                index = (span.start - mine.start) * how.timescale / how.duration
                assert index.denominator == 1
                number = how.start_number + int(index)
                url = addressing.segment_url(representation, number, segment.start)
                assert url == segment.url
            continue
        told = [
            (run.start + run.duration * i, run.duration)
            for run in how.runs
            for i in range(run.count)
        ]
        assert told == [(each.start, each.end - each.start) for each in track.segments]
        for number, segment in enumerate(track.segments, how.start_number):
            url = addressing.segment_url(representation, number, segment.start)
            assert url == segment.url


@pytest.mark.parametrize("seed", SEEDS)
def test_an_origin_that_is_answered_as_it_is_breaks_no_rule(seed: int) -> None:
    """What the judge finds in answers does not come from the origin."""
    traits = random_mpd_traits(seed)
    origin = MpdOrigin(seed, traits)
    history: list[Fetched | Answered] = []
    newest = b""
    edge = Fraction(0)
    for poll, now in enumerate(polls(origin, 12)):
        body = origin.at(now)
        history.append(Fetched(poll=poll, at=now, url=origin.url, body=body))
        text = read(body, origin.url, now=now)
        published = text.published or now
        if published >= edge:  # stale copies are nobody's
            newest, edge = body, published
        answer = Answered(poll=poll, at=now, session="one", url=origin.url, body=newest)
        history.append(answer)
    facts = Facts(ads={}, proxy="https://origin.example/")
    own = {"B-05"} if not traits.period_ids else set()  # the origin's own fault
    own |= {"B-44"} if traits.extras else set()
    own |= {"B-41"} if not traits.dated else set()
    assert [str(one) for one in judge(history, facts) if one.rule not in own] == []


def test_a_live_origin_is_a_function_of_time() -> None:
    traits = random_mpd_traits(3, live=True)
    now = MpdOrigin(3, traits).begin + 40
    assert MpdOrigin(3, traits).at(now) == MpdOrigin(3, traits).at(now)
    assert Decimal(int(now)) == now
