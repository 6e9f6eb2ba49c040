"""The multivariant playlist of a session: prepared once, then joined around the session's key."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from manifests.errors import ManifestError
from manifests.hls.attributes import unquote
from manifests.hls.lexer import BLANKS, tag_name
from manifests.hls.model import MultivariantPlaylist, Rendition, Variant
from manifests.hls.rehosting import rehost_line
from manifests.hls.uris import Resolver
from manifests.hls.variables import Variables
from manifests.uris import CLEAN

KEY = "{key}"  # stands for the session's key in a URI; no URI can have braces of its own
SAFE_KEY = re.compile(r"[A-Za-z0-9\-._~]+")
GROUP_TYPES = ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS")  # attributes, and TYPEs they name
DEFAULT_PATHWAY = "."
Group = tuple[str, str]  # TYPE and GROUP-ID


@dataclass(frozen=True, slots=True)
class SessionTemplate:
    """A multivariant playlist with gaps for the session's key."""

    pieces: tuple[bytes, ...]  # the text between the gaps

    def render(self, key: str) -> bytes:
        """Fill in the key.

        Raises:
            ValueError: The key has characters that could end a URI or its path segment.
        """
        if not SAFE_KEY.fullmatch(key):
            raise ValueError("a session key has letters, digits and -._~ only")
        return key.encode().join(self.pieces)


def prepare_multivariant(
    playlist: MultivariantPlaylist,
    *,
    uri_for: Callable[[Variant | Rendition], str | None],
    pathway: str | None = None,
    without: Collection[str] = (),
    version: int = 1,
    sound: str = "",
) -> SessionTemplate:
    """Rewrite a multivariant playlist for sessions; what is not understood stays in place (A-58).

    Variables are resolved and their definitions dropped (A-36), other URIs become absolute (A-47).
    One pathway of content steering is kept and the steering dropped (A-91). Renditions that only
    dropped variants name go with them; a variant that names a group of which nothing is left
    loses that attribute.

    Args:
        playlist: The origin's.
        uri_for: Gives the URI that is to stand for a variant's or rendition's own, with `{key}`
            where the session's key goes; None drops the variant or rendition. Not asked about
            renditions without a URI, which are in the variant's own segments.
        pathway: The pathway to keep; None: the one that the origin has clients begin with.
        without: Names of tags to leave out, as `EXT-X-START` (A-48), `EXT-X-I-FRAME-STREAM-INF`
            (A-57) or `EXT-X-INDEPENDENT-SEGMENTS` (A-45).
        version: What EXT-X-VERSION is raised to, if it is lower (A-46).
        sound: Name or language of the sound that players begin with, casefolded (`sounds`); all
            other renditions stay as they are, but for being the default of their group.

    Raises:
        ManifestError: No variant is left, or a line cannot be carried over.
        ValueError: `uri_for` gave what is no URI reference.
    """
    variables = Variables(playlist.variables)
    if pathway is None:
        pathway = _first_pathway(playlist, variables)
    entries: dict[int, Variant | Rendition] = {v.line: v for v in playlist.variants}
    entries |= {r.line: r for r in playlist.renditions}
    uri_lines = {v.uri_line: v for v in playlist.variants if not v.iframe}
    kept = _kept(playlist, uri_for, pathway, without)
    preferred = _preferred(playlist, sound)
    gone = {_group(r) for r in playlist.renditions}
    gone -= {_group(r) for r in playlist.renditions if r.line in kept}
    left_out = {"EXT-X-DEFINE", "EXT-X-CONTENT-STEERING", *without}
    if playlist.version < version:
        left_out.add("EXT-X-VERSION")

    resolver = Resolver(playlist.url)
    draft = _Draft(playlist.newline)
    for index, raw in enumerate(playlist.lines):
        name = tag_name(raw)
        if (entry := entries.get(index)) is not None:
            if index in kept:
                attributes = [
                    (n, v) for n, v in entry.attributes if not _dropped(entry, n, v, gone)
                ]
                if index in preferred:
                    attributes = _with_default(attributes, preferred[index])
                draft.add_tag(f"#{name}:", attributes, kept[index])
        elif (variant := uri_lines.get(index)) is not None:
            if (uri := kept.get(variant.line)) is not None:
                draft.add_uri(uri)
                draft.end_line()
        elif name not in left_out:
            draft.add(rehost_line(raw, variables=variables, resolver=resolver, number=index + 1))
            draft.end_line()
        if index == 0 and playlist.version < version:
            draft.add(f"#EXT-X-VERSION:{version}")
            draft.end_line()
    return draft.template()


def sounds(playlist: MultivariantPlaylist) -> frozenset[str]:
    """The names and languages that sound of a playlist has, casefolded."""
    found = (_names(one) for one in playlist.renditions if one.type == "AUDIO")
    return frozenset(name for names in found for name in names)


