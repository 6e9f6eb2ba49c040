"""Random histories: no session is ever told anything that breaks a splice rule.

A failure prints its seed and the smallest story that still fails.
"""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judge import Answered, Facts, Fetched, judge
from random_origin import Origin, Traits, random_traits
from story import Plot, play, random_plot, tell
from viewing import Creatives, Manner

from manifests.creative import Creative
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.reader import read_media_playlist

SHORT = 80  # histories in each run of the tests
LONG = 1000


def assert_kept(plot: Plot) -> None:
    viewing, found = play(plot)
    assert viewing.polled > plot.polls // 2
    if found:
        pytest.fail(tell(plot), pytrace=False)


@pytest.mark.parametrize("seed", range(SHORT))
def test_random_live_histories_keep_the_rules(seed: int) -> None:
    """H-01 to H-07, H-09 and H-14; 100 polls each."""
    assert_kept(random_plot(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SHORT, SHORT + LONG))
def test_a_thousand_random_live_histories_keep_the_rules(seed: int) -> None:
    """H-01 to H-07, H-09 and H-14; 100 polls each."""
    assert_kept(random_plot(seed))


PLOTS = st.builds(
    Plot,
    seed=st.integers(0, 10**6),
    traits=st.builds(
        Traits,
        target=st.integers(2, 10),
        window=st.integers(3, 20),
        kind=st.sampled_from(["live", "event"]),
        cmaf=st.booleans(),
        dates=st.sampled_from(["each", "first", "some", "none"]),
        uneven=st.booleans(),
        keys=st.sampled_from(["none", "counted", "iv", "formats", "mixed"]),
        rotation=st.integers(0, 5),
        new_maps=st.booleans(),
        ranges=st.sampled_from(["none", "explicit", "implicit"]),
        marks=st.booleans(),
        unknown=st.booleans(),
        dateranges=st.booleans(),
        variables=st.booleans(),
        breaks=st.sampled_from(["plain", "wild"]),
        lag=st.booleans(),
        audio=st.booleans(),
        subtitles=st.booleans(),
        length_s=st.just(600),
    ),
    manner=st.builds(
        Manner,
        sessions=st.integers(1, 3),
        pauses=st.sampled_from([0.0, 0.1]),
        switches=st.booleans(),
        holds=st.booleans(),
        restores=st.sampled_from([0.0, 0.1]),
        shorter=st.booleans(),
    ),
    polls=st.just(40),
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(plot=PLOTS)
def test_histories_of_any_traits_keep_the_rules(plot: Plot) -> None:
    _, found = play(plot)
    assert not found


def test_a_plot_is_one_history() -> None:
    """Reproducible, whatever was played before."""
    plot = random_plot(7, polls=30)
    assert play(plot)[0].events == play(plot)[0].events


INSERTION = ChannelRules(cues=None, dressing=Dressing(dates=False))


@pytest.mark.parametrize("seed", range(40))
def test_random_insertions_keep_the_rules(seed: int) -> None:
    """A-12, A-20, A-33, H-05, H-06, D-43: pre-, mid- and post-roll, several on one border."""
    draw = random.Random(seed)
    traits = replace(
        random_traits(seed, ease=3),
        kind="vod",
        breaks="none",
        length_s=draw.randint(20, 200),
    )
    origin = Origin(seed, traits)
    texts = {name: origin.at(Decimal(0), name) for name in origin.names}
    channel = Channel(reference="v0", rules=INSERTION).advance(
        {n: read_media_playlist(text, url=origin.url(n)) for n, text in texts.items()}
    )
    creatives = Creatives(origin)
    track = channel.tracks["v0"]
    places = sorted(
        draw.choice((track.starts[0], track.edge, draw.choice(track.starts)))
        for _ in range(draw.randint(1, 6))
    )
    splices = [
        channel.insertion_of(at, pod, "v", break_id=f"s{number}")
        for number, at in enumerate(places)
        if (pod := _pod(creatives, draw, f"s{number}"))
    ]
    history: list[Fetched | Answered] = [
        Fetched(poll=0, name=name, url=origin.url(name), text=text) for name, text in texts.items()
    ]
    for poll, name in enumerate(texts, 1):
        text = channel.playlist(name, splices, name[0]).decode()
        history.append(Answered(poll=poll, session="one", name=name, text=text))
    facts = Facts(ads=creatives.segments, clock=origin.clock(), insertion=True, dates=False)
    assert sum(one.final for one in splices) == sum(
        line.startswith("https://ads.") for line in history[-1].text.splitlines()
    )
    assert not judge(history, facts)


def _pod(creatives: Creatives, draw: random.Random, name: str) -> list[Creative]:
    made = [creatives.make(draw, f"{name}.{i}", Decimal(20)) for i in range(draw.randint(1, 3))]
    return [one for one in made if one is not None]
