"""Settings of ads: whom to ask and how, what viewers may be told of, how often an ad may come."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from packager.config import calls, scalars
from packager.config.settings import ListOf, MapOf, Section, required, section, setting
from packager.decisions.calls import CallTemplate
from packager.decisions.consent import SIGNALS
from packager.decisions.disclosure import DisclosureRules
from packager.decisions.gate import GateRules
from packager.decisions.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class VastServer:
    """How an ad server is asked."""

    url: Template = required(
        "URL of the ad server, with placeholders such as {session.id}",
        read=calls.template,
        private=True,  # operators put keys of ad servers there
    )
    method: Literal["GET", "POST"] | None = setting(
        None,
        "`GET` or `POST`; without it, `POST` where there is a body",
        read=scalars.word("GET", "POST"),
    )
    body: Template | None = setting(
        None,
        "what is sent, with the same placeholders; in JSON (by Content-Type) as JSON, else encoded",
        read=calls.body_template,
        private=True,
    )
    headers: Mapping[str, str] = setting(
        {},
        "headers for this server alone: `{X-Key: ...}`",
        read=MapOf(calls.header_value, check_name=calls.check_header),
        private=True,
    )
    forwarded_for: bool = setting(
        False, "tell the viewer's address in X-Forwarded-For too", read=scalars.flag
    )

    concurrency: int = setting(
        256, "most calls at a time, of one process", read=scalars.whole(1, 10_000)
    )
    per_s: Decimal | None = setting(
        None,
        "most decisions a second, of one process; beyond them viewers are drawn by lot",
        read=scalars.number("0.1", "100000"),
    )

    @property
    def gate(self) -> GateRules:
        """What it can take."""
        per_s = None if self.per_s is None else float(self.per_s)
        return GateRules(concurrency=self.concurrency, per_s=per_s)

    @property
    def template(self) -> CallTemplate:
        """What its calls are made from."""
        body = self.body
        if body is None and self.method == "POST":
            body = Template(("",), ())
        types = [text for name, text in self.headers.items() if name.lower() == "content-type"]
        if body is not None and types and "json" in types[0].lower():
            body = replace(body, encoding="json")
        return CallTemplate(
            url=self.url, body=body, headers=self.headers, forwarded_for=self.forwarded_for
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bumpers:
    """House media around the ads of a break; a break without ads has none."""

    before: str | None = setting(
        None,
        "name of the asset that plays before the first ad",
        read=scalars.name_with_choices,
    )
    after: str | None = setting(
        None,
        "name of the asset that plays after the last ad",
        read=scalars.name_with_choices,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetch:
    """Ads that are asked for before there is a break."""

    seconds: Decimal = required(
        "length of the pod that is asked for; the break that gets it takes what fits",
        read=scalars.number("1", "7200"),
    )
    spread_s: int = setting(
        60,
        "seconds over which the calls are spread, a moment of its own for each viewer",
        read=scalars.whole(0, 3600),
    )
    keep_s: int = setting(
        600,
        "seconds after which a pod without a break is given up, and another is asked for",
        read=scalars.whole(30, 86_400),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How often something may come to a viewer."""

    times: int = required("so many times", read=scalars.whole(1, 1000))
    per_s: int = required("in so many seconds of the content", read=scalars.whole(1, 2_592_000))


_cap = Section(Cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """How often one ad may come in a session."""

    creative: Cap | None = setting(None, "how often one creative", read=_cap)
    advertiser: Cap | None = setting(None, "how often one advertiser", read=_cap)
    category: Cap | None = setting(None, "how often one category of ads", read=_cap)

    @property
    def caps(self) -> dict[str, Cap]:
        """Those that are set, by what they count."""
        caps = {
            "creative": self.creative,
            "advertiser": self.advertiser,
            "category": self.category,
        }
        return {kind: cap for kind, cap in caps.items() if cap is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """What is kept apart in a break (D-56)."""

    creative: bool = setting(True, "no creative twice in a break", read=scalars.flag)
    advertiser: bool = setting(
        True, "no two ads of one advertiser next to each other", read=scalars.flag
    )
    category: bool = setting(
        True, "no two ads of one category next to each other", read=scalars.flag
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ads:
    """Which of the ads that are offered are shown."""

    frequency: Frequency = section(Frequency(), "caps")
    separation: Separation = section(Separation(), "what is kept apart")
    blocked_categories: tuple[str, ...] = setting(
        (), "categories of ads that are not shown: `[IAB7-39]`", read=ListOf(scalars.text)
    )
    allow_skippable: bool = setting(
        False, "show ads that were sold as skippable, which nobody can skip", read=scalars.flag
    )
    reorder: bool = setting(
        False, "an ad too long for what is left lets later ones pass", read=scalars.flag
    )
    max_unfilled_s: Decimal | None = setting(
        None,
        "with more seconds without ads, a break shows none",
        read=scalars.number("0", "7200"),
    )
    signalling: bool = setting(
        False,
        "tell players of ads inside manifests (SVTA 2053), unless a session says otherwise",
        read=scalars.flag,
    )


def _check_signal(name: str) -> None:
    if name not in SIGNALS:
        raise ValueError(f"{name!r} is not one of {', '.join(SIGNALS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSettings:
    """When ad servers may know who the viewer is."""

    mode: Literal["assume", "require"] = setting(
        "assume",
        "whether ad servers may know who the viewer is where nothing is said of consent:"
        " `assume` that they may, or `require` that it is said",
        read=scalars.word("assume", "require"),
    )
    parameters: Mapping[str, str] = setting(
        {},
        "ad parameters that say what there is of consent, where they are not called "
        + ", ".join(
            name if name == signal else f"{signal}: {name}" for signal, name in SIGNALS.items()
        ),
        read=MapOf(scalars.name, check_name=_check_signal),
    )
    identifiers: tuple[str, ...] = setting(
        (),
        "further ad parameters that say who the viewer is, such as `ppid`",
        read=ListOf(scalars.name),
    )

    @property
    def rules(self) -> DisclosureRules:
        """The same, for those who decide what ad servers are told."""
        return DisclosureRules(
            mode=self.mode, names=self.parameters, identifiers=frozenset(self.identifiers)
        )
