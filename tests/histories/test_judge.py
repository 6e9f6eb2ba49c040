"""The judge itself: what is right passes, and each rule that is broken is named."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import chain

import pytest
from judge import AdSegment, Answered, Event, Facts, Fetched, judge
from random_origin import Traits
from story import Plot, play
from viewing import Manner

PLOT = Plot(
    5,
    Traits(
        window=8,
        cmaf=True,
        keys="counted",
        rotation=2,
        ranges="explicit",
        marks=True,
        unknown=True,
        breaks="plain",
        audio=True,
        length_s=400,
    ),
    Manner(),
    polls=60,
)


@cache
def history() -> tuple[tuple[Event, ...], Facts]:
    viewing, _ = play(PLOT)
    return tuple(viewing.events), viewing.facts()


def rules_broken(events: tuple[Event, ...], facts: Facts) -> set[str]:
    return {one.rule for one in judge(events, facts)}


def test_an_unharmed_history_passes() -> None:
    assert not judge(*history())


Change = Callable[[str], str]
AD = r"(https://ads\.example/\S+/0\.bin)"


def swap(pattern: str, by: str, count: int = 1) -> Change:
    return lambda text: re.sub(pattern, by, text, count=count, flags=re.MULTILINE)


def rise(tag: str, by: int) -> Change:
    return lambda text: re.sub(
        rf"({tag}:)(\d+)", lambda match: f"{match[1]}{int(match[2]) + by}", text
    )


def without_last(text: str) -> str:
    lines = text.splitlines()
    ends = [index for index, line in enumerate(lines) if not line.startswith("#")]
    return "\n".join([*lines[: ends[-2] + 1], ""])


def without_most(text: str) -> str:
    """Drops all but two entries from the front, and counts them."""
    head, *entries = re.split(
        r"(?<=\n)(?=#EXT-X-DISCONTINUITY\n|#EXT-X-MAP|#EXT-X-KEY)", text, maxsplit=1
    )
    entries = re.findall(r"(?:#.*\n)+[^#].*\n", "".join(entries))
    return rise("MEDIA-SEQUENCE", len(entries) - 2)(head) + "".join(entries[-2:])


# Rule: what to do to one playlist that shows content, an ad and content again
ONE: dict[str, tuple[str, Change]] = {
    "another number": ("H-01", rise("MEDIA-SEQUENCE", 1)),
    "another length": ("H-01", swap(r"EXTINF:6\.000", "EXTINF:5.000")),
    "an ad twice": ("H-01", swap(r"/1\.bin", "/0.bin")),
    "a lower number": ("H-02", rise("MEDIA-SEQUENCE", -50)),
    "a lower discontinuity number": ("H-02", rise("DISCONTINUITY-SEQUENCE", -50)),
    "a segment's discontinuity number": ("H-02", rise("DISCONTINUITY-SEQUENCE", 1)),
    "another version": ("H-02", swap("VERSION:6", "VERSION:7")),
    "a date in the past": ("H-04", swap(r"TIME:2026-01-01T00:", "TIME:2025-01-01T00:")),
    "a date off": ("H-04", swap(r"(TIME:.*)\d{3}Z", r"\g<1>500Z", count=99)),
    "no key": ("H-05", swap(r"#EXT-X-KEY:METHOD=AES.*\n", "", count=99)),
    "another IV": ("H-05", swap(r"IV=0x\w+", "IV=0x00000000000000000000000000000001")),
    "the IV counted by us": ("H-05", swap(r",IV=0x\w+", "", count=99)),
    "another range": ("H-05", swap(r"BYTERANGE:(\d+)@\d+", r"BYTERANGE:\1@7")),
    "unknown content": ("H-05", swap(r"^(https://origin.*/)e0-f", r"\1e9-f")),
    "a tag lost": ("H-06", swap(r"#EXT-X-ACME:.*\n", "", count=99)),
    "the header's tag lost": ("H-06", swap(r"#EXT-X-ACME-HEAD.*\n", "")),
    "too little": ("H-07", without_most),
    "a report": ("H-09", swap("#EXTINF", '#EXT-X-RENDITION-REPORT:URI="a0.m3u8"\n#EXTINF')),
    "an ad longer than its break": ("H-14", swap(rf"EXTINF:.*,\n{AD}", r"EXTINF:99,\n\1")),
    "taken back": ("A-01", without_last),
    "a type that slides": ("A-05", swap("#EXT-X-MEDIA", "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA")),
    "no discontinuity number": ("A-13", swap(r"#EXT-X-DISCONTINUITY-SEQUENCE.*\n", "")),
    "no tag before the ad": ("A-20", swap(r"^#EXT-X-DISCONTINUITY\n", "", count=99)),
    "a tag inside an ad": (
        "A-22",
        swap(r"(/0\.bin\n)(#EXTINF:.*,\n.*/1\.bin)", r"\1#EXT-X-DISCONTINUITY\n\2"),
    ),
    "another target": ("A-23", swap("TARGETDURATION:6", "TARGETDURATION:7")),
    "half is too long": ("A-23", swap(rf"EXTINF:.*,\n{AD}", r"EXTINF:6.5,\n\1")),
    "no date at the tag": (
        "A-30",
        swap(r"#EXT-X-PROGRAM-DATE-TIME:.*\n(#EXTINF:.*,\n.*bin)", r"\1"),
    ),
    "a variable": ("A-36", swap("#EXTINF", '#EXT-X-DEFINE:NAME="a",VALUE="b"\n#EXTINF')),
    "an ad under the content's key": ("A-37", swap(r"#EXT-X-KEY:METHOD=NONE\n", "", count=99)),
    "NONE with more": ("A-37", swap("METHOD=NONE", 'METHOD=NONE,URI="https://k"')),
    "an ad without its map": ("A-40", swap(r"#EXT-X-MAP:URI=\"https://ads.*\n", "", count=99)),
    "a range that goes on from nothing": ("A-42", swap(r"(BYTERANGE:\d+)@\d+", r"\1")),
    "a bit rate": ("A-43", swap("#EXTINF", "#EXT-X-BITRATE:9\n#EXTINF")),
    "a version too low": ("A-46", swap("VERSION:6", "VERSION:4")),
    "a version too high": ("A-46", swap("VERSION:6", "VERSION:12")),
    "a relative URI": ("A-47", swap(r"^https://origin.example/show/v0/", "")),
    "ENDLIST in the middle": ("A-49", swap("#EXTINF", "#EXT-X-ENDLIST\n#EXTINF")),
    "ads among I-frames": ("A-57", swap("#EXT-X-MEDIA", "#EXT-X-I-FRAMES-ONLY\n#EXT-X-MEDIA")),
    "a cue": ("A-63", swap("#EXTINF", "#EXT-X-CUE-IN\n#EXTINF")),
}


def places() -> Iterator[int]:
    """Answers of the reference with an earlier one and content around ads that have two parts."""
    events, _ = history()
    for index, event in enumerate(events):
        if (
            isinstance(event, Answered)
            and event.name == "v0"
            and event.poll > 10
            and re.search(
                r"origin[^#]*\n(#.*\n)+https://ads[\s\S]*/1\.bin[\s\S]*origin", event.text
            )
        ):
            yield index


@pytest.mark.parametrize("name", ONE)
def test_the_judge_names_the_rule_that_one_answer_breaks(name: str) -> None:
    rule, change = ONE[name]
    events, facts = history()
    tried = 0
    for index in list(places())[:6]:
        event = events[index]
        assert isinstance(event, Answered)
        text = change(event.text)
        if text == event.text:
            continue
        tried += 1
        harmed = (*events[:index], replace(event, text=text), *events[index + 1 :])
        if rule in rules_broken(harmed, facts):
            return
    assert tried
    pytest.fail(f"{rule} was not named")


def everywhere(change: Change, name: str) -> tuple[Event, ...]:
    events, _ = history()
    return tuple(
        replace(event, text=change(event.text))
        if isinstance(event, Answered) and event.name == name
        else event
        for event in events
    )


ALL: dict[str, tuple[str, Change]] = {
    "shows another ad": ("H-03", swap(r"-b(\d+)\.0/", r"-b\1.1/", count=9)),
    "counts one tag more than the others": ("H-03", rise("DISCONTINUITY-SEQUENCE", 1)),
    "never returns from its ads": ("H-03", swap(r"^#EXT-X-DISCONTINUITY\n", "", count=99)),
    "has no dates": ("A-30", swap(r"#EXT-X-PROGRAM-DATE-TIME.*\n", "", count=99)),
    "has another target": ("A-23", swap("TARGETDURATION:6", "TARGETDURATION:7")),
    "has a type of its own": (
        "A-05",
        swap("#EXT-X-MEDIA-S", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-S"),
    ),
}


@pytest.mark.parametrize("name", ALL)
def test_the_judge_names_the_rule_that_one_playlist_breaks(name: str) -> None:
    rule, change = ALL[name]
    assert rule in rules_broken(everywhere(change, "a0"), history()[1])


def test_the_judge_knows_two_tags_in_a_row_from_one() -> None:
    """A-16: unless the origin has two, or something stands between them elsewhere."""
    doubled = swap(r"^#EXT-X-DISCONTINUITY\n", r"\g<0>\g<0>")
    harmed = tuple(
        replace(event, text=doubled(event.text)) if isinstance(event, Answered) else event
        for event in history()[0]
    )
    assert "A-16" in rules_broken(harmed, history()[1])


def test_ads_are_not_published_before_the_content_that_they_replace() -> None:
    """H-07: an answer that comes too early."""
    events, facts = history()
    mine = [
        i for i, event in enumerate(events) if isinstance(event, Answered) and event.name == "v0"
    ]
    index, later = mine[10], events[mine[14]]
    early = replace(later, poll=events[index].poll)
    assert "H-07" in rules_broken((*events[:index], early), facts)


# Worked examples of rule A-12, written by hand: `[D]` a discontinuity; numbers are content

WINDOWS = ((100, 104), (102, 106), (103, 107), (104, 108), (105, 109), (107, 111))
EXAMPLE_1 = (
    (100, 0, "100 101 102 [D]A1 A2 A3"),
    (102, 0, "102 [D]A1 A2 A3 [D]B1 B2 [D]106"),
    (103, 0, "[D]A1 A2 A3 [D]B1 B2 [D]106 107"),
    (104, 1, "A2 A3 [D]B1 B2 [D]106 107 108"),
    (106, 1, "[D]B1 B2 [D]106 107 108 109"),
    (109, 3, "107 108 109 110 111"),
)
LENGTHS = {"A1": 4, "A2": 4, "A3": 2, "B1": 4, "B2": 4}
AFTER_OUT = {"A1": 0, "A2": 4, "A3": 8, "B1": 10, "B2": 14}
URL = "https://o.example/c/v.m3u8"
EXAMPLE_FACTS = Facts(
    ads={
        f"https://ads.example/{name}.ts": AdSegment("pod", name[0], int(name[1]) - 1, None)
        for name in LENGTHS
    },
    clock={
        (f"https://o.example/c/{n}.ts", None): Decimal(1_767_225_600 + 6 * n)
        for n in range(100, 112)
    },
)


def written(msn: int, dsn: int, entries: str) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:6",
        f"#EXT-X-MEDIA-SEQUENCE:{msn}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{dsn}",
    ]
    for entry in entries.split():
        name = entry.removeprefix("[D]")
        if name != entry:
            lines.append("#EXT-X-DISCONTINUITY")
        minutes, seconds = divmod(
            618 + AFTER_OUT.get(name, 0) if name in LENGTHS else 6 * int(name), 60
        )
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{minutes:02}:{seconds:02}.000Z")
        lines.append(f"#EXTINF:{LENGTHS.get(name, 6)},")
        host = "ads.example" if name in LENGTHS else "o.example/c"
        lines.append(f"https://{host}/{name}.ts")
    return "\n".join([*lines, ""])


def example(*, dsns: tuple[int, ...] = (), tags: tuple[int, ...] = ()) -> list[Event]:
    events: list[Event] = []
    for poll, ((first, last), (msn, dsn, entries)) in enumerate(
        zip(WINDOWS, EXAMPLE_1, strict=True)
    ):
        gone = 7 + sum(tag < first for tag in tags) if tags else 0
        window = " ".join(f"[D]{n}" if n in tags else str(n) for n in range(first, last + 1))
        events.append(Fetched(poll=poll, name="v0", url=URL, text=written(first, gone, window)))
        text = written(msn, dsns[poll] if dsns else dsn, entries)
        events.append(Answered(poll=poll, session="one", name="v0", text=text))
    return events


def test_worked_example_1_passes() -> None:
    assert not judge(example(), EXAMPLE_FACTS)


def test_worked_example_2_passes() -> None:
    """With the origin's own discontinuities before 104 and 106."""
    assert not judge(example(dsns=(7, 7, 7, 8, 8, 10), tags=(104, 106)), EXAMPLE_FACTS)


