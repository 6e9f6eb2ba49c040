"""Channels over time: one plain case for each thing that a random history once found."""

import json
import re
from collections.abc import Iterable
from decimal import Decimal

import pytest

from manifests.creative import Creative, CreativeRendition, CreativeSegment
from manifests.errors import ManifestError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.channel_state import read_state, write_state
from manifests.hls.reader import read_media_playlist
from manifests.splicing.timeline import Splice, splice

RULES = ChannelRules()


def creative(name: str, *durations: str) -> Creative:
    segments = tuple(
        CreativeSegment(f"https://ads.example/{name}{i}.ts", Decimal(duration))
        for i, duration in enumerate(durations)
    )
    return Creative(
        id=name,
        duration=sum(map(Decimal, durations)),
        renditions={rung: CreativeRendition(segments) for rung in "va"},
    )


def origin(
    numbers: Iterable[int],
    *,
    name: str = "v",
    said: dict[int, list[str]] | None = None,
    offset: int = 0,
    dsn: int = 0,
    head: Iterable[str] = (),
    tail: Iterable[str] = (),
    epoch: str = "",
    dates: bool = True,
    lengths: dict[int, str] | None = None,
) -> str:
    """Segments of 6 s; number n covers [6n, 6n + 6) unless `lengths` say otherwise."""
    numbers = list(numbers)
    lengths = lengths or {}
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:6", *head]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{numbers[0] + offset}")
    lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{dsn}")
    for n in numbers:
        lines += (said or {}).get(n, [])
        if dates:
            start = sum(Decimal(lengths.get(i, "6")) for i in range(n))
            minutes, seconds = divmod(start, 60)
            lines.append(
                f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:{int(minutes):02}:{seconds:06.3f}Z"
            )
        lines += [f"#EXTINF:{lengths.get(n, '6')},", f"{epoch}{n}.ts"]
    return "\n".join([*lines, *tail, ""])


def advance(channel: Channel, **texts: str) -> Channel:
    return channel.advance(
        {
            name: read_media_playlist(text, url=f"https://o.example/{name}/i.m3u8")
            for name, text in texts.items()
        }
    )


def answer(channel: Channel, name: str, pods: dict[int, tuple[Creative, ...]]) -> str:
    """In short: `[D]` a discontinuity, `#` the number of the first entry, then URIs."""
    past: list[Splice] = []
    rest: list[Splice] = []
    for number, ad_break in enumerate(channel.log.breaks):
        pod = pods.get(number, ())
        one = channel.splice_of(ad_break, pod, "v") if pod else None
        if one is not None:
            (past if number < channel.over else rest).append(one)
    text = channel.playlist(name, rest, name, past=channel.effect(name, past, name)).decode()
    return short(text)


def short(text: str) -> str:
    """MEDIA-SEQUENCE/DISCONTINUITY-SEQUENCE, then the entries."""
    msn = re.search(r"MEDIA-SEQUENCE:(\d+)", text)
    dsn = re.search(r"DISCONTINUITY-SEQUENCE:(\d+)", text)
    assert msn is not None
    assert dsn is not None
    said, mark = [f"{msn[1]}/{dsn[1]}"], ""
    for line in text.splitlines():
        if line == "#EXT-X-DISCONTINUITY":
            mark += "[D]"
        elif line and line[0] != "#":
            said.append(mark + line.rpartition("/")[2].removesuffix(".ts"))
            mark = ""
    return " ".join(said)


def test_a_rendition_that_slept_through_a_break_returns_where_the_others_do() -> None:
    """A-29: what it missed is what the reference saw."""
    cues = {3: ["#EXT-X-CUE-OUT:18"], 6: ["#EXT-X-CUE-IN"]}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(4), said=cues), a=origin(range(3), offset=100))
    for end in (5, 6, 7, 8, 9, 10, 11):
        channel = advance(channel, v=origin(range(end - 4, end), said=cues))
    channel = advance(channel, a=origin(range(7, 11), offset=100))
    pods = {0: (creative("x", "6", "6", "6"),)}
    assert answer(channel, "v", pods) == "6/1 [D]6 7 8 9 10"
    assert answer(channel, "a", pods) == "107/2 7 8 9 10"


