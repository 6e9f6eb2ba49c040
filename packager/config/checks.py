"""What must hold between settings: names that exist, addresses that may be reached.

Checks look at the document, not at the values, so that they find what they can even where other
settings are wrong.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import cast, get_args
from urllib.parse import urlsplit

from packager.config.document import Entries, Node, Problem, Scalar, Sequence, below, each
from packager.config.settings import suggestion
from packager.facts.sources import TIMED, TOLD
from packager.facts.values import read_value
from packager.looks.binding import facts_of
from packager.personalization.names import all_names, choices_in
from packager.rules import Kind, RuleError, Value, compile_rule

MOST_VARIANTS = 64  # of a clip that is made before anybody asks

_BREAK = re.compile(r"\{(break\.[a-z_.]+)\}")
_CHOICE = re.compile(r"\{choice\.([A-Za-z0-9_.-]+)\}")
_FACT = re.compile(r"\{fact\.([A-Za-z0-9_.-]+)\}")


def slate_has_seconds(rule: Entries) -> Iterator[Problem]:
    """A scheduled break that shows slate says for how long."""
    if _text(below(rule, "fill")) == "slate" and "seconds" not in rule.keys:
        yield Problem(rule.place, "slate at a fixed time has no end; add `seconds: 10`")


def prefetch_asks_a_server(rule: Entries) -> Iterator[Problem]:
    """Only what a server says of a break can be asked for before it comes."""
    if "prefetch" in rule.keys and below(rule, "fill", "vast") is None:
        yield Problem(rule.keys["prefetch"], "no ad server fills these breaks; remove it")


def assets_exist(show: Entries) -> Iterator[Problem]:
    """Breaks show assets that the show has."""
    assets = below(show, "assets")
    known = tuple(assets.keys) if isinstance(assets, Entries) else ()
    for rule in each(below(show, "breaks")):
        uses = [("fill", "asset"), ("else", "asset"), ("bumpers", "before"), ("bumpers", "after")]
        for asset in (below(rule, *use) for use in uses):
            if asset is None or not (text := _text(asset)):
                continue
            values = {name: _choice_values(show, name) for name in choices_in(text)}
            for choice in (name for name, listed in values.items() if not listed):
                yield Problem(
                    asset.place, f"no choice {choice!r}; {suggestion(choice, _choices(show))}"
                )
            for name in all_names(text, values):
                if name not in known:
                    yield Problem(asset.place, f"no asset {name!r}; {suggestion(name, known)}")
                    break


def clips_end(show: Entries) -> Iterator[Problem]:
    """What a clip's `or` names is an asset of the show, and in the end one that needs none."""
    assets = below(show, "assets")
    known = tuple(assets.keys) if isinstance(assets, Entries) else ()
    for name in known:
        first = other = below(assets, name, "or")
        seen = [name]
        while first is not None and (after := _text(other)):
            if after not in known and other is first:
                yield Problem(first.place, f"no asset {after!r}; {suggestion(after, known)}")
            if after == name:
                yield Problem(first.place, f"{' or '.join(seen)} or {name} never ends")
            if after not in known or after in seen:
                break
            seen.append(after)
            other = below(assets, after, "or")


def clips_can_be_warm(show: Entries) -> Iterator[Problem]:
    """A clip that is made before anybody asks has only so many variants."""
    facts = below(show, "facts")
    for asset in each(below(show, "assets")):
        warm = below(asset, "warm")
        if not isinstance(warm, Scalar) or warm.value is not True:
            continue
        count = 1
        names = {name for text in _leaves(below(asset, "data")) for name in facts_of(_text(text))}
        for name in sorted(names):
            fact = below(facts, name)
            values = len(list(each(below(fact, "of")))) or len(_choice_values(show, name))
            if not values and "bool" in (_text(fact), _text(below(fact, "type"))):
                values = 2
            if not values:
                yield Problem(warm.place, f"{name} can be anything; give it `of`, or remove `warm`")
                break
            count *= values + (below(fact, "default") is None)
        if count > MOST_VARIANTS:
            yield Problem(warm.place, f"{count} clips would be made, {MOST_VARIANTS} at most are")


def slate_exists(show: Entries) -> Iterator[Problem]:
    """A show whose breaks need slate has one."""
    for rule in each(below(show, "breaks")):
        for use in (below(rule, "fill"), below(rule, "else")):
            if use and _text(use) == "slate" and "slate" not in show.keys:
                reason = "the show has no slate; add `slate: {file: slate.mp4}` to it"
                yield Problem(use.place, reason)


def facts_exist(show: Entries) -> Iterator[Problem]:
    """Ad servers are told facts that the show declares."""
    facts = below(show, "facts")
    known = tuple(facts.keys) if isinstance(facts, Entries) else ()
    for rule in _rules(show):
        for text in _templates(rule):
            for name in _FACT.findall(_text(text)):
                if name not in known:
                    yield Problem(text.place, f"no fact {name!r}; {suggestion(name, known)}")
            for name in _CHOICE.findall(_text(text)):
                if name not in _choices(show):
                    reason = f"no choice {name!r}; {suggestion(name, _choices(show))}"
                    yield Problem(text.place, reason)


