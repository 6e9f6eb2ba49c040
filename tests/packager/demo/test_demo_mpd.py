from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import httpx2
import m3u8
import pytest
from lxml import etree
from starlette.applications import Starlette
from starlette.routing import Mount

from manifests.scte35 import SpliceInsert, read_splice_info
from packager.clock import ManualClock
from packager.demo.boxes import decode_time
from packager.demo.media import DemoMedia
from packager.demo.mpd import live_mpd, vod_mpd
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import Addressing, OriginSettings, Schedule
from tests.mpd_schema import assert_valid, needs_schema

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = OriginSettings(
    epoch=EPOCH, window_s=20, break_every_s=30, break_at_s=10, break_s=8, early_return_s=4
)
TIME_URL = "http://origin/time?of=day&<now>"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
QUARTERS = [Fraction(quarter, 4) for quarter in range(8, 4 * 90)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client(
    media: DemoMedia, clock: ManualClock, settings: OriginSettings = SETTINGS
) -> httpx2.AsyncClient:
    app = create_demo_origin(media, clock, settings)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://origin")


def written(media: DemoMedia, now: Fraction | float, **settings: object) -> str:
    schedule = Schedule(media, replace(SETTINGS, **settings))  # type: ignore[arg-type]
    text = live_mpd(schedule, Fraction(now), time_url=TIME_URL)
    assert text is not None
    return text


def tree(text: str) -> etree._Element:
    return etree.fromstring(text.encode())


def found(root: etree._Element, name: str) -> list[etree._Element]:
    return list(root.iter(f"{MPD}{name}"))


def listed(root: etree._Element) -> Iterator[tuple[str, int, int, int]]:
    """(representation, number, time, duration) of all segments, however they are inherited."""
    for representation in found(root, "Representation"):
        [template] = [
            *representation.findall(f"{MPD}SegmentTemplate"),
            *representation.getparent().findall(f"{MPD}SegmentTemplate"),
        ]
        number, time = int(template.get("startNumber")), 0
        for run in template.iter(f"{MPD}S"):
            time = int(run.get("t", time))
            for _ in range(int(run.get("r", "0")) + 1):
                yield representation.get("id"), number, time, int(run.get("d"))
                number, time = number + 1, time + int(run.get("d"))


def events(text: str) -> list[tuple[float, float | None, SpliceInsert]]:
    """(time, duration, message) of every Event, in seconds of the Period."""
    told = []
    for event in found(tree(text), "Event"):
        scale = int(event.getparent().get("timescale"))
        duration = event.get("duration")
        [binary] = event.itertext("{http://www.scte.org/schemas/35/2016}Binary")
        command = read_splice_info(binary).command
        assert isinstance(command, SpliceInsert)
        assert command.pts_ticks == int(event.get("presentationTime")) * 90_000 // scale % 2**33
        seconds = None if duration is None else int(duration) / scale
        told.append((int(event.get("presentationTime")) / scale, seconds, command))
    return told


async def test_the_times_of_the_timeline_are_those_in_the_segments_across_the_loops_end_b03(
    media: DemoMedia,
) -> None:
    clock = ManualClock(EPOCH)
    async with client(media, clock) as origin:
        clock.advance(3607)
        segments = list(listed(tree((await origin.get("/live/index.mpd")).text)))
        for name, number, time, _ in segments:
            segment = await origin.get(f"/live/{name}/{number}.m4s")
            assert decode_time(segment.content) == time, (name, number)
        playlist = m3u8.loads((await origin.get("/live/360p.m3u8")).text)
    numbers = [number for name, number, _, _ in segments if name == "360p"]
    assert {name for name, *_ in segments} == {"1080p", "360p", "audio"}
    assert [f"360p/{number}.m4s" for number in numbers[1:]] == [
        segment.uri for segment in playlist.segments
    ]
    assert len(numbers) > 2 * 4  # the loop's end is among them


def test_a_seam_in_the_sound_is_told_by_a_time_of_its_own(media: DemoMedia) -> None:
    """B-11: a loop of 8 s of pictures whose sound lasts an AAC frame less."""
    audio = replace(media.audio, durations=(94 * 1024, 94 * 1024, 93 * 1024, 93 * 1024))
    short = replace(media, renditions=(*media.videos, audio))

    times = [item[2:] for item in listed(tree(written(short, 21))) if item[0] == "audio"]

    ends = [time + duration for time, duration in times]
    steps = [time - end for (time, _), end in zip(times[1:], ends, strict=False)]
    assert sorted(set(steps)) == [0, 1024]
    assert 8 * 48_000 in [time for time, _ in times]


def test_renditions_with_times_of_their_own_have_templates_of_their_own(media: DemoMedia) -> None:
    large, small = media.videos
    small = replace(small, timescale=12_800, durations=(25_600,) * 4)
    mixed = replace(media, renditions=(large, small, media.audio))

    segments = list(listed(tree(written(mixed, 21))))

    starts = {name: Fraction(time, 90_000) for name, _, time, _ in segments if name == "1080p"}
    assert starts == {
        "1080p": max(Fraction(time, 12_800) for name, _, time, _ in segments if name == "360p")
    }


@pytest.mark.parametrize("addressing", Addressing)
def test_the_publish_time_changes_when_the_mpd_does_and_only_then_b41(
    media: DemoMedia, addressing: Addressing
) -> None:
    versions: dict[str, str] = {}
    for now in QUARTERS:
        text = written(media, now, addressing=addressing)
        published_at = tree(text).get("publishTime")
        assert versions.setdefault(published_at, text) == text
    assert list(versions) == sorted(versions)
    bodies = [text.replace(at, "") for at, text in versions.items()]
    assert all(a != b for a, b in pairwise(bodies))
    changes = {Addressing.TIMELINE: range(2, 90, 2), Addressing.NUMBER: (2, 6, 36, 40, 66)}
    assert list(versions) == [
        (EPOCH + timedelta(seconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for at in changes[addressing]
    ]


def test_breaks_are_told_4_s_ahead_and_only_an_early_return_has_an_event_b50_b51(
    media: DemoMedia,
) -> None:
    first_seen: dict[tuple[float, bool], Fraction] = {}
    for now in QUARTERS:
        for at, duration, message in events(written(media, now)):
            first_seen.setdefault((at, message.out_of_network), now)
            assert duration == (8 if message.out_of_network else None)
            assert message.duration_ticks == (720_000 if message.out_of_network else None)
            assert message.event_id == (at + 20) // 30
    assert list(first_seen) == [(10, True), (40, True), (44, False), (70, True)]
    assert all(seen <= at - 4 for (at, _), seen in first_seen.items())


def test_an_event_keeps_its_id_and_its_text_while_it_is_told_b50(media: DemoMedia) -> None:
    texts: dict[str, bytes] = {}
    for now in QUARTERS:
        identities = []
        for event in found(tree(written(media, now)), "Event"):
            text = etree.tostring(event, with_tail=False)
            assert texts.setdefault(event.get("id"), text) == text
            identities.append(event.get("id"))
        assert len(set(identities)) == len(identities)
    assert len(texts) == 4


def test_every_second_break_lies_in_mid_segment_on_request(media: DemoMedia) -> None:
    offset = Fraction(24, 25)
    times = {
        (round(at, 3), message.out_of_network)
        for now in QUARTERS
        for at, _, message in events(written(media, now, mid_segment_s=offset))
    }
    assert times == {(10.96, True), (40.0, True), (44.0, False), (70.96, True)}


def test_a_break_is_told_for_as_long_as_any_of_it_is_in_the_window(media: DemoMedia) -> None:
    offset = Fraction(24, 25)  # from 10.96 to 18.96 s
    told = [
        now
        for now in QUARTERS
        if any(at < 20 for at, _, _ in events(written(media, now, mid_segment_s=offset)))
    ]
    assert told == [now for now in QUARTERS if told[0] <= now <= told[-1]]
    assert 38.96 <= told[-1] < 44


def test_with_number_addressing_nothing_is_listed_b13(media: DemoMedia) -> None:
    root = tree(written(media, 3607, addressing=Addressing.NUMBER))

    assert not found(root, "SegmentTimeline")
    templates = [dict(item.attrib) for item in found(root, "SegmentTemplate")]
    assert [(item["timescale"], item["duration"], item["startNumber"]) for item in templates] == [
        ("90000", "180000", "0"),
        ("48000", "96000", "0"),
    ]


def test_number_addressing_is_refused_where_segments_are_not_equal(media: DemoMedia) -> None:
    video = replace(media.videos[0], durations=(183_600, 183_600, 183_600, 90_000))
    uneven = replace(media, renditions=(video, media.audio))
    settings = replace(SETTINGS, addressing=Addressing.NUMBER)

    with pytest.raises(ValueError, match="several durations"):
        create_demo_origin(uneven, ManualClock(EPOCH), settings)


def test_what_cannot_be_moved_into_a_segment_is_refused() -> None:
    with pytest.raises(ValueError, match="moved"):
        replace(SETTINGS, mid_segment_s=Fraction(9))


def test_the_mpd_tells_what_the_multivariant_playlist_tells(media: DemoMedia) -> None:
    root = tree(written(media, 30))
    video, audio = found(root, "AdaptationSet")

    def attributes(element: etree._Element, *names: str) -> tuple[str, ...]:
        return tuple(element.get(name) for name in names)

    assert attributes(video, "id", "contentType", "maxWidth") == ("1", "video", "1920")
    assert attributes(audio, "id", "contentType", "lang") == ("2", "audio", "en")
    best = video.find(f"{MPD}Representation")
    assert attributes(best, "id", "codecs", "bandwidth", "frameRate") == (
        "1080p",
        "avc1.64001f",
        "1920000",
        "25",
    )
    assert root.get("availabilityStartTime") == "2026-03-01T12:00:00.000Z"
    assert root.get("publishTime") == "2026-03-01T12:00:30.000Z"
    assert root.get("timeShiftBufferDepth") == "PT20S"
    assert root.get("suggestedPresentationDelay") == "PT6.016S"  # three segments
    [timing] = found(root, "UTCTiming")
    assert timing.get("value") == TIME_URL


def test_the_vod_is_static_and_whole_and_has_no_events(media: DemoMedia) -> None:
    root = tree(vod_mpd(Schedule(media, replace(SETTINGS, vod_loops=2))))

    segments = [item for item in listed(root) if item[0] == "360p"]
    assert (root.get("type"), root.get("mediaPresentationDuration")) == ("static", "PT16S")
    assert [item[1] for item in segments] == list(range(8))
    assert segments[-1][2] + segments[-1][3] == 16 * 90_000
    assert not found(root, "Event")
    assert not found(root, "UTCTiming")


@needs_schema
@pytest.mark.parametrize("addressing", Addressing)
def test_the_mpds_are_valid_by_the_schema(media: DemoMedia, addressing: Addressing) -> None:
    assert_valid(vod_mpd(Schedule(media, replace(SETTINGS, addressing=addressing))))
    for now in QUARTERS[::8]:
        assert_valid(written(media, now, addressing=addressing))


async def test_mpds_and_the_time_are_served(media: DemoMedia) -> None:
    clock = ManualClock(EPOCH)
    app = Starlette(routes=[Mount("/below", create_demo_origin(media, clock, SETTINGS))])
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://origin/below") as origin:
        assert (await origin.get("/live/index.mpd")).status_code == 404
        clock.advance(2.5)
        live = await origin.get("/live/index.mpd")
        vod = await origin.get("/vod/index.mpd")
        [timing] = found(tree(live.text), "UTCTiming")
        assert timing.get("value") == "http://origin/below/time"
        time = await origin.get("/time")

    for response in (live, vod):
        assert response.headers["content-type"] == "application/dash+xml"
        assert response.headers["access-control-allow-origin"] == "*"
    assert live.headers["cache-control"] == "public, max-age=1"
    assert "immutable" in vod.headers["cache-control"]
    assert (time.text, time.headers["cache-control"]) == ("2026-03-01T12:00:02.500Z", "no-store")
    assert time.headers["access-control-allow-origin"] == "*"
