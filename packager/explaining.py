"""What a session saw at any second, and why: from what is stored of it alone.

Times are seconds of the session's timeline as its player shows it: from the start of a film, and in
live content from where the session began.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson

from packager.decisions.ad_record import PodRecord
from packager.decisions.ads import Ad
from packager.log import escape
from packager.personalization.policy import Policy
from packager.personalization.record import DecisionRecord
from packager.personalization.settle import Chosen
from packager.personalization.why import sentence
from packager.reasons import Reason
from packager.stores.records import Decision, PodEntry
from packager.stories.clips import clip_name_for_people

MAX_NAME = 100  # characters of what an ad server says


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that is on air for a while, and why."""

    start_s: Decimal
    end_s: Decimal
    kind: str  # ad, bumper, slate or content
    break_id: str
    sentence: str

    @property
    def document(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "break": self.break_id,
            "from": float(self.start_s),
            "to": float(self.end_s),
            "sentence": self.sentence,
        }


def breaks_shown(
    decisions: Sequence[Decision],
    pods: Mapping[str, PodRecord],
    seconds_of: Callable[[str], Decimal | None],
    name_of: Callable[[str], str | None],
    *,
    zero: Decimal,
) -> tuple[Shown, ...]:
    """What a session's breaks show, in order.

    Args:
        decisions: All that were stored.
        pods: What ad servers said of them, by break.
        seconds_of: How long a creative is; None: it is not there any more.
        name_of: Which asset of the show's it is; None: none.
        zero: The instant of the content clock at which the session's timeline begins.
    """
    found: list[Shown] = []
    inserted = Decimal(0)
    for one in sorted(decisions, key=lambda one: one.out_at):
        start = at = one.out_at - zero + inserted
        length = one.in_at - one.out_at
        if one.outcome == "content":
            said = f"You saw the content in break {one.break_id} because {_reason(one.reason)}."
            found.append(Shown(start, start + length, "content", one.break_id, said))
            continue
        ads = pods[one.break_id].ads if one.break_id in pods else ()
        for index, entry in enumerate(one.pod):
            seconds = seconds_of(entry.creative_id)
            if seconds is None:
                continue
            end = at + seconds if length == 0 else min(at + seconds, start + length)
            ad = ads[index] if index < len(ads) else None
            said = _entry(one, entry, ad, index, name_of(entry.creative_id))
            found.append(Shown(at, end, entry.kind, one.break_id, said))
            at = end
        if length == 0:  # what is inserted moves all that comes after it
            inserted += at - start
    return tuple(found)


def _entry(
    decision: Decision, entry: PodEntry, ad: Ad | None, index: int, asset: str | None
) -> str:
    place = f"break {decision.break_id}"
    if entry.kind == "bumper":
        return f"You saw {asset or 'a bumper'} in {place} because it frames that break's ads."
    if asset is not None:
        why = "no ad took that time" if entry.kind == "slate" else "the show plays that asset there"
        return f"You saw {asset} in {place} because {why}."
    if entry.kind == "slate":
        return f"You saw slate in {place} because no ad took that time."
    if ad is None:
        return f"You saw {entry.creative_id} in {place} because that was decided for it."
    name = _line(ad.title) or _line(ad.id) or entry.creative_id
    of = f" of {_line(ad.advertiser)}" if ad.advertiser else ""
    number = f"number {index + 1} of {len(decision.pod)}"
    system = f"the ad server ({_line(ad.ad_system)})" if ad.ad_system else "the ad server"
    return f"You saw {name}{of} in {place}, {number}, because {system} gave it for that break."


def _line(text: str) -> str:
    """What an ad server calls something, in one line and not without end."""
    return escape(" ".join(text.split()))[:MAX_NAME]


def _reason(code: str) -> str:
    for reason in Reason:
        if reason == code:
            return f"{reason.meaning[0].lower()}{reason.meaning[1:].rstrip('.')}"
    return "nothing took its place"


def on_air(
    shown: Sequence[Shown], at_s: Decimal, story: Sequence[tuple[str, Decimal]] = ()
) -> dict[str, object]:
    """What was on air at a second.

    Args:
        shown: What breaks show.
        at_s: The second.
        story: What a story plays between them: the names of its clips, and how long they are.
    """
    for one in shown:
        if one.start_s <= at_s < one.end_s:
            return one.document
    inserted = [one.end_s - one.start_s for one in shown if one.end_s <= at_s]
    start = sum(inserted, Decimal(0))
    for clip, seconds in story:
        if start <= at_s < start + seconds:
            name = clip_name_for_people(clip) or "what was made for you"
            said = f"You saw {name} at {at_s} s because the story plays it there."
            place = {"from": float(start), "to": float(start + seconds)}
            return {"kind": "content", "break": "", **place, "sentence": said}
        start += seconds
    said = f"You saw the content at {at_s} s because no break was there."
    return {"kind": "content", "break": "", "sentence": said}


def record_in_force(
    records: Sequence[DecisionRecord], *, live: bool, began_at: int, at_s: Decimal | None
) -> DecisionRecord | None:
    """The record of the choices that counted at a second; None: there are no choices.

    Args:
        records: All of the session, in order.
        live: Whether its content is; a film is published at once, by the first record.
        began_at: When the session did, in POSIX seconds.
        at_s: The second; None: now.
    """
    if not records or at_s is None:
        return records[-1] if records else None
    if not live:
        return records[0]
    until = datetime.fromtimestamp(began_at, UTC) + timedelta(seconds=float(at_s))
    return next((one for one in reversed(records) if one.at <= until), records[0])


def why_document(
    record: DecisionRecord | None,
    data: bytes,
    policy: Policy | None,
    shown: Sequence[Shown],
    *,
    at_s: Decimal | None,
    story: Sequence[tuple[str, Decimal]] = (),
) -> bytes:
    """The answer to "why did I see this?".

    Args:
        record: Of the choices in force; None: there are none.
        data: Its bytes.
        policy: Of the show as it is configured now.
        shown: What the session's breaks show.
        at_s: The second that is asked for; None: none.
        story: As in `on_air`.
    """
    same = policy if record is not None and policy and policy.digest == record.policy else None
    document: dict[str, object] = {
        "choices": [] if record is None else [_choice(one, record, same) for one in record.chosen],
        "settingsChanged": record is not None and same is None,
        "facts": {} if record is None else dict((*record.facts, *record.buckets)),
        "stale": [] if record is None else record.stale,
        "breaks": [one.document for one in shown],
        "onAir": None if at_s is None else on_air(shown, at_s, story),
        "record": None if record is None else orjson.Fragment(data),
    }
    return orjson.dumps(document)


def _choice(one: Chosen, record: DecisionRecord, policy: Policy | None) -> dict[str, object]:
    return {
        "choice": one.choice,
        "value": one.value,
        "how": one.how,
        "since": record.at.isoformat(),
        "allowed": one.allowed,
        "refused": [{"value": value, "why": why} for value, why in one.refused],
        "chances": dict(one.ratios),
        "sentence": sentence(one, record, policy),
    }