def test_two_breaks_on_one_border_share_one_tag() -> None:
    """A-12, A-16: the tag that ends the first opens the second, and is counted once."""
    cues = {3: ["#EXT-X-CUE-OUT:12"], 5: ["#EXT-X-CUE-OUT:12"], 7: ["#EXT-X-CUE-IN"]}
    pods = {0: (creative("x", "6", "6"),), 1: (creative("y", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    got = []
    for first in range(2, 8):
        channel = advance(channel, v=origin(range(first, first + 6), said=cues))
        got.append(answer(channel, "v", pods))
    assert got == [
        "2/0 2 [D]x0 x1 [D]y0 y1 [D]7",
        "3/0 [D]x0 x1 [D]y0 y1 [D]7 8",
        "4/1 x1 [D]y0 y1 [D]7 8 9",
        "5/1 [D]y0 y1 [D]7 8 9 10",
        "6/2 y1 [D]7 8 9 10 11",
        "7/2 [D]7 8 9 10 11 12",
    ]


def test_several_insertions_before_the_first_segment() -> None:
    """A-20, D-43: nothing stands before the first, a discontinuity between them."""
    head = ("#EXT-X-PLAYLIST-TYPE:VOD",)
    text = origin(range(3), head=head, tail=["#EXT-X-ENDLIST"], dates=False)
    channel = advance(Channel(reference="v", rules=RULES), v=text)
    pods = [creative(name, "6") for name in "xyz"]
    splices = [
        channel.insertion_of(Decimal(at), [pod], "v", break_id=pod.id)
        for at, pod in zip((0, 0, 18), pods, strict=True)
    ]
    text = channel.playlist("v", splices, "v").decode()
    assert short(text) == "0/0 x0 [D]y0 [D]0 1 2 [D]z0"


def test_an_instant_has_a_nearest_border_in_the_whole_programme_d_43() -> None:
    head = ("#EXT-X-PLAYLIST-TYPE:VOD",)
    text = origin(range(3), head=head, tail=["#EXT-X-ENDLIST"], dates=False)
    channel = advance(Channel(reference="v", rules=RULES), v=text)
    instants = ("0", "2.9", "3", "3.1", "8.9", "9.1", "15", "15.1", "18")
    found = [channel.nearest_border(Decimal(at)) for at in instants]
    assert found == [Decimal(at) for at in (0, 0, 0, 6, 6, 12, 12, 18, 18)]


def test_every_discontinuity_has_a_date() -> None:
    """A-30: also where the origin gave it none."""
    text = origin(range(4), said={2: ["#EXT-X-DISCONTINUITY"]}, lengths={0: "5.5"})
    dated = iter(range(9))
    lines = [line for line in text.splitlines() if "DATE-TIME" not in line or next(dated) == 0]
    channel = advance(Channel(reference="v", rules=RULES), v="\n".join([*lines, ""]))
    out = channel.playlist("v", (), "v").decode()
    assert "#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:11.500Z\n" in out


def test_an_origin_that_lists_the_least_leaves_enough_when_ads_are_short() -> None:
    """A-08: what a break takes away at the end of the list stays at its front."""
    cues = {5: ["#EXT-X-CUE-OUT:30"]}
    pods = {0: (creative("x", "5", "5", "5", "5", "5", "5"),)}
    channel = Channel(reference="v", rules=RULES)
    for first in range(4):
        channel = advance(channel, v=origin(range(first, first + 3), said=cues))
    assert answer(channel, "v", pods) == "1/0 1 2 3 4 [D]x0"


def restored(channel: Channel) -> Channel:
    state = json.loads(json.dumps(write_state(channel)))
    return read_state(state, reference=channel.reference, rules=channel.rules)


def test_without_dates_a_rendition_takes_its_clock_from_the_reference_again() -> None:
    """A-29: how long the unseen segments were is known to whoever saw them."""
    lengths = dict.fromkeys(range(3, 9), "2")
    cues = {11: ["#EXT-X-CUE-OUT:12"]}
    channel = Channel(reference="v", rules=RULES)
    for end in range(4, 14):
        numbers = range(max(end - 4, 0), end)
        text = origin(numbers, said=cues, dates=False, lengths=lengths)
        texts = {"v": text, "a": text} if end in (4, 13) else {"v": text}
        channel = advance(channel, **texts)
    pods = {0: (creative("x", "6", "6"),)}
    assert answer(channel, "a", pods) == "9/0 9 10 [D]x0 x1"


def test_discontinuities_that_nobody_counted_are_those_of_the_reference() -> None:
    """A-15: numbers come from places on the timeline, not from the header."""
    marks = {n: ["#EXT-X-DISCONTINUITY"] for n in (3, 5, 7)}
    channel = Channel(reference="v", rules=RULES)
    for end in range(4, 12):
        text = origin(range(max(end - 5, 0), end), said=marks)
        text = text.replace("#EXT-X-DISCONTINUITY-SEQUENCE:0\n", "")
        texts = {"v": text, "a": text} if end in (4, 11) else {"v": text}
        channel = advance(channel, **texts)
    assert answer(channel, "v", {}) == "6/2 6 [D]7 8 9 10"
    assert answer(channel, "a", {}) == "6/2 6 [D]7 8 9 10"


def test_all_renditions_begin_again_where_the_reference_did() -> None:
    """A-14, A-19: also one that had not got so far when the origin began again."""
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(5)), a=origin(range(4)))
    again = {"lengths": {0: "21"}, "epoch": "new", "offset": -1}  # 1 covers [21, 27)
    channel = advance(channel, v=origin(range(1, 4), **again))
    channel = advance(channel, v=origin(range(1, 4), **again), a=origin(range(1, 4), **again))
    assert answer(channel, "v", {}) == "1/0 1 2 3 4 [D]new3"
    assert answer(channel, "a", {}) == "0/0 0 1 2 3 [D]new3"


def test_a_new_beginning_keeps_its_discontinuity_in_another_process() -> None:
    """A-19, H-01."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(2, 7)))
    again = origin(range(7, 10), epoch="new", offset=-7)
    channel = advance(channel, v=again)
    assert answer(channel, "v", {}) == "5/0 5 6 [D]new7 new8 new9"
    assert answer(advance(restored(channel), v=again), "v", {}) == "7/0 [D]new7 new8 new9"


def test_what_left_the_window_does_not_come_back_in_another_process() -> None:
    """A-11: the origin's copy may be an older one."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(3, 8)))
    channel = advance(restored(channel), v=origin(range(2, 7)))
    assert answer(channel, "v", {}) == "3/0 3 4 5 6"


def test_the_clock_follows_dates_that_slide_with_the_window() -> None:
    """H-04: lengths are rounded, so sums of them drift; the date at the front does not."""
    channel = Channel(reference="v", rules=RULES)
    for first in range(30):
        lines = origin(range(first, first + 5), lengths=dict.fromkeys(range(99), "5.994"))
        dated = iter(range(9))
        lines = "\n".join(
            line
            for line in lines.replace("#EXTINF:5.994", "#EXTINF:6").splitlines()
            if "DATE-TIME" not in line or next(dated) == 0
        )
        channel = advance(channel, v=lines + "\n")
    date = re.search(r"DATE-TIME:(.*)", channel.playlist("v", (), "v").decode())
    assert date is not None
    assert date[1].startswith("2026-01-01T00:02:47.8")  # 28 * 5.994 = 167.832


def test_a_break_that_ends_in_a_hole_returns_behind_it() -> None:
    """A-14: content that a rendition lacks still counts, so two tags stand before its return."""
    cues = {3: ["#EXT-X-CUE-OUT:12"], 5: ["#EXT-X-CUE-IN"]}
    pods = {0: (creative("x", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(6), said=cues), a=origin(range(5)))
    again = origin(range(6, 9), epoch="new", offset=-6)
    channel = advance(channel, v=again, a=again)
    assert answer(channel, "v", pods) == "4/1 x1 [D]5 [D]new6 new7 new8"
    assert answer(channel, "a", pods) == "3/0 [D]x0 x1 [D][D]new6 new7 new8"


def test_a_break_between_borders_is_filled_up_to_the_border_of_its_return() -> None:
    """A-26: late out, late in; the last ad is not cut."""
    tag = (
        '#EXT-X-DATERANGE:ID="1",START-DATE="2026-01-01T00:00:15Z",PLANNED-DURATION=12,'
        "SCTE35-OUT=0xFC00"
    )
    channel = Channel(reference="v", rules=RULES)
    pods = {0: (creative("x", "6", "6"),)}
    got = []
    for first in range(3):
        text = origin(range(first, first + 5), said={max(first, 2): [tag]})
        channel = advance(channel, v=text)
        got.append(answer(channel, "v", pods))
    assert got == [
        "0/0 0 1 2 [D]x0 x1",
        "1/0 1 2 [D]x0 x1 [D]5",
        "2/0 2 [D]x0 x1 [D]5 6",
    ]


def test_tags_of_the_header_are_free_of_variables_and_relative_uris() -> None:
    """A-36, A-47."""
    head = (
        '#EXT-X-DEFINE:NAME="from",VALUE="-18.5"',
        "#EXT-X-START:TIME-OFFSET={$from}",
        '#EXT-X-ACME:URI="more/acme.bin"',
    )
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(4), head=head))
    lines = channel.playlist("v", (), "v").decode().splitlines()
    assert "#EXT-X-START:TIME-OFFSET=-18.5" in lines
    assert '#EXT-X-ACME:URI="https://o.example/v/more/acme.bin"' in lines


