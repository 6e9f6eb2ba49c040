"""Settings of feeds: where the value of a shared fact is got, or who tells it."""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass

from packager.config import calls, checks, scalars
from packager.config.scalars import Secret
from packager.config.settings import MapOf, OneOf, Section, Short, required, setting
from packager.feeds.expression import Expression
from packager.feeds.pointer import Pointer, value_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How a feed's documents are read."""

    pointer: Pointer = setting(
        (),
        "JSON pointer to the value in the feed's document: `/match/score`; without it, the document"
        " is the value",
        read=calls.json_pointer,
    )
    expression: Expression | None = setting(
        None,
        "instead of a pointer, a JMESPath expression that finds the value: `events[-1].team`",
        read=calls.jmespath,
        key="jmespath",
    )
    stale_s: float | None = setting(
        None,
        "seconds after which a value that was not confirmed counts as old; without it, a minute or"
        " three times `every_s` where Weft asks, and never where it is told",
        read=scalars.seconds("1", "86400"),
    )

    def value_in(self, body: bytes | str) -> object:
        """What a document says.

        Raises:
            NotThere: It is not JSON, or has no value where it should be.
        """
        if self.expression is not None:
            return self.expression.value_in(body)
        return value_in(body, self.pointer)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolledFeed(Feed):
    """A document that is asked for again and again, or a stream of events."""

    url: str = required(
        "URL of a JSON document, or of server-sent events with JSON; `feed: URL` is short for it",
        read=calls.call_url,
        private=True,  # operators put keys of feeds there
    )
    headers: Mapping[str, str] = setting(
        {},
        "headers for this feed alone: `{X-Key: ...}`",
        read=MapOf(calls.header_value, check_name=calls.check_header),
        private=True,
    )
    event: str = setting(
        "message", "type of the server-sent events that have the value", read=scalars.text
    )
    every_s: float = setting(
        5.0, "seconds from one look at a document to the next", read=scalars.seconds("0.5", "3600")
    )

    @property
    def stale_after_s(self) -> float:
        """Seconds after which a value that was not confirmed counts as old."""
        return max(60.0, 3 * self.every_s) if self.stale_s is None else self.stale_s


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedFeed(Feed):
    """A document that is sent to Weft: ``POST /v1/feeds/{tenant}/{show}/{fact}``."""

    secret: Secret = required(
        "who has it may POST the value to `/v1/feeds/TENANT/SHOW/NAME`, with `Authorization:"
        " Bearer ...`: text or `{file: PATH}`, 32 characters or more",
        read=scalars.secret,
        private=True,
    )

    @property
    def stale_after_s(self) -> float | None:
        """Seconds after which a value that was not sent again counts as old; None: never."""
        return self.stale_s


AnyFeed = PolledFeed | PushedFeed

_checks = (checks.one_way_to_the_value,)

FEED = Short(
    OneOf(
        {"url": Section(PolledFeed, checks=_checks), "secret": Section(PushedFeed, checks=_checks)}
    ),
    "url",
)
