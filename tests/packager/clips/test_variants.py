from clip_samples import a_clip

from packager.clips.variants import variants
from packager.config.checks import MOST_VARIANTS
from packager.config.fact_settings import Fact

FACTS = {
    "team": Fact(name="team", kind="string", of=("red", "blue"), default="red"),
    "goals": Fact(name="goals", kind="int", of=("0", "1")),
    "won": Fact(name="won", kind="bool", default="false"),
    "name": Fact(name="name", kind="string"),
}


def test_every_combination_is_there_once() -> None:
    clip = a_clip(data={"name": "{team} {goals}", "line": "{team}"})
    assert list(variants(clip, FACTS)) == [
        {"goals": goals, "team": team} for goals in (0, 1, None) for team in ("red", "blue")
    ]
    assert list(variants(a_clip(data={"name": "{won}"}), FACTS)) == [{"won": True}, {"won": False}]
    assert list(variants(a_clip(data={"name": "x"}), FACTS)) == [{}]


def test_there_are_no_more_than_may_be() -> None:
    facts = {n: Fact(name=n, kind="string", of=tuple("abcdefgh")) for n in ("a", "b", "c")}
    clip = a_clip(data={"name": "{a}{b}{c}"})
    assert len(list(variants(clip, facts))) == MOST_VARIANTS