def test_a_post_roll_is_in_a_rendition_that_ends_a_little_earlier() -> None:
    """A-50: audio frames do not end where video does."""
    head = ("#EXT-X-PLAYLIST-TYPE:VOD",)
    how = {"head": head, "tail": ["#EXT-X-ENDLIST"], "dates": False}
    channel = advance(
        Channel(reference="v", rules=RULES),
        v=origin(range(2), **how),
        a=origin(range(2), lengths={1: "5.99"}, **how),
    )
    one = channel.insertion_of(Decimal(12), [creative("x", "6")], "v", break_id="x")
    assert short(channel.playlist("a", [one], "a").decode()) == "0/0 0 1 [D]x0"


def test_an_event_keeps_its_first_segment_in_another_process() -> None:
    """A-05: the clock of a rendition that follows another's may be off by less than a frame."""
    head = ("#EXT-X-PLAYLIST-TYPE:EVENT",)
    channel = Channel(reference="v", rules=RULES)
    for end in (3, 4, 5):
        video = origin(range(end), head=head, dates=False)
        audio = origin(range(end), head=head, dates=False, lengths=dict.fromkeys(range(9), "6.001"))
        channel = advance(channel, v=video, a=audio)
    channel = advance(restored(channel), v=video, a=audio)
    assert answer(channel, "a", {}) == "0/0 0 1 2 3 4"


