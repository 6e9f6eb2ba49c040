"""What it costs to settle the choices of a session: the show of the design, and a large one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from loadtests.bench.measure import Aim, Measured, Subject, measure
from packager.config.choice_settings import Choice, Pin
from packager.config.fact_settings import Fact
from packager.config.file import load
from packager.config.show_settings import Asset, Show
from packager.personalization.draws import draw_key, handle_of
from packager.personalization.policy import Policy, policy_of
from packager.personalization.record import make_record, read_record, write_record
from packager.personalization.replay import replayed
from packager.personalization.settle import Moment, settle_choices

AIM_US = 200.0
AIM_LOAD_S = 1.0
WAYS = {
    "settle": "settle all choices",
    "record": "settle, and write the record",
    "replay": "read a record and replay it",
    "load": "read and check the configuration",
}
SESSIONS = 256  # that take turns
_KEY = draw_key("a secret of more than 32 characters, for the bench")
_AT = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)
_COUNTRIES = ("SE", "NO", "DK", "FI", "DE", "FR", "IT", "US")
_DEVICES = ("phone", "desktop", "tv")
_THEMES = ("light", "dark", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """The figures of one show."""

    name: str
    choices: int
    assets: int
    rules: int
    record_bytes: int
    measured: dict[str, Measured]  # by way


def cup() -> Show:
    """The show of the design, section 5.3."""
    facts = (
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="club", kind="string", consent="personalise"),
    )
    choices = (
        Choice(name="look", of=("light", "dark"), by='theme == "dark" ? "dark" : "light"'),
        Choice(
            name="sponsor", of=("acme", "zeta"), weigh={"acme": Fraction(3), "zeta": Fraction(1)}
        ),
    )
    return _show("cup", facts, choices, {})


def large() -> Show:
    """Twelve choices over six facts, with thirty assets, half of which have rights."""
    facts = (
        Fact(name="country", kind="string", of=_COUNTRIES),
        Fact(name="device", kind="string", source="device"),
        Fact(name="theme", kind="string", of=("light", "dark")),
        Fact(name="minutes", kind="int"),
        Fact(name="club", kind="string", consent="personalise"),
        Fact(name="hour", kind="int", source="hour"),
    )
    rights = (
        'country in ["SE", "NO", "DK", "FI"]',
        'country in ["DE", "FR", "IT"] && device != "tv"',
        'country != "US"',
        "hour >= 6 && hour < 23",
    )
    assets = {
        f"clip{number}": Asset(
            file=Path("clip.mp4"),
            tags=(f"tag{number % 7}",),
            rights=rights[number % 4] if number % 2 else None,
        )
        for number in range(30)
    }
    names = list(assets)
    drawn = [
        Choice(
            name=f"part{number}",
            of=tuple(names[3 * number : 3 * number + 4]),
            weigh={v: Fraction(n + 1) for n, v in enumerate(names[3 * number : 3 * number + 4])},
            floor=Fraction(1, 20),
            apart="tags",
        )
        for number in range(8)
    ]
    ruled = [
        Choice(name="look", of=("light", "dark"), by='theme == "dark" ? "dark" : "light"'),
        Choice(
            name="length",
            of=("120", "300", "600"),
            by="minutes < 3 ? 120 : minutes < 8 ? 300 : 600",
        ),
        Choice(
            name="team",
            of=("red", "blue", "none"),
            by='club == "reds" ? "red" : club == "blues" ? "blue" : "none"',
            pins=(Pin(value="none", when='device == "tv"', author="ann", reason="one screen"),),
        ),
        Choice(name="cut", of=("short", "long"), by='length > 200 ? "long" : "short"'),
    ]
    return _show("large", facts, (*drawn, *ruled), assets)


def _show(
    name: str, facts: Sequence[Fact], choices: Sequence[Choice], assets: dict[str, Asset]
) -> Show:
    return Show(
        name=name,
        origin="https://origin.example/",
        facts={fact.name: fact for fact in facts},
        choices={choice.name: choice for choice in choices},
        assets=assets,
    )


def written(show: Show, folder: Path) -> Path:
    """The show in a configuration file, beside the file that its assets name."""
    (folder / "clip.mp4").touch()
    facts = {
        name: {
            "type": fact.kind,
            **({"of": list(fact.of)} if fact.of else {}),
            **({"from": fact.source} if fact.source else {}),
            **({"consent": fact.consent} if fact.consent else {}),
        }
        for name, fact in show.facts.items()
    }
    assets = {
        name: {
            "file": "clip.mp4",
            "tags": list(asset.tags),
            **({"rights": asset.rights} if asset.rights else {}),
        }
        for name, asset in show.assets.items()
    }
    document = {
        "origin": show.origin,
        "facts": facts,
        "assets": assets,
        "choices": {name: _written(choice) for name, choice in show.choices.items()},
    }
    file = folder / f"{show.name}.yaml"  # JSON is YAML
    file.write_bytes(orjson.dumps({"shows": {show.name: document}}))
    return file


def _written(choice: Choice) -> dict[str, object]:
    values = [int(one) if choice.kind == "int" else one for one in choice.of]
    pins = [
        {"value": pin.value, "when": pin.when, "author": pin.author, "reason": pin.reason}
        for pin in choice.pins
    ]
    return {
        "of": values,
        "floor": float(choice.floor),
        **({"by": choice.by} if choice.by else {}),
        **({"weigh": {v: int(w) for v, w in choice.weigh.items()}} if choice.weigh else {}),
        **({"apart": choice.apart} if choice.apart else {}),
        **({"or": choice.otherwise} if choice.otherwise else {}),
        **({"pins": pins} if pins else {}),
    }


def run_decisions(*, rounds: int) -> list[Decisions]:
    """Measure both shows in turn."""
    with TemporaryDirectory() as folder:
        return _run(Path(folder), rounds=rounds)


def _run(folder: Path, *, rounds: int) -> list[Decisions]:
    shows = (cup(), large())
    subjects: list[Subject] = []
    sizes: list[int] = []
    policies = [policy_of(show) for show in shows]
    for show, policy in zip(shows, policies, strict=True):
        moments, file = _moments(policy), written(show, folder)
        first = next(moments)
        data = write_record(make_record(policy, first, settle_choices(policy, first)))
        assert write_record(replayed(read_record(data), policy, (_KEY,))) == data
        sizes.append(len(data))
        work = {
            "settle": lambda p=policy, m=moments: settle_choices(p, next(m)),
            "record": lambda p=policy, m=moments: _recorded(p, next(m)),
            "replay": lambda p=policy, d=data: replayed(read_record(d), p, (_KEY,)),
            "load": lambda f=file: load(f),
        }
        subjects += [Subject(f"{show.name}/{way}", work[way]) for way in WAYS]
    measured = measure(subjects, rounds=rounds)
    return [
        Decisions(
            name=show.name,
            choices=len(show.choices),
            assets=len(show.assets),
            rules=len(policy.rules),
            record_bytes=size,
            measured={way: measured[f"{show.name}/{way}"] for way in WAYS},
        )
        for show, policy, size in zip(shows, policies, sizes, strict=True)
    ]


def _recorded(policy: Policy, moment: Moment) -> bytes:
    return write_record(make_record(policy, moment, settle_choices(policy, moment)))


def _moments(policy: Policy) -> Iterator[Moment]:
    """One session's after the other, each another viewer's."""
    blank = {name: fact.fallback for name, fact in policy.facts.items()}
    found: list[Moment] = []
    for number in range(SESSIONS):
        said = {
            "country": _COUNTRIES[number % 8],
            "device": _DEVICES[number % 3],
            "theme": _THEMES[number % 3],
            "minutes": number % 60,
            "club": ("reds", "blues", "")[number % 3],
            "hour": number % 24,
        }
        facts = blank | {name: said[name] for name in blank}
        who = handle_of(str(number), _KEY)
        found.append(Moment(facts=facts, key=_KEY, who=who, at=_AT))
    return cycle(found)


def aims(results: Sequence[Decisions]) -> list[Aim]:
    """That a decision is quick, with its record too, and so is loading."""
    slowest = max(results, key=lambda one: one.measured["record"].median_us)
    record_us = slowest.measured["record"].median_us
    load_s = max(one.measured["load"].worst_us for one in results) / 1e6
    return [
        Aim(
            f"decisions: {slowest.choices} choices in less than {AIM_US:.0f} us",
            f"{record_us:.0f} us with their record",
            record_us < AIM_US,
        ),
        Aim(
            f"decisions: a configuration is read and checked in less than {AIM_LOAD_S:.0f} s",
            f"{load_s * 1000:.0f} ms",
            load_s < AIM_LOAD_S,
        ),
    ]
