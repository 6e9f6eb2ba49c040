"""What must hold of a story before anybody opens it: no unknown name, no way to nowhere.

As other checks, these look at the document, so that each says the line that it is about.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast, get_args

from packager.config.document import Entries, Node, Problem, Scalar, Sequence, below, each
from packager.config.settings import suggestion
from packager.facts.values import read_value
from packager.rules import Kind, RuleError, Value, compile_rule
from packager.stories.reach import Condition, Step, Way, dead_end, unreached

MAX_VARIANTS = 64  # of one asset
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_IN_URLS = re.compile(r"[A-Za-z0-9_.-]{1,64}")  # what a value may be that gets into a URL
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact or choice that a story may ask for."""

    kind: Kind
    of: tuple[str, ...] = ()  # its values, where there are only so many
    is_always_known: bool = True


def asked_of(show: Entries) -> dict[str, Asked]:
    """The facts and choices of a show, by name."""
    found: dict[str, Asked] = {}
    facts = below(show, "facts")
    for name in facts.keys if isinstance(facts, Entries) else ():
        kind = _text(below(facts, name, "type")) or _text(below(facts, name))
        if kind in get_args(Kind):
            of = tuple(
                one.text for one in each(below(facts, name, "of")) if isinstance(one, Scalar)
            )
            if kind == "bool":
                of = ("true", "false")
            known = kind == "bool" or below(facts, name, "default") is not None
            found[name] = Asked(cast(Kind, kind), of, known)
    choices = below(show, "choices")
    for name in choices.keys if isinstance(choices, Entries) else ():
        nodes = (*each(below(choices, name, "of")), below(choices, name, "or"))
        of = tuple(one.text for one in nodes if isinstance(one, Scalar))
        found[name] = Asked("int" if of and all(map(str.isdecimal, of)) else "string", of)
    return found


def slate_has_seconds(part: Entries) -> Iterator[Problem]:
    """A break that shows slate says for how long."""
    if _text(below(part, "break")) == "slate" and "seconds" not in part.keys:
        yield Problem(part.place, "slate between parts has no end; add `seconds: 10`")


def branch_has_condition(part: Entries) -> Iterator[Problem]:
    """A branch says when it is taken."""
    if "when" not in part.keys:
        yield Problem(part.place, "'when' is missing, add it: CEL over facts and choices")


def has_one_source(show: Entries) -> Iterator[Problem]:
    """A show has an origin or a story; a story has none of what is said of origins alone."""
    has = [key for key in ("origin", "story") if key in show.keys]
    if not has:
        yield Problem(show.place, "'origin' is missing, add it: URL below which its playlists are")
    elif len(has) == 2:
        yield Problem(show.keys["story"], "the show has an origin; remove one of them")
    elif has == ["origin"]:
        for key in ("ladder", "language"):
            if key in show.keys:
                yield Problem(show.keys[key], "is for stories; remove it")
    else:
        story = below(show, "story")
        if isinstance(story, Sequence) and not story.items:
            yield Problem(story.place, "has no parts; add `- {play: ASSET}`")
        for key in ("overlays", "warm", "segments", "patches", "xlink", "cues"):
            if key in show.keys:
                yield Problem(show.keys[key], "is for shows with an origin; remove it")
        for rule in each(below(show, "breaks")):
            if _text(below(rule, "from")) == "cues":
                yield Problem(
                    rule.place, "stories have no cues; use `at: SECONDS`, or a break part"
                )


def plays_assets(show: Entries) -> Iterator[Problem]:
    """Parts play assets that there are, whatever facts and choices say."""
    assets = below(show, "assets")
    known = tuple(assets.keys) if isinstance(assets, Entries) else ()
    asked = asked_of(show)
    for part in _parts(below(show, "story")):
        play = below(part, "play")
        names = [play, *each(below(part, "fit", "moments"))]
        uses = (("break", "asset"), ("else", "asset"), ("bumpers", "before"), ("bumpers", "after"))
        if below(part, "break") is not None:
            names += [below(part, *use) for use in uses]
        for name in names:
            text = _text(name)
            if name is None or not text:
                continue
            if name is play and (match := _PLACEHOLDER.fullmatch(text)):
                yield from _every_value_is_asset(name, match[1], asked, known)
            elif text not in known:
                yield Problem(name.place, f"no asset {text!r}; {suggestion(text, known)}")
        for name in each(below(part, "fit", "moments")):
            if below(assets, _text(name), "template") is not None:
                reason = f"{_text(name)!r} is made of a template, and is no moment; play it"
                yield Problem(name.place, reason)
        slates = (below(part, "break"), below(part, "else"))
        if any(_text(one) == "slate" for one in slates) and "slate" not in show.keys:
            reason = "the show has no slate; add `slate: {file: slate.mp4}` to it"
            yield Problem(part.place, reason)
    like = below(show, "ladder", "like")
    if like is not None and (text := _text(like)):
        if text not in known:
            yield Problem(like.place, f"no asset {text!r}; {suggestion(text, known)}")
        elif below(assets, text, "origin") is None:
            yield Problem(like.place, f"{text!r} is a file, which has no ladder; name one at a URL")


def _every_value_is_asset(
    node: Node, name: str, asked: Mapping[str, Asked], known: tuple[str, ...]
) -> Iterator[Problem]:
    yield from _is_finite(node, name, asked)
    for value in asked[name].of if name in asked else ():
        if value not in known:
            reason = f"{name} may be {value!r}, and there is no such asset; "
            yield Problem(node.place, reason + suggestion(value, known))