def test_a_list_without_entries_has_the_numbers_of_the_one_to_come() -> None:
    """A-11: nothing of the ad is due yet, and nothing came before it."""
    said = {3: ["#EXT-X-CUE-OUT:12"]}
    pods = {0: (creative("x", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(3, 4), said=said, lengths={3: "4"}))
    assert answer(channel, "v", pods) == "3/0"
    channel = advance(channel, v=origin(range(3, 5), said=said, lengths={3: "4"}))
    assert answer(channel, "v", pods) == "3/0 [D]x0"


def test_numbers_that_a_new_beginning_left_out_are_not_given_to_ads() -> None:
    """A-02, A-19: a rendition that saw neither the break begin nor the origin begin again."""
    said = {5: ["#EXT-X-CUE-OUT:30"]}
    pods = {0: (creative("x", "6", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(4), said=said), a=origin(range(4)))
    assert answer(channel, "a", {}) == "0/0 0 1 2 3"
    channel = advance(channel, v=origin(range(3, 7), said=said))
    again = origin(range(7, 9), epoch="new", offset=-7)
    channel = advance(channel, v=again, a=again)
    assert answer(channel, "v", pods) == "4/0 4 [D]x0 x1 x2 [D]new8"
    assert answer(channel, "a", pods) == "1/0 1 2 3 [D]x0 x1 x2 [D]new8"


def test_content_of_a_break_does_not_return_before_a_hole() -> None:
    """A-26: what is more than half inside the break is in it, whatever follows."""
    said = {2: ["#EXT-X-CUE-OUT:24"], 6: ["#EXT-X-CUE-IN"]}
    pods = {0: (creative("x", "6", "6", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(5), said=said), a=origin(range(5)))
    channel = advance(channel, v=origin(range(3, 7), said=said))
    again = origin(range(9, 11), epoch="new", offset=-9)
    channel = advance(channel, v=again, a=again)
    assert answer(channel, "v", pods) == "4/1 x2 x3 [D]6 [D]new9 new10"
    assert answer(channel, "a", pods) == "2/0 [D]x0 x1 x2 x3 [D][D]new9 new10"


def test_two_tags_in_a_row_stay_two() -> None:
    """A-16: they count twice."""
    said = {2: ["#EXT-X-DISCONTINUITY", "#EXT-X-DISCONTINUITY"]}
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(7), said=said))
    assert answer(channel, "v", {}) == "0/0 0 1 [D][D]2 3 4 5 6"
    channel = advance(channel, v=origin(range(3, 10), dsn=2))
    assert answer(channel, "v", {}) == "3/2 3 4 5 6 7 8 9"


def test_two_tags_in_a_row_count_twice_where_a_window_only_touches_the_last() -> None:
    """A-16."""
    said = {3: ["#EXT-X-DISCONTINUITY", "#EXT-X-DISCONTINUITY"]}
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(3), said=said))
    channel = advance(channel, v=origin(range(3, 6), said=said))
    assert answer(channel, "v", {}) == "1/0 1 2 [D][D]3 4 5"
    channel = advance(channel, v=origin(range(4, 9), dsn=2))
    assert answer(channel, "v", {}) == "4/2 4 5 6 7 8"


