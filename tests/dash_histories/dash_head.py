"""Rules for what stands around the Periods of one answer (B-02, B-07, B-22, B-40 to B-47)."""

from collections.abc import Callable
from fractions import Fraction

from dash_pieces import Piece
from dash_record import FRAME, Answered, Facts
from mpd_text import MPD, XLINK, Text, seconds

Say = Callable[[str, str], None]

OURS = {  # attributes that a splice changes
    "publishTime",
    "mediaPresentationDuration",
    "timeShiftBufferDepth",
    "suggestedPresentationDelay",
    "maxSegmentDuration",
    "minimumUpdatePeriod",
    "profiles",
    "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation",
}


def check_periods(text: Text, say: Say) -> None:
    """B-02, B-05, H-10: ordered, contiguous, named apart, none empty."""
    names = [one.id for one in text.periods]
    if text.is_dynamic and None in names:
        say("B-05", "a Period without id")
    given = [name for name in names if name is not None]
    if len(set(given)) < len(given):
        say("B-02", f"an id twice: {given}")
    for before, period in zip((None, *text.periods), text.periods, strict=False):
        if period.end is not None and period.end <= period.start:
            say("B-02", f"{period.id} from {float(period.start)} to {float(period.end)}")
        if before is not None and before.duration is not None:
            end = before.start + before.duration
            if end != period.start:
                rule = "B-10" if end > period.start else "B-02"
                say(rule, f"{before.id} ends at {float(end)}, {period.id} is at {period.start}")
    if not text.periods:
        say("B-02", "no Period")
        return
    last = text.periods[-1]
    if not text.is_dynamic:
        if text.periods[0].start != 0:
            say("B-02", f"a static presentation starts at {text.periods[0].start}")
        if last.end is None:
            say("B-02", "nobody can tell where a static presentation ends")
        if text.duration is not None and last.end is not None and text.duration != last.end:
            say("B-02", f"{float(text.duration)} s, but its Periods end at {float(last.end)}")


def check_head(
    text: Text, origin: Text, pieces: tuple[Piece, ...], answer: Answered, facts: Facts, say: Say
) -> None:
    """What the MPD says of itself."""
    for key in {*text.attributes, *origin.attributes} - OURS:
        if text.attributes.get(key) != origin.attributes.get(key):
            rule = "B-04" if key in ("id", "type", "availabilityStartTime") else "B-07"
            say(rule, f"@{key} is {text.attributes.get(key)}, not {origin.attributes.get(key)}")
    ads = [one for one in pieces if one.ad is not None]
    if text.attributes.get("profiles") != origin.attributes.get("profiles") and not ads:
        say("B-26", "other profiles, but no ads")
    if text.attributes.get("minimumUpdatePeriod") != origin.attributes.get("minimumUpdatePeriod"):
        say("B-40", f"minimumUpdatePeriod {text.attributes.get('minimumUpdatePeriod')}")
    for key in ("timeShiftBufferDepth", "suggestedPresentationDelay", "maxSegmentDuration"):
        was, now = origin.attributes.get(key), text.attributes.get(key)
        if (was is None) != (now is None):
            say("B-42", f"{key} is {now}, not {was}")
        elif was is not None and now is not None and seconds(now) < seconds(was):
            say("B-42", f"{key} fell from {was} to {now}")
    longest = text.attributes.get("maxSegmentDuration")
    if longest is not None:
        for piece in ads:
            for track in piece.period.tracks:
                for span in track.spans:
                    if span.end - span.start > seconds(longest) + Fraction(1, 1000):
                        say("B-42", f"an ad's segment of {float(span.end - span.start)} s")
                        break
    _check_print(text, origin, bool(ads), say)
    _check_escapes(text, origin, facts, say)
    if not text.is_dynamic:
        _check_length(text, origin, pieces, answer, facts, say)


def _check_print(text: Text, origin: Text, ads: bool, say: Say) -> None:
    ours, theirs = list(text.head), list(origin.head)
    for one in theirs:
        if one in ours:
            ours.remove(one)
        elif one[0] == MPD + "InitializationSet":
            continue  # B-24: not true of ads
        else:
            say("B-07", f"lost: {one}")
    for one in theirs:
        is_kept = ads and one in text.head and one[0] == MPD + "InitializationSet"
        if is_kept and ("inAllPeriods", "false") not in one[1]:  # type: ignore[operator]
            say("B-24", "an InitializationSet in all Periods, but ads are not like it")
    for one in ours:
        if one[0] != MPD + "InitializationSet":
            say("B-26", f"nobody said: {one}")


def _check_escapes(text: Text, origin: Text, facts: Facts, say: Say) -> None:
    """H-09: nothing leads past the proxy."""
    for url in text.locations:
        if not url.startswith(facts.proxy):
            say("B-43", url)
    for url in text.patches:
        if not url.startswith(facts.proxy):
            say("B-44", url)
    if origin.timings:
        for scheme, value in text.timings:
            if scheme.startswith(("urn:mpeg:dash:utc:http", "urn:mpeg:dash:utc:ntp")) and (
                not value.startswith(("https://", "http://"))
            ):
                say("B-42", f"UTCTiming {value}")
        if [one for one, _ in text.timings] != [one for one, _ in origin.timings]:
            say("B-42", f"UTCTiming {text.timings}")
    for element in text.root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "ContentSteering":
            say("B-45", "ContentSteering")
        if XLINK in element.attrib:
            say("B-47", f"{name} leads to {element.attrib[XLINK]}")
        if name in ("Location", "PatchLocation"):
            continue
        for value in (element.text or "", *element.attrib.values()):
            past = value.strip().partition("?")[0].endswith((".mpd", ".mpp", ".m3u8"))
            if past and not value.strip().startswith(facts.proxy):
                say("H-09", f"{name}: {value.strip()}")


def _check_length(
    text: Text,
    origin: Text,
    pieces: tuple[Piece, ...],
    answer: Answered,
    facts: Facts,
    say: Say,
) -> None:
    """All of the content is there, once, and the whole is as long as its parts (B-02, H-06)."""
    end = origin.periods[-1].end
    at = Fraction(0)
    decided = () if facts.insertion else answer.decided
    for piece in pieces:
        if piece.ad is None and piece.a != at:
            gaps = [one for one in decided if abs(one.out_at - at) <= FRAME]
            if not gaps or piece.a < at:
                say("B-10", f"content goes on at {float(piece.a)}, it was at {float(at)}")
        at = at if piece.b is None else piece.b
        over = piece.period.end
        if piece.is_last and piece.ad is None and over is not None and over - piece.shift != at:
            say("B-02", f"{piece.period.id} ends at {float(over)}, its content does not")
    if end is not None and at != end:
        say("B-10", f"content ends at {float(at)}, not at {float(end)}")
    if origin.duration is not None and text.duration is None:
        say("B-02", "no mediaPresentationDuration")