def _names(rendition: Rendition) -> set[str]:
    return {name.casefold() for name in (rendition.name, rendition.language) if name}


def _preferred(playlist: MultivariantPlaylist, sound: str) -> dict[int, bool]:
    """Which renditions are the default now, by line: one of each group that has such sound."""
    groups: dict[str, list[Rendition]] = {}
    for one in playlist.renditions:
        if one.type == "AUDIO":
            groups.setdefault(one.group_id, []).append(one)
    found: dict[int, bool] = {}
    for members in groups.values():
        # RFC 8216bis 4.4.6.1.1: a group has one default at most.
        chosen = next((one for one in members if sound in _names(one)), None)
        if chosen is not None:
            found |= {one.line: one is chosen for one in members}
    return found


def _with_default(attributes: list[tuple[str, str]], is_default: bool) -> list[tuple[str, str]]:
    told = {"DEFAULT": "YES", "AUTOSELECT": "YES"} if is_default else {"DEFAULT": "NO"}
    kept = [(name, told.pop(name, value)) for name, value in attributes]
    return [*kept, *((name, value) for name, value in told.items() if value == "YES")]


class _Draft:
    """A text in the making, with its gaps."""

    def __init__(self, newline: str) -> None:
        self._newline = newline
        self._pieces: list[list[str]] = [[]]

    def add(self, text: str) -> None:
        self._pieces[-1].append(text)

    def end_line(self) -> None:
        self.add(self._newline)

    def add_uri(self, uri: str) -> None:
        if not CLEAN.fullmatch(uri.replace(KEY, "key")):
            raise ValueError(f"not a URI reference: {uri[:80]!r}")
        first, *others = uri.split(KEY)
        self.add(first)
        self._pieces += [[text] for text in others]

    def add_tag(self, start: str, attributes: Iterable[tuple[str, str]], uri: str | None) -> None:
        """Add a tag line, with another URI if there is one."""
        self.add(start)
        for position, (name, value) in enumerate(attributes):
            self.add("," if position else "")
            if name == "URI" and uri is not None:
                self.add('URI="')
                self.add_uri(uri)
                self.add('"')
            else:
                self.add(f"{name}={value}")
        self.end_line()

    def template(self) -> SessionTemplate:
        return SessionTemplate(tuple("".join(piece).encode() for piece in self._pieces))


def _kept(
    playlist: MultivariantPlaylist,
    uri_for: Callable[[Variant | Rendition], str | None],
    pathway: str,
    without: Collection[str],
) -> dict[int, str | None]:
    """What stays: the index of its tag's line, and its new URI if it has one."""
    kept: dict[int, str | None] = {}
    groups: set[Group] = set()
    for variant in playlist.variants:
        if variant.iframe and "EXT-X-I-FRAME-STREAM-INF" in without:
            continue
        in_pathway = (variant.pathway_id or DEFAULT_PATHWAY) == pathway
        if in_pathway and (uri := uri_for(variant)) is not None:
            kept[variant.line] = uri
            groups |= _groups(variant)
    if not any(variant.line in kept for variant in playlist.variants if not variant.iframe):
        raise ManifestError(f"no variant is left in pathway {pathway!r}")
    orphans = {group for variant in playlist.variants for group in _groups(variant)} - groups
    for rendition in playlist.renditions:
        if "EXT-X-MEDIA" in without or _group(rendition) in orphans:
            continue
        if rendition.uri is None:
            kept[rendition.line] = None
        elif (uri := uri_for(rendition)) is not None:
            kept[rendition.line] = uri
    return kept


def _dropped(entry: Variant | Rendition, name: str, value: str, gone: Collection[Group]) -> bool:
    """Whether an attribute of a variant goes: its pathway, or a group that is no more."""
    if isinstance(entry, Rendition):
        return False
    return name == "PATHWAY-ID" or (name in GROUP_TYPES and (name, unquote(value)) in gone)


def _group(rendition: Rendition) -> Group:
    return (rendition.type, rendition.group_id)


def _groups(variant: Variant) -> set[Group]:
    named = (variant.audio, variant.video, variant.subtitles, variant.closed_captions)
    return {(kind, name) for kind, name in zip(GROUP_TYPES, named, strict=True) if name is not None}


def _first_pathway(playlist: MultivariantPlaylist, variables: Variables) -> str:
    """The pathway that clients begin with, if any variant is in it; else the first variant's."""
    pathways = [variant.pathway_id or DEFAULT_PATHWAY for variant in playlist.variants]
    for index, line in enumerate(playlist.lines):
        if tag_name(line) == "EXT-X-CONTENT-STEERING":
            value = line.strip(BLANKS).partition(":")[2]
            attributes = dict(variables.read_attributes(value, line=index + 1))
            first = unquote(attributes.get("PATHWAY-ID", DEFAULT_PATHWAY))
            if first in pathways:
                return first
    return pathways[0] if pathways else DEFAULT_PATHWAY
