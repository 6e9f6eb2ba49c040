"""Settings of facts: what they may be, and where they come from."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from dataclasses import dataclass

from packager.config import calls, checks, scalars
from packager.config.feed_settings import FEED, AnyFeed
from packager.config.settings import ListOf, Section, Short, required, setting
from packager.facts.sources import TIMED, TOLD
from packager.facts.values import blank, read_value
from packager.rules import Kind, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A typed input about viewer or moment."""

    name: str = ""  # its key under `facts`
    kind: Kind = required(
        "`string`, `int`, `float`, `bool` or `strings`, a list of texts, said with commas;"
        " `NAME: string` is short for `NAME: {type: string}`",
        read=scalars.word("string", "int", "float", "bool", "strings"),
        key="type",
    )
    of: tuple[str, ...] = setting(
        (), "the values that it can have: `[light, dark]`", read=ListOf(scalars.plain)
    )
    default: str | None = setting(
        None,
        "its value where none is known; without it, rules find empty text, 0, false, or no texts",
        read=scalars.plain,
    )
    max_characters: int = setting(
        64, "most characters of a text", read=scalars.whole(1, scalars.MAX_FACT_CHARACTERS)
    )
    header: str | None = setting(
        None,
        "request header that says it as well, where neither body nor query does: one that a CDN"
        " writes, such as `CloudFront-Viewer-Country`",
        read=calls.header_name,
    )
    source: str | None = setting(
        None,
        "what browsers tell of it, where neither body nor query does: `language` (the best one of"
        " `of`), `device` (`phone`, `tablet`, `desktop`, `tv`, `car`, `watch`, `xr`), `platform`,"
        " `mobile`, `save_data`, `color_scheme`, `reduced_motion`; or the clock: `hour`, `weekday`"
        " (`mon` to `sun`), `date` (`2026-11-22`)",
        read=scalars.word(*TOLD, *TIMED),
        key="from",
    )
    zone: str = setting("UTC", "time zone of the clock: `Europe/Berlin`", read=scalars.zone)
    consent: str | None = setting(
        None,
        "a purpose, such as `personalise`: it is not known, nor told to ad servers, of viewers"
        " without consent to that",
        read=scalars.name,
    )
    shared: bool = setting(
        False, "the same for all viewers, who cannot say it: it has a `feed`", read=scalars.flag
    )
    feed: AnyFeed | None = setting(None, "where its value is got, or who tells it", read=FEED)

    def read(self, text: str) -> Value:
        """Read a value that it can have.

        Raises:
            ValueError: It cannot have that one.
        """
        value = read_value(self.kind, text)
        items = value if isinstance(value, tuple) else (value,)
        if any(isinstance(item, str) and len(item) > self.max_characters for item in items):
            raise ValueError(f"has more than {self.max_characters} characters")
        if self.of and not {one for text in self.of for one in self._items(text)}.issuperset(items):
            raise ValueError(f"is not one of {', '.join(self.of)}")
        return value

    def can_be(self, text: str) -> bool:
        """Whether it can have that value."""
        try:
            self.read(text)
        except ValueError:
            return False
        return True

    @property
    def is_timed(self) -> bool:
        """Whether the clock says it."""
        return self.source in TIMED

    @property
    def is_said(self) -> bool:
        """Whether viewers, or their browsers, say it."""
        return not self.shared and not self.is_timed

    @property
    def values(self) -> tuple[Value, ...] | None:
        """All values that it can have, also where none is known; None: more than can be listed."""
        if self.kind == "bool":
            return (False, True)
        source = self.source or ""
        known = TOLD[source].values if source in TOLD else ()
        known = TIMED[source].values if source in TIMED else known
        texts = self.of or known
        if not texts or self.kind == "strings":
            return None
        values = [read_value(self.kind, text) for text in texts]
        return tuple(dict.fromkeys(values if self.is_timed else [*values, self.fallback]))

    def _items(self, text: str) -> tuple[Value, ...]:
        value = read_value(self.kind, text)
        return value if isinstance(value, tuple) else (value,)

    @property
    def fallback(self) -> Value:
        """What rules find where no value is known."""
        return blank(self.kind) if self.default is None else self.read(self.default)


FACT = Short(
    Section(
        Fact,
        checks=(checks.fact_has_such_values, checks.feeds_are_shared, checks.sources_fit),
    ),
    "type",
)