def asks_for_what_is_finite(show: Entries) -> Iterator[Problem]:
    """What stands in URLs, and how long a choice may be, has few values, all known before."""
    asked = asked_of(show)
    for asset in each(below(show, "assets")):
        for media in (asset, *each(below(asset, "cuts"))):
            yield from _url_is_finite(media, asked)
    language = below(show, "language")
    if language is not None and (text := _text(language)):
        yield from _is_finite(language, text, asked)
    for part in _parts(below(show, "story")):
        seconds = below(part, "fit", "seconds")
        if seconds is not None and (match := _PLACEHOLDER.fullmatch(_text(seconds))):
            yield from _is_finite(seconds, match[1], asked)
            for value in asked[match[1]].of if match[1] in asked else ():
                if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", value) or not float(value):
                    yield Problem(
                        seconds.place, f"{match[1]} may be {value!r}, and must be seconds"
                    )


def _url_is_finite(media: Node, asked: Mapping[str, Asked]) -> Iterator[Problem]:
    variants = 1
    for node in (below(media, "origin"), below(media, "path")):
        if node is None:
            continue
        text = _text(node)
        names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
        if "{" in _PLACEHOLDER.sub("", text) or "}" in _PLACEHOLDER.sub("", text):
            yield Problem(node.place, "has a brace too many; `{look}` stands for a fact or choice")
        if any("{" in piece for piece in text.split("/")[:3]) and "://" in text:
            yield Problem(node.place, "the host must be written out")
        for name in names:
            yield from _is_finite(node, name, asked)
            values = asked[name].of if name in asked else ()
            variants *= max(len(values), 1)
            for value in values:
                if not _IN_URLS.fullmatch(value) or not value.strip("."):
                    reason = f"{name} may be {value!r}, which cannot stand in a URL as it is"
                    yield Problem(node.place, reason)
    if variants > MAX_VARIANTS:
        reason = f"stands for {variants} presentations, at most {MAX_VARIANTS} are looked at"
        yield Problem(media.place, reason)


def _is_finite(node: Node, name: str, asked: Mapping[str, Asked]) -> Iterator[Problem]:
    if name not in asked:
        reason = f"no fact or choice {name!r}; {suggestion(name, asked)}"
        yield Problem(node.place, reason)
    elif not asked[name].of:
        yield Problem(node.place, f"{name} may be anything; add `of: [...]` to it")
    elif not asked[name].is_always_known:
        yield Problem(node.place, f"{name} may be unknown; add a `default` to it")


def follows_rules(show: Entries) -> Iterator[Problem]:
    """Conditions can be read, none is in vain, and there is always something to play."""
    story = below(show, "story")
    if not isinstance(story, Sequence):
        return
    asked = asked_of(show)
    kinds = {name: one.kind for name, one in asked.items()}
    places: list[tuple[Node, bool]] = []  # of each way, and whether it is an `else`
    wrong = []

    def steps(nodes: Node | None) -> tuple[Step, ...]:
        found: list[Step] = []
        for part in each(nodes):
            condition: Condition | None = None
            when = below(part, "when")
            if when is not None and (text := _text(when)):
                try:
                    condition = Condition(compile_rule(text, kinds, "bool"), _names(text, kinds))
                except RuleError as error:
                    wrong.append(Problem(when.place, str(error)))
            number = len(places)
            places.append((part, False))
            then = below(part, "then")
            if then is None:
                plays = below(part, "break") is None
                found.append(Step(condition, Way(number, plays=plays), None))
                continue
            way, other = Way(number, steps=steps(then)), None
            if (otherwise := below(part, "else")) is not None:
                places.append((otherwise, True))
                other = Way(len(places) - 1, steps=steps(otherwise))
            found.append(Step(condition, way, other))
        return tuple(found)

    whole = steps(story)
    yield from wrong
    if wrong:
        return
    domains = {name: _values(one) for name, one in asked.items() if one.of}
    blanks = {name: _blank(one) for name, one in asked.items()}
    for number in unreached(whole, domains, blanks):
        node, is_else = places[number]
        reason = "`when` is always true, so this" if is_else else "`when` is never true here, so it"
        yield Problem(node.place, f"{reason} is never reached; remove it")
    found = dead_end(whole, domains, blanks) if whole else None
    if found is not None:
        where = " and ".join(f"{name} is {value!r}" for name, value in found.items())
        yield Problem(
            story.place, f"a dead end: {f'where {where}, ' if where else ''}nothing plays"
        )


def _values(one: Asked) -> tuple[Value, ...]:
    found = []
    for text in one.of:
        try:
            found.append(read_value(one.kind, text))
        except ValueError:
            continue  # said where the fact is
    if not one.is_always_known:
        found.append(_blank(one))
    return tuple(dict.fromkeys(found))


def _blank(one: Asked) -> Value:
    blanks: Mapping[Kind, Value] = {"string": "", "int": 0, "float": 0.0, "bool": False}
    return blanks[one.kind]


def _names(text: str, kinds: Mapping[str, Kind]) -> frozenset[str]:
    """Names of facts and choices that a rule may ask for; a text in it may name one in vain."""
    return frozenset(_NAMES.findall(text)) & kinds.keys()


def _parts(node: Node | None) -> Iterator[Node]:
    for part in each(node):
        yield part
        yield from _parts(below(part, "then"))
        if below(part, "then") is not None:
            yield from _parts(below(part, "else"))


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