@pytest.mark.parametrize(
    "harm", [{"version": 1}, {"shadows": [["b1"]]}, {"log": {}}, {"memories": 7}]
)
def test_a_state_that_cannot_be_understood_is_refused(harm: dict[str, object]) -> None:
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(4)))
    with pytest.raises(ManifestError):
        read_state({**write_state(channel), **harm}, reference="v", rules=RULES)


def test_an_origin_may_begin_with_an_empty_list() -> None:
    """Of a channel that is about to start; breaks are looked for when there is content."""
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:0\n"
    channel = advance(Channel(reference="v", rules=RULES), v=text, a=text)
    assert answer(channel, "a", {}) == "0/0"
    channel = advance(restored(channel), a=text)
    channel = advance(channel, v=origin(range(3)), a=origin(range(2)))
    assert answer(channel, "a", {}) == "0/0 0 1"
    assert channel.seen_edge is not None


def test_a_break_is_refused_where_a_rendition_has_no_border_near() -> None:
    """A-26: further than half a target duration."""
    said = {2: ["#EXT-X-CUE-OUT:12"]}
    lengths = {0: "6", 1: "2", 2: "6"}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(6), said=said))
    assert channel.is_aligned(channel.log.breaks[0])
    long = origin(range(3), lengths=lengths).replace("TARGETDURATION:6", "TARGETDURATION:20")
    channel = advance(
        channel, a=long.replace("#EXTINF:2,", "#EXTINF:8.5,").replace("08.000Z", "14.500Z")
    )
    assert channel.is_aligned(channel.log.breaks[0])
    long = long.replace("#EXTINF:2,", "#EXTINF:9.5,").replace("08.000Z", "15.500Z")
    channel = advance(channel.unfollow(["a"]), b=long)
    assert not channel.is_aligned(channel.log.breaks[0])


def test_an_older_copy_changes_nothing() -> None:
    """A-01: with or without a common segment; dates tell it from a new beginning."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(20, 26)))
    assert advance(channel, v=origin(range(18, 24))) is channel
    assert advance(channel, v=origin(range(10, 16))) is channel
    again = advance(channel, v=origin(range(26, 29), epoch="new", offset=-20))
    assert answer(again, "v", {}) == "24/0 24 25 [D]new26 new27 new28"


def test_a_clock_that_steps_back_is_moved() -> None:
    """A-31: dates stay unambiguous, in this process and in the next."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(20, 26)))
    again = origin(range(3), epoch="new", offset=5)
    channel = advance(channel, v=again)
    dates = re.findall(r"DATE-TIME:.*T00:(.*)Z", channel.playlist("v", (), "v").decode())
    assert dates == ["02:24.000", "02:30.000", "02:36.000", "02:42.000", "02:48.000"]
    channel = advance(restored(channel), v=again)
    assert re.findall(r"T00:(.*)Z", channel.playlist("v", (), "v").decode()) == dates[2:]


