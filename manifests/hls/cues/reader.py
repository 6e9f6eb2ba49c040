"""All cues of a playlist: what its lines say, and which of them speak of the same event (A-79)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from manifests.breaks import Cue, CueKind
from manifests.cues.rules import CueRules
from manifests.cues.signals import NOTHING_BETWEEN, Refusal, Signal, are_different, merge
from manifests.errors import ManifestError
from manifests.hls.cues.dateranges import DateRanges, is_of_class, is_scte35
from manifests.hls.cues.tags import CUE_TAGS, read_cue_tag
from manifests.hls.cues.values import read_tag
from manifests.hls.model import MediaPlaylist
from manifests.hls.tags import CUE_PREFIXES
from manifests.hls.variables import Variables

_DEFAULT_RULES = CueRules()
# What a cue line may start with; A-72: there may be blanks before and after `#`
_STARTS = (*(f"#{name}" for name in CUE_PREFIXES), "#EXT-X-DATERANGE", "# ", "#\t", " ", "\t")
_WORDLESS = ("A-71", "A-76", "A-77")  # dialects of tags that are a message and nothing else
_COMPARED = 8  # cues at one place that are looked through; more than any real place has


def is_cue_line(line: str, rules: CueRules = _DEFAULT_RULES) -> bool:
    """Whether a raw line is an ad cue, to be removed from the output (rule A-63).

    Args:
        line: Any line of a playlist.
        rules: For the vendors' tags among them.
    """
    if not line.startswith(_STARTS) and not rules.tags:
        return False
    name, value = read_tag(line)
    if name == "EXT-X-DATERANGE":
        return is_scte35(value) or is_of_class(value, rules)
    return name in CUE_TAGS or name in rules.tags


def read_cues(
    playlist: MediaPlaylist,
    times: Sequence[Decimal],
    *,
    clock_is_utc: bool,
    rules: CueRules = _DEFAULT_RULES,
    shift_s: Decimal = Decimal(0),
) -> tuple[Cue, ...]:
    """Find the cues of a playlist, in its order, one for each signal.

    Whatever cannot be read is left out; no text is an error.

    Args:
        playlist: Its raw lines are read.
        times: Where each segment starts on the content clock, and where the last one ends.
        clock_is_utc: The content clock is that of the dates in EXT-X-DATERANGE.
        rules: Which signals count.
        shift_s: Seconds to add to those dates.
    """
    ranges = DateRanges(rules, shift_s if clock_is_utc else None)
    starts = (*_STARTS, *(f"#{name}" for name in rules.tags))
    variables = Variables(playlist.variables)
    said: list[tuple[int, Signal]] = []
    for place, (lines, at) in enumerate(zip(_places(playlist), times, strict=True)):
        here: list[Signal] = []
        for line in lines:
            if not line.startswith(starts):
                continue
            name, value = read_tag(_resolved(line, variables))
            if name == "EXT-X-DATERANGE":
                ranges.add(value, at, place)
            else:
                here += read_cue_tag(name, value, at, rules)
        said += [(place, signal) for signal in _merged(here)]
    near = Decimal(playlist.target_duration) / 2
    return tuple(_without_refused(_joined(ranges.signals(), said, near), near))


def _places(playlist: MediaPlaylist) -> Iterator[tuple[str, ...]]:
    """The lines that stand before each segment, and those behind the last one."""
    before = playlist.header
    for segment in playlist.segments:
        yield before + segment.lines if before else segment.lines
        before = ()
    yield before + playlist.trailer


def _resolved(line: str, variables: Variables) -> str:
    try:
        return variables.resolve(line, line=0)
    except ManifestError:
        return line


def _merged(signals: list[Signal]) -> Iterator[Signal]:
    """What the tags at one place say together (A-71): of breaks before it, then of what starts."""
    if len(signals) < 2:
        yield from signals
        return
    ends: list[Cue] = []
    starts: list[Cue] = []  # and cancellations: their order counts
    in_words = False  # a start was said by a tag's name, not only by a message
    for signal in signals:
        if isinstance(signal, Refusal):
            yield signal
        elif signal.kind is CueKind.CANCEL:
            starts.append(signal)
        elif signal.kind is not CueKind.IN:
            in_words = in_words or not signal.message or signal.dialect not in _WORDLESS
            _add(starts, signal)
        elif (index := _ended(starts, signal, in_words=in_words)) is None:
            _add(ends, signal)
        else:  # nothing is between the two
            starts[index] = replace(
                starts[index], duration=Decimal(0), duration_rank=NOTHING_BETWEEN
            )
    yield from ends
    yield from starts


def _add(cues: list[Cue], new: Cue) -> None:
    """Add a cue, or join it with the one that tells of the same event."""
    for index, cue in enumerate(cues[:_COMPARED]):
        if cue.kind is not CueKind.CANCEL and not are_different(cue, new):
            is_better = new.kind is CueKind.OUT and cue.kind is CueKind.CONT
            cues[index] = merge(new, cue) if is_better else merge(cue, new)
            return
    cues.append(new)


def _ended(starts: list[Cue], end: Cue, *, in_words: bool) -> int | None:
    """Which start at the same place ends there; other ends are those of breaks before it."""
    for index, start in enumerate(starts[:_COMPARED]):
        if start.kind is not CueKind.OUT:
            continue
        if end.message and start.message:
            if end.event_id == start.event_id:
                return index
        elif in_words:
            return index
    return None


def _joined(
    dated: list[tuple[int, Signal]], said: list[tuple[int, Signal]], near: Decimal
) -> list[Signal]:
    """Join what tags say with the ranges that say the same; the dates of these count (A-70)."""
    if not dated:
        return [signal for _, signal in said]
    all_signals = [*dated]
    by_kind = {
        kind: sorted(
            (signal.at, index)
            for index, (_, signal) in enumerate(dated)
            if isinstance(signal, Cue) and signal.kind is kind
        )
        for kind in (CueKind.OUT, CueKind.IN)
    }
    for place, signal in said:
        index = None
        if isinstance(signal, Cue) and signal.kind in by_kind:
            index = _nearest(by_kind[signal.kind], signal.at, near)
        if index is None or not _join(all_signals, index, signal):
            all_signals.append((place, signal))
    return [signal for _, signal in sorted(all_signals, key=lambda one: one[0])]


def _join(signals: list[tuple[int, Signal]], index: int, said: Signal) -> bool:
    place, dated = signals[index]
    if isinstance(dated, Refusal) or isinstance(said, Refusal) or are_different(dated, said):
        return False
    signals[index] = (place, merge(dated, said))
    return True


def _nearest(instants: Sequence[tuple[Decimal, int]], at: Decimal, near: Decimal) -> int | None:
    """The number beside the instant that is nearest, if any is near."""
    index = bisect_left(instants, (at,))
    around = instants[max(index - 1, 0) : index + 1]
    found = min(around, key=lambda one: abs(one[0] - at), default=None)
    return found[1] if found is not None and abs(found[0] - at) <= near else None


def _without_refused(signals: list[Signal], near: Decimal) -> Iterator[Cue]:
    """Leave out what words say of breaks that messages refuse."""
    refusals = sorted(signal.at for signal in signals if isinstance(signal, Refusal))
    cues = [signal for signal in signals if isinstance(signal, Cue)]
    if not refusals:
        return iter(cues)
    instants = [(at, 0) for at in refusals]
    kept = [
        cue
        for cue in cues
        if cue.kind is not CueKind.OUT or cue.message or _nearest(instants, cue.at, near) is None
    ]
    changes = sorted(cue.at for cue in kept if cue.kind in (CueKind.OUT, CueKind.IN))

    def is_refused(cue: Cue) -> bool:
        """Whether a continuation belongs to the refused start before it."""
        if cue.kind is not CueKind.CONT or cue.message:
            return False
        before = bisect_right(refusals, cue.at)
        changed = bisect_right(changes, cue.at)
        return before > 0 and (changed == 0 or changes[changed - 1] <= refusals[before - 1])

    return (cue for cue in kept if not is_refused(cue))
