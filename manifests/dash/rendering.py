"""A session's MPD: a header and the joined texts of its Periods (design, section 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import blake2b

from lxml import etree

from manifests.dash.arrangement import AdPart, Arrangement, arrange
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.cues import CUE_SCHEMES
from manifests.dash.header import Header, PatchLocation, read_header
from manifests.dash.joining import join_delay_s
from manifests.dash.model import Mpd, Period
from manifests.dash.periods.ad_events import ad_events
from manifests.dash.periods.ad_period import RungOf, ad_period_body, ad_period_tag, misfit_of
from manifests.dash.periods.detour import Detour
from manifests.dash.periods.dressing import Dressing, dressing_of
from manifests.dash.periods.part import Part, part_body
from manifests.dash.periods.period_tag import PeriodTag, period_tag
from manifests.errors import SpliceError
from manifests.splicing.timeline import Splice

_BODIES_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MpdText:
    """An MPD but for what is a session's own."""

    header: Header
    periods: tuple[bytes, ...]  # pieces, which other MPDs share
    published_at: Decimal | None  # as the origin says
    duration: Decimal | None
    max_segment_s: Decimal | None
    left_out: Mapping[str, str] = field(default_factory=dict)  # why breaks play content, by id
    delay_s: Decimal | None = None  # suggestedPresentationDelay; None: the origin's

    @property
    def size(self) -> int:
        """Bytes that it counts for in a cache."""
        return sum(map(len, self.periods)) + 4096

    def filled(
        self,
        *,
        location: str | None,
        publish_time: Decimal | None = None,
        patch_location: PatchLocation | None = None,
        base_url: str | None = None,
    ) -> bytes:
        """The MPD of a session.

        Args:
            location: URL that it is to be had from again (B-43); None: not said.
            publish_time: In place of the origin's (B-41).
            patch_location: Where patches are.
            base_url: What relative URLs of creatives follow (`Creative.placed`); all others in
                the Periods are absolute (B-22).
        """
        return b"".join(
            self.header.render(
                location=location,
                publish_time=self.published_at if publish_time is None else publish_time,
                duration=self.duration,
                max_segment_s=self.max_segment_s,
                patch_location=patch_location,
                base_url=base_url,
                delay_s=self.delay_s,
                periods=self.periods,
            )
        )


@dataclass(frozen=True, slots=True)
class _Origin:
    """What all MPDs made from one of the origin's have in common."""

    mpd: Mpd
    header: Header
    dressing: Dressing
    # By Period@id: digests, as what did not change is not written again, and start tags.
    digests: dict[str, bytes]
    tags: dict[str, PeriodTag]
    ad_tags: dict[str, PeriodTag]