def test_a_new_beginning_is_dated_by_a_segment_that_is_not_taken() -> None:
    """H-04: a date at the front of the window alone, before what others began with."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(4)), a=origin(range(3)))
    channel = advance(channel, v=origin(range(10, 13), epoch="new", offset=-8))
    lines = origin(range(8, 12), epoch="new", offset=-8).splitlines()
    kept = [line for line in lines if "DATE" not in line or ":48." in line]
    channel = advance(channel, a="\n".join([*kept, ""]))
    dates = re.findall(r"T00:(.*)Z", channel.playlist("a", (), "a").decode())
    assert dates[-1] == "01:00.000"


def test_a_rendition_that_is_far_behind_counts_discontinuities_like_the_reference() -> None:
    """A-15: headers differ, and no time is in both lists."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(8, 11)))
    behind = advance(channel, a=origin(range(4, 7), dsn=3))
    assert answer(behind, "a", {}) == "4/0 4 5 6"
    ahead = advance(channel, a=origin(range(12, 15), dsn=3))
    ahead = advance(ahead, v=origin(range(10, 15)))
    assert answer(ahead, "a", {}) == "12/0 12 13 14"


def test_discontinuity_numbers_are_never_below_0() -> None:
    """A-15: the reference does not say how many there were before its window."""
    said = {3: ["#EXT-X-DISCONTINUITY"]}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(4, 8)), a=origin(range(2, 7), said=said))
    assert answer(channel, "a", {}) == "4/0 4 5 6"


def test_a_new_beginning_that_overlaps_does_not_move_the_clock() -> None:
    """H-04: of what was published already no more than a second comes again (rule A-31)."""
    channel = advance(Channel(reference="v", rules=RULES), v=origin(range(4)))
    again = origin(range(1, 5), epoch="new", lengths={0: "16"}, offset=-1)  # 16, 22, 28, 34
    channel = advance(channel, v=again)
    assert answer(channel, "v", {}) == "1/0 1 2 3 [D]new3 new4"
    assert "00:28.000Z" in channel.playlist("v", (), "v").decode()


def test_ads_before_the_window_are_gone_in_every_process() -> None:
    """A-11: the clocks of two processes may differ by less than a frame."""
    one = splice(
        break_id="b", out_at=Decimal(6), in_at=None, pod=[creative("x", "6", "6")], rung="a"
    )
    assert [one.dropped(Decimal(at)) for at in ("11.9", "11.99", "12", "12.01")] == [0, 1, 1, 1]


def test_two_breaks_around_a_hole_have_one_tag_between_them() -> None:
    """H-02: also where a date range outlives the first of them."""
    tag = '#EXT-X-DATERANGE:ID="d",START-DATE="2026-01-01T00:00:12Z",DURATION=99'
    said = {1: ["#EXT-X-CUE-OUT:12"], 2: [tag], 3: ["#EXT-X-CUE-IN"], 5: ["#EXT-X-CUE-OUT:12"]}
    pods = {0: (creative("x", "6", "6"),), 1: (creative("y", "6", "6"),)}
    channel = Channel(reference="v", rules=RULES)
    channel = advance(channel, v=origin(range(3), said=said))
    again = origin(range(5, 8), epoch="new", offset=-5, said=said)
    channel = advance(channel, v=again)
    channel = advance(channel, v=origin(range(5, 9), epoch="new", offset=-5, said=said))
    first = answer(channel, "v", pods)
    channel = advance(channel, v=origin(range(5, 10), epoch="new", offset=-5, said=said))
    assert first == "2/1 x1 [D]y0 y1 [D]new7 new8"
    assert answer(channel, "v", pods) == "3/1 [D]y0 y1 [D]new7 new8 new9"