def templates_show_facts(show: Entries) -> Iterator[Problem]:
    """Overlays and clips show facts and choices that the show declares."""
    facts = below(show, "facts")
    known = (*(facts.keys if isinstance(facts, Entries) else ()), *_choices(show))
    for one in (*each(below(show, "overlays")), *each(below(show, "assets"))):
        for text in _leaves(below(one, "data")):
            for name in facts_of(_text(text)):
                if name not in known:
                    yield Problem(text.place, f"no fact {name!r}; {suggestion(name, known)}")


def audio_asks_for_facts(show: Entries) -> Iterator[Problem]:
    """The sound that is preferred is named by facts and choices that the show declares."""
    facts = below(show, "facts")
    known = (*(facts.keys if isinstance(facts, Entries) else ()), *_choices(show))
    text = below(show, "audio", "prefer")
    for name in facts_of(_text(text)):
        if text is not None and name not in known:
            yield Problem(text.place, f"no fact {name!r}; {suggestion(name, known)}")


def overlays_follow_rules(show: Entries) -> Iterator[Problem]:
    """Rules that say when overlays and music show can be read, and ask for facts that there are."""
    facts = below(show, "facts")
    kinds: dict[str, Kind] = {}
    for name in facts.keys if isinstance(facts, Entries) else ():
        kind = _text(below(facts, name, "type")) or _text(below(facts, name))
        if kind in get_args(Kind):
            kinds[name] = cast(Kind, kind)
    for name in _choices(show):
        values = _choice_values(show, name)
        kinds[name] = "int" if values and all(map(str.isdecimal, values)) else "string"
    for overlay in (*each(below(show, "overlays")), *each(below(show, "music"))):
        rule = below(overlay, "show", "when")
        if rule is not None and (text := _text(rule)):
            try:
                compile_rule(text, kinds, "bool")
            except RuleError as error:
                yield Problem(rule.place, str(error))


def _choices(show: Entries) -> tuple[str, ...]:
    """The names of a show's choices."""
    choices = below(show, "choices")
    return tuple(choices.keys) if isinstance(choices, Entries) else ()


def _choice_values(show: Entries, name: str) -> list[str]:
    """What a choice can be, but for nothing."""
    choice = below(show, "choices", name)
    nodes = [*each(below(choice, "of")), below(choice, "or")]
    return [node.text for node in nodes if isinstance(node, Scalar)]


def _leaves(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Scalar):
        yield node
    for child in each(node):
        yield from _leaves(child)


def fact_has_such_values(fact: Entries) -> Iterator[Problem]:
    """What a fact may be, and its default, are of its type; its default is one that it may be."""
    kind, default = _text(below(fact, "type")), below(fact, "default")
    if kind not in get_args(Kind):
        return
    known = []
    for node in [*each(below(fact, "of")), default]:
        if not isinstance(node, Scalar) or node.value is None:
            continue
        try:
            value = read_value(cast(Kind, kind), node.text)
        except ValueError as error:
            yield Problem(node.place, f"{node.text!r} {error}")
            continue
        if node is not default:
            known.append(value)
        elif known and value not in known and not _among(value, known):
            yield Problem(node.place, f"{node.text!r} is not in `of`; add it there")


def _among(value: Value, known: Collection[Value]) -> bool:
    """Whether a list of texts has none but those of `of`."""
    return isinstance(value, tuple) and all((item,) in known for item in value)


def sources_fit(fact: Entries) -> Iterator[Problem]:
    """What browsers or the clock say is of the fact's type, and nobody else says it."""
    node, kind = below(fact, "from"), _text(below(fact, "type"))
    source = TOLD.get(_text(node)) or TIMED.get(_text(node))
    if node is None or source is None:
        return
    if kind in get_args(Kind) and kind != source.kind:
        yield Problem(node.place, f"{_text(node)!r} is a {source.kind}; use `type: {source.kind}`")
    if _text(node) == "language" and "of" not in fact.keys:
        yield Problem(node.place, "is the best one of a list; add `of: [en, de]`")
    for key in ("header", "shared", "feed"):
        if key in fact.keys:
            yield Problem(fact.keys[key], "says it as well as `from`; remove one")
    if _text(node) in TIMED and "consent" in fact.keys:
        yield Problem(fact.keys["consent"], "is about viewers, and the clock is not; remove it")


def feeds_are_shared(fact: Entries) -> Iterator[Problem]:
    """What comes from a feed is the same for all, and nothing else is."""
    shared = below(fact, "shared")
    if isinstance(shared, Scalar) and shared.value is True:
        if "feed" not in fact.keys:
            yield Problem(shared.place, "is not said by viewers; add `feed: https://...`")
        for key in ("header", "consent"):
            if key in fact.keys:
                yield Problem(
                    fact.keys[key], "is about viewers, and the fact is `shared`; remove it"
                )
    elif "feed" in fact.keys:
        yield Problem(fact.keys["feed"], "is the same for all viewers; add `shared: true`")