class Renderer:
    """Writes the MPDs of a presentation; the texts of Periods are made once and kept.

    It remembers what it has written, and nothing else: the same arguments give the same text.
    """

    def __init__(self, *, rules: DashRules, rung_of: RungOf) -> None:
        """Write as a show's rules say.

        Args:
            rules: Of the show.
            rung_of: Gives the key of the rung that stands beside a Representation.
        """
        self._rules = rules
        self._rung_of = rung_of
        self._origin: _Origin | None = None
        self._bodies: dict[tuple[object, ...], tuple[bytes, ...]] = {}
        self._bytes = 0
        self._misfits: dict[tuple[str, bytes], str] = {}

    def with_detour(self, way: Detour) -> "Renderer":
        """One that leads players another way for some kinds of content."""
        return Renderer(rules=replace(self._rules, detour=way), rung_of=self._rung_of)

    def with_sound(self, name: str) -> "Renderer":
        """One that has players begin with the sound of a name (`sound_named`)."""
        return Renderer(rules=replace(self._rules, sound=name), rung_of=self._rung_of)

    def another(self) -> "Renderer":
        """One that writes alike, for MPDs that somebody has changed."""
        return Renderer(rules=self._rules, rung_of=self._rung_of)

    def render(
        self,
        channel: DashChannel,
        splices: Sequence[Splice],
        *,
        until: Decimal | None = None,
        preroll_s: Decimal | None = None,
    ) -> MpdText:
        """A session's MPD.

        Args:
            channel: Of the presentation.
            splices: As `arrange` takes them.
            until: As `arrange` takes it.
            preroll_s: Most that the pre-roll of a live session may last; None: it had none.

        Raises:
            SpliceError: The channel has no MPD yet, or a creative cannot stand in it.
            ManifestError: A Period cannot be written.
        """
        if channel.mpd is None:
            raise SpliceError("there is no MPD yet")
        origin = self._of(channel.mpd)
        left_out = {
            one.break_id: misfit
            for one in splices
            if (misfit := self._misfit(channel, origin, one))
        }
        fitting = [one for one in splices if one.break_id not in left_out]
        arrangement = arrange(channel, fitting, until=until)
        pieces: list[bytes] = []
        for part in arrangement.parts:
            self._write(origin, part, pieces)
        return MpdText(
            header=origin.header,
            periods=tuple(pieces),
            published_at=origin.mpd.publish_time,
            duration=_duration(origin.mpd, arrangement),
            max_segment_s=_longest(origin.mpd, arrangement),
            left_out=left_out,
            delay_s=None
            if preroll_s is None
            else join_delay_s(channel.mpd, channel.pace_s, preroll_s),
        )

    def _misfit(self, channel: DashChannel, origin: _Origin, one: Splice) -> str:
        """Why a pod cannot stand where content is left; then content plays on (P1)."""
        like = channel.period_at(one.out_at)
        if like is None:
            return "there is no Period"
        for creative in one.pod:
            key = (creative.id, origin.digests[like.id])
            found = self._misfits.get(key)
            if found is None:
                found = self._misfits[key] = misfit_of(creative, like, self._rung_of)
            if found:
                return found
        return ""

    def _of(self, mpd: Mpd) -> _Origin:
        if self._origin is None or self._origin.mpd is not mpd:
            rules = self._rules
            dressing = dressing_of(
                mpd,
                content_base=rules.content_base,
                detour=rules.detour,
                sound=rules.sound,
                removed_schemes=CUE_SCHEMES if rules.removes_cues else frozenset(),
                asset_id=rules.asset_id,
            )
            self._misfits.clear()
            self._origin = _Origin(
                mpd=mpd,
                header=read_header(mpd, spliced=rules.spliced),
                dressing=dressing,
                digests={period.id: _digest(period, dressing) for period in mpd.periods},
                tags={period.id: period_tag(period.element) for period in mpd.periods},
                ad_tags={period.id: ad_period_tag(period) for period in mpd.periods},
            )
        return self._origin

    def _write(self, origin: _Origin, part: Part | AdPart, pieces: list[bytes]) -> None:
        """Add a Period's start tag and the rest of it."""
        if isinstance(part, AdPart):
            like = part.like.id
            tag = origin.ad_tags[like]
            key: tuple[object, ...] = (
                part.creative.key,
                origin.digests[like],
                part.listed,
                part.computed,
                part.early_s,
            )
        else:
            tag = origin.tags[part.period.id]
            key = (
                origin.digests[part.period.id],
                part.begin,
                part.end,
                part.after,
                part.after_begin,
                part.is_continuous,
                part.listed_until,
                part.late,
            )
        pieces.append(tag.opening(id=part.id, start=part.start, duration=part.duration))
        body = self._bodies.get(key)
        if body is None:
            body = self._body(origin, part)
            self._keep(key, body)
        if isinstance(part, AdPart) and part.told is not None:
            # What is told is a session's own, all else is shared.
            prefix = part.like.element.prefix
            events = ad_events(
                part.told, id=part.id, duration=part.creative.duration, prefix=prefix
            )
            pieces += (body[0], events, *body[1:])
        else:
            pieces += body

    def _body(self, origin: _Origin, part: Part | AdPart) -> tuple[bytes, ...]:
        """A Period but for its start tag; an ad's is cut where its events go."""
        if isinstance(part, Part):
            return (part_body(part, origin.dressing),)
        return ad_period_body(
            part.creative,
            part.like,
            rung_of=self._rung_of,
            available_early_s=part.early_s,
            listed=part.listed,
            computed=part.computed,
            sound=self._rules.sound,
        )

    def _keep(self, key: tuple[object, ...], body: tuple[bytes, ...]) -> None:
        self._bodies[key] = body
        self._bytes += sum(map(len, body))
        while self._bytes > _BODIES_BYTES and len(self._bodies) > 1:
            oldest = next(iter(self._bodies))
            self._bytes -= sum(map(len, self._bodies.pop(oldest)))


def _digest(period: Period, dressing: Dressing) -> bytes:
    """Of all that the texts of a Period's parts follow from, but for where they are cut."""
    digest = blake2b(etree.tostring(period.element, with_tail=False), digest_size=16)
    digest.update(repr((period.end, dressing)).encode())
    return digest.digest()


def _duration(mpd: Mpd, arrangement: Arrangement) -> Decimal | None:
    """Rule B-02: how long all Periods last together; a dynamic MPD says what the origin says."""
    if mpd.is_dynamic:
        return mpd.duration
    end = mpd.periods[-1].end if mpd.periods else None
    return None if end is None else end + arrangement.inserted


def _longest(mpd: Mpd, arrangement: Arrangement) -> Decimal | None:
    """maxSegmentDuration, with that of the ads; not said where the origin does not (B-42)."""
    if mpd.max_segment_s is None:
        return None
    ads = (part.creative for part in arrangement.parts if isinstance(part, AdPart))
    return max((mpd.max_segment_s, *(creative.longest_segment_s for creative in ads)))