def test_worked_example_2_with_a_wrong_sum_does_not_pass() -> None:
    """C is 2: whoever forgets it counts on from the origin's header."""
    events = tuple(example(dsns=(7, 7, 7, 8, 8, 12), tags=(104, 106)))
    assert "H-02" in rules_broken(events, EXAMPLE_FACTS)


def test_worked_example_3_passes() -> None:
    """An insertion; without its last tag it does not."""
    head = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", "#EXT-X-PLAYLIST-TYPE:VOD"]
    content = [["#EXTINF:6,", f"https://o.example/c/{n}.ts"] for n in range(100, 104)]
    ads = [f"https://ads.example/A{n}.ts" for n in (1, 2, 3)]
    pod = [line for uri in ads for line in ("#EXTINF:6,", uri)]
    end = ["#EXT-X-ENDLIST", ""]
    tag = ["#EXT-X-DISCONTINUITY"]
    facts = replace(EXAMPLE_FACTS, insertion=True, dates=False)
    origin = Fetched(
        poll=0, name="v0", url=URL, text="\n".join([*head, *chain.from_iterable(content), *end])
    )
    for back, broken in ((tag, set()), ([], {"A-20", "H-03"})):
        lines = [*head, *content[0], *content[1], *tag, *pod, *back, *content[2], *content[3], *end]
        answer = Answered(poll=1, session="one", name="v0", text="\n".join(lines))
        assert rules_broken((origin, answer), facts) == broken