def one_way_to_the_value(feed: Entries) -> Iterator[Problem]:
    """A feed's value is found by a pointer or by an expression."""
    if "pointer" in feed.keys and "jmespath" in feed.keys:
        yield Problem(feed.keys["jmespath"], "finds the value as `pointer` does; remove one")


def vmap_knows_no_break(rule: Entries) -> Iterator[Problem]:
    """A VMAP is asked for before there are breaks, so its URL says nothing of one."""
    for text in _templates(rule):
        for name in _BREAK.findall(_text(text)):
            yield Problem(text.place, f"{{{name}}} is not known where breaks are asked for")


def one_vmap(show: Entries) -> Iterator[Problem]:
    """A show's breaks come from one VMAP."""
    rules = [rule for rule in each(below(show, "breaks")) if _text(below(rule, "from")) == "vmap"]
    for rule in rules[1:]:
        yield Problem(rule.place, "the show's breaks come from another VMAP; remove one")


def get_has_no_body(server: Entries) -> Iterator[Problem]:
    """What is got has no body."""
    if _text(below(server, "method")) == "GET" and "body" in server.keys:
        yield Problem(server.keys["body"], "a GET has no body; remove it, or use `method: POST`")


def there_is_a_show(config: Entries) -> Iterator[Problem]:
    """At least one show is configured."""
    shows = below(config, "shows")
    if isinstance(shows, Entries) and not shows.keys:
        yield Problem(shows.place, "no show is configured; add one")


def tenants_exist(config: Entries) -> Iterator[Problem]:
    """Shows name tenants that are configured."""
    known = [_text(tenant) for tenant in each(below(config, "tenants"))] or ["default"]
    for show in each(below(config, "shows")):
        for tenant in each(below(show, "tenants")):
            name = _text(tenant)
            if name and name not in known:
                yield Problem(tenant.place, f"no tenant {name!r}; {suggestion(name, known)}")


def admin_is_private(config: Entries) -> Iterator[Problem]:
    """The admin side, which asks for no password, listens to this machine alone."""
    address = below(config, "admin", "address")
    public = below(config, "admin", "public")
    if isinstance(public, Scalar) and public.value is True:
        return
    with suppress(ValueError):
        if address and not ip_address(_text(address)).is_loopback:
            reason = "others could reach health, metrics and console, which ask for no password;"
            yield Problem(address.place, f"{reason} use 127.0.0.1, or add `public: true`")


def private_hosts_are_allowed(config: Entries) -> Iterator[Problem]:
    """Origins, ad servers and feeds with a private address are in ``outbound.allow``."""
    networks = []
    for item in each(below(config, "outbound", "allow")):
        with suppress(ValueError):
            networks.append(ip_network(_text(item)))
    urls = [*each(below(config, "pictures", "below"))]
    if (moderate := below(config, "pictures", "moderate")) is not None:
        urls.append(below(moderate, "url") or moderate)
    for show in each(below(config, "shows")):
        servers = [server for rule in _rules(show) for server in _servers(rule)]
        servers += [feed for fact in each(below(show, "facts")) if (feed := below(fact, "feed"))]
        urls += [below(server, "url") or server for server in servers]
        urls += [origin] if (origin := below(show, "origin")) else []
        for one in (*each(below(show, "overlays")), *each(below(show, "assets"))):
            urls += _pictures(below(one, "data"))
        for asset in each(below(show, "assets")):
            media = (asset, *each(below(asset, "cuts")))
            urls += [found for one in media if (found := below(one, "origin")) is not None]
    for url in urls:
        with suppress(ValueError):
            host = urlsplit(_text(url)).hostname or ""
            address = ip_address("127.0.0.1" if host == "localhost" else host)
            if not address.is_global and not any(address in n for n in networks):
                reason = f"{host} is a private address; add {address} to `outbound.allow`"
                yield Problem(url.place, reason)


def _pictures(node: Node | None) -> Iterator[Node]:
    """The URLs of pictures in a template's data."""
    if isinstance(node, Entries) and list(node.keys) == ["picture"]:
        yield node.values["picture"]
        return
    for child in each(node):
        yield from _pictures(child)


def _rules(show: Node) -> list[Node]:
    """Everything of a show that may have ad servers asked: its breaks, and when overlays show.

    Breaks of stories are among their parts.
    """
    shown = [below(overlay, "show") for overlay in each(below(show, "overlays"))]
    breaks = (*each(below(show, "breaks")), *_parts(below(show, "story")))
    return [*breaks, *(rule for rule in shown if rule is not None)]


def _parts(story: Node | None) -> Iterator[Node]:
    """The parts of a story, those of branches too."""
    for part in each(story):
        yield part
        for branch in ("then", "else"):
            if isinstance(found := below(part, branch), Sequence):
                yield from _parts(found)


def _servers(rule: Node) -> list[Node]:
    """What a rule says of the servers that it has asked."""
    found = (below(rule, "fill", "vast"), below(rule, "break", "vast"), below(rule, "url"))
    return [server for server in found if server is not None]


def _templates(rule: Node) -> list[Node]:
    """Everything of a rule that has placeholders."""
    texts = [
        text
        for server in _servers(rule)
        for text in (server, below(server, "url"), below(server, "body"))
    ]
    return [text for text in texts if text is not None]


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
