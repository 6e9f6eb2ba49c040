"""Settings of facts: what they may be, and where they come from."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from dataclasses import dataclass
from typing import Literal

from packager.config import calls, checks, scalars
from packager.config.feed_settings import FEED, AnyFeed
from packager.config.settings import ListOf, Section, Short, required, setting
from packager.facts.values import blank, read_value
from packager.rules import Kind, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A typed input about viewer or moment."""

    name: str = ""  # its key under `facts`
    kind: Kind = required(
        "`string`, `int`, `float` or `bool`; `NAME: string` is short for `NAME: {type: string}`",
        read=scalars.word("string", "int", "float", "bool"),
        key="type",
    )
    of: tuple[str, ...] = setting(
        (), "the values that it can have: `[light, dark]`", read=ListOf(scalars.plain)
    )
    default: str | None = setting(
        None,
        "its value where none is known; without it, rules find empty text, 0 or false",
        read=scalars.plain,
    )
    max_characters: int = setting(
        64, "most characters of a `string`", read=scalars.whole(1, scalars.MAX_FACT_CHARACTERS)
    )
    header: str | None = setting(
        None,
        "request header that says it as well, where neither body nor query does: one that a CDN"
        " writes, such as `CloudFront-Viewer-Country`",
        read=calls.header_name,
    )
    consent: Literal["personalise"] | None = setting(
        None,
        "`personalise`: it is not known, nor told to ad servers, of viewers without consent",
        read=scalars.word("personalise"),
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
        if isinstance(value, str) and len(value) > self.max_characters:
            raise ValueError(f"has more than {self.max_characters} characters")
        if self.of and value not in {read_value(self.kind, one) for one in self.of}:
            raise ValueError(f"is not one of {', '.join(self.of)}")
        return value

    @property
    def fallback(self) -> Value:
        """What rules find where no value is known."""
        return blank(self.kind) if self.default is None else self.read(self.default)


FACT = Short(Section(Fact, checks=(checks.fact_has_such_values, checks.feeds_are_shared)), "type")
