"""The language that a viewer asked for: its tracks are what players begin with; none is taken away.

HLS says so by DEFAULT and AUTOSELECT, DASH by the role `main` and the order of AdaptationSets.
"""

from collections.abc import Sequence
from dataclasses import replace

from manifests.hls.attributes import read_attributes, unquote
from packager.packaging.index_mpd import SetMedia

_MEDIA = "#EXT-X-MEDIA:"
_TYPES = ("AUDIO", "SUBTITLES")
_MAIN = "main"


def preferred(languages: Sequence[str], wanted: str) -> int | None:
    """Which of some languages is the one that is wanted, or the same but for the region.

    None: there is no such one.
    """
    told = [one.casefold() for one in languages]
    wanted = wanted.casefold()
    if wanted in told:
        return told.index(wanted)
    stems = [one.partition("-")[0] for one in told]
    stem = wanted.partition("-")[0]
    return stems.index(stem) if stem and stem in stems else None


def playlist_preferring(text: bytes, wanted: str) -> bytes:
    """A multivariant playlist whose groups begin with a language, where they have it."""
    lines = text.decode().split("\n")
    groups: dict[tuple[str, str], list[int]] = {}
    said = {
        number: dict(read_attributes(line.removeprefix(_MEDIA), line=number + 1))
        for number, line in enumerate(lines)
        if line.startswith(_MEDIA)
    }
    for number, attributes in said.items():
        if attributes.get("TYPE") in _TYPES:
            key = (attributes["TYPE"], attributes.get("GROUP-ID", ""))
            groups.setdefault(key, []).append(number)
    for numbers in groups.values():
        languages = [unquote(said[one].get("LANGUAGE", "")) for one in numbers]
        place = preferred(languages, wanted)
        if place is None:
            continue
        for number in numbers:
            attributes = said[number]
            attributes["DEFAULT"] = "YES" if number == numbers[place] else "NO"
            if number == numbers[place]:
                attributes["AUTOSELECT"] = "YES"
            lines[number] = _MEDIA + ",".join(f"{k}={v}" for k, v in attributes.items())
    return "\n".join(lines).encode()


def sets_preferring(sets: Sequence[SetMedia], wanted: str) -> tuple[SetMedia, ...]:
    """AdaptationSets of one kind that begin with a language, if it is among them."""
    place = preferred([one.language for one in sets], wanted)
    if place is None:
        return tuple(sets)
    first = sets[place]
    others = [one for one in sets if one is not first]
    return (
        replace(first, roles=(_MAIN, *(role for role in first.roles if role != _MAIN))),
        *(
            replace(one, roles=tuple("alternate" if r == _MAIN else r for r in one.roles))
            for one in others
        ),
    )
