"""An ad call, as scenarios see it: what it asks for, and how they name sinks, films and calls."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, urlencode

from loadtests.ads.documents import Film
from loadtests.ads.elements import INLINE, Beacons

# In the place of what differs from viewer to viewer, so that documents can be kept; letters that
# no URL encodes.
SESSION, BREAK = "~session~", "~break~"

QUERY = {
    "sid": "session, for the sink's names",
    "break": "break, for the sink's names",
    "d": "seconds that may be filled, 30 if that is not said",
    "n": "number of ads (or breaks, elements); without it as many ads as `d` has place for",
    "turn": "which film comes first: a number, or `sid` to make it depend on the session",
    "full": "1: ads have everything that VAST knows",
    "v": "version of VAST: 2.0, 3.0, 4.0, 4.1, 4.2 (the default), 4.3",
    "ns": "0: without the namespace",
    "sink": "how the sink answers the beacons of this document, `ok` if that is not said",
    "depth": "number of wrappers",
    "then": "scenario at the end of the wrappers",
    "host": "host of the wrapper's ad server, where it is another one",
    "follow": "followAdditionalWrappers of wrappers",
    "multiple": "allowMultipleAds of wrappers",
    "fallback": "fallbackOnNoAd of wrappers",
    "bytes": "size of what is too large",
    "at": "time offsets of breaks, in commas",
    "fill": "of the breaks of a VMAP: `tag`, `vast` or `both` in turn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One ad call, of whatever session and break."""

    base_url: str  # of the ad server, without a slash at its end
    films: tuple[Film, ...]  # in the order in which they come
    query: Mapping[str, str]  # without session and break
    break_id: str = BREAK

    @property
    def version(self) -> str:
        """The version of VAST."""
        return self.query.get("v", "4.2")

    @property
    def namespace(self) -> bool:
        """Whether the namespace is named."""
        return self.query.get("ns") != "0"

    @property
    def full(self) -> bool:
        """Whether ads have everything that VAST knows."""
        return self.query.get("full") == "1"

    def number(self, name: str, default: int, *, most: int) -> int:
        """A whole number of the query, not negative."""
        text = self.query.get(name, "")
        return min(int(text), most) if text.isdecimal() and len(text) < 10 else default

    def chosen(self, default: int | None = None) -> tuple[Film, ...]:
        """The films of a pod: as many as were asked for, else each once that still fits."""
        if "n" in self.query or default is not None:
            wanted = self.number("n", default or 1, most=20_000)
            return (self.films * (wanted // len(self.films) + 1))[:wanted]
        left = _seconds(self.query.get("d", ""), Decimal(30))
        chosen = []
        for film in self.films:
            if film.seconds <= left:
                left -= film.seconds
                chosen.append(film)
        return tuple(chosen)

    def media(self, film: Film) -> str:
        """Where a film is."""
        name = f"/{film.file.name}" if film.is_stream and film.file else ".mp4"
        return film.url or f"{self.base_url}/media/{film.id}{name}"

    def beacons(self, ad: str, level: str = INLINE) -> Beacons:
        """Where the calls of an ad go."""
        return Beacons(self.sink, ad, level)

    @property
    def sink(self) -> str:
        """URL of the sink for this session and break."""
        answer = quote(self.query.get("sink", "ok"), safe="")
        return f"{self.base_url}/sink/{answer}/{SESSION}/{self.break_id}"

    def url(self, scenario: str, *, kind: str = "vast", host: str = "", **changes: object) -> str:
        """The URL of another call for the same session and break.

        Args:
            scenario: Its scenario.
            kind: ``vast`` or ``vmap``.
            host: Scheme, host and port, where it is another server's.
            changes: What its query has instead of this call's; None: nothing.
        """
        query = {"sid": SESSION, "break": self.break_id, **self.query, **changes}
        pairs = {name: value for name, value in query.items() if value is not None}
        return f"{host or self.base_url}/{kind}/{scenario}?{urlencode(pairs, safe='~:,')}"

    def but(self, **changes: Any) -> "Call":
        """The call with other attributes."""
        return replace(self, **changes)


def _seconds(text: str, default: Decimal) -> Decimal:
    try:
        seconds = Decimal(text)
    except InvalidOperation:
        return default
    return seconds if seconds.is_finite() and seconds >= 0 else default
