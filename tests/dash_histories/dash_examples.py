"""Two histories written by hand: the worked example B.4, live, and an insertion into VOD.

Segment 1 of the live example starts at 0; video has 90000/345600 (3.84 s), audio 48000/184320.
"""

from fractions import Fraction

from dash_record import Answered, Decided, Facts, Fetched, Happening

AST = 1767225600  # 2026-01-01T00:00:00Z
ORIGIN = "https://origin.example/live/main.mpd"
WEFT = "https://weft.invalid/v1/dash/s1.mpd"
ADS = {f"https://ads.example/{name}/": Fraction(15) for name in ("one", "two")}
D = 345600

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:acme="urn:acme" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" id="tv" availabilityStartTime="2026-01-01T00:00:00Z" publishTime="{published}" minimumUpdatePeriod="PT2S" minBufferTime="PT4S" timeShiftBufferDepth="PT60S" maxSegmentDuration="PT5S" acme:x="1">
"""  # noqa: E501
TAIL = """  <UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="https://time.example/now"/>
</MPD>
"""

LINK = '<SupplementalProperty schemeIdUri="urn:mpeg:dash:period-connectivity:2015" value="{}"/>'


def instant(at: float) -> str:
    return f"2026-01-01T00:{int(at) // 60:02}:{at % 60:06.3f}Z"


def content(
    name: str,
    start: int,
    first: int,
    count: int,
    *,
    pto: int | None = None,
    link: str = "",
    events: str = "",
) -> str:
    """A content Period that lists `count` segments from the `first` (counted from 1)."""
    link = LINK.format(link) if link else ""
    cut = "" if pto is None else ' presentationTimeOffset="{}"'
    video = cut.format((pto or 0) * 90000)
    audio = cut.format((pto or 0) * 48000)
    return f"""  <Period id="{name}" start="PT{start}S" acme:y="2">
    <BaseURL>https://origin.example/live/</BaseURL>
{events}    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" codecs="avc1.640020">
      {link}
      <SegmentTemplate timescale="90000"{video} startNumber="{first}" initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/$Number$.m4s">
        <SegmentTimeline><S t="{(first - 1) * D}" d="{D}" r="{count - 1}"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v1" bandwidth="1000000" width="640" height="360" frameRate="25"/>
      <Representation id="v2" bandwidth="2000000" width="1280" height="720" frameRate="25"/>
    </AdaptationSet>
    <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" codecs="mp4a.40.2" lang="en">
      {link}
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="48000"{audio} startNumber="{first}" initialization="$RepresentationID$/i.mp4" media="$RepresentationID$/$Number$.m4s">
        <SegmentTimeline><S t="{(first - 1) * 184320}" d="184320" r="{count - 1}"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="a1" bandwidth="96000" audioSamplingRate="48000"/>
    </AdaptationSet>
  </Period>
""".replace("      \n", "")  # noqa: E501


def ad(name: str, start: int, creative: str, duration: str = "", offset: str = "30") -> str:
    """An ad of 15 s: five segments of 3 s."""
    held = f' duration="PT{duration}S"' if duration else ""
    late = f' availabilityTimeOffset="{offset}"' if offset else ""
    return f"""  <Period id="{name}" start="PT{start}S"{held}>
    <BaseURL{late}>https://ads.example/{creative}/</BaseURL>
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.640020">
      <SegmentTemplate timescale="90000" initialization="v.mp4" media="v$Number$.m4s"><SegmentTimeline><S t="0" d="270000" r="4"/></SegmentTimeline></SegmentTemplate>
      <Representation id="v" bandwidth="900000" width="640" height="360"/>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" codecs="mp4a.40.2" lang="en">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="48000" initialization="a.mp4" media="a$Number$.m4s"><SegmentTimeline><S t="0" d="144384" r="4"/></SegmentTimeline></SegmentTemplate>
      <Representation id="a" bandwidth="96000" audioSamplingRate="48000"/>
    </AdaptationSet>
  </Period>
"""  # noqa: E501


def events(*told: tuple[int, int, int], pto: int = 0, cue: bool = False) -> str:
    """An EventStream with (id, time, duration), and the cue of the break if asked for."""
    offset = f' presentationTimeOffset="{pto * 1000}"' if pto else ""
    lines = [
        f'      <Event id="{name}" presentationTime="{at}000" duration="{length}000">x</Event>\n'
        for name, at, length in told
    ]
    found = f'    <EventStream schemeIdUri="urn:acme:e" value="1" timescale="1000"{offset}>\n'
    found += "".join(lines) + "    </EventStream>\n" if lines else ""
    if not lines:
        found = ""
    if cue:
        found += """    <EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="90000">
      <Event id="42" presentationTime="9000000" duration="2700000"><Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>/DAlAAAAAAAAAP/wFAUAAAAqf+/+AIlUQP4AKTLgAAEAAAAAsdSV5A==</Binary></Signal></Event>
    </EventStream>
"""
    return found


def mpd(published: float, *periods: str) -> str:
    return HEAD.format(published=instant(published)) + "".join(periods) + TAIL


BOTH = ((1, 90, 20), (2, 125, 10), (3, 133, 1))  # active at 100; active at 130; in the content
DECIDED = Decided(
    break_id="b42",
    start=Fraction(AST + 100),
    out_at=Fraction(AST + 100),
    in_at=Fraction(AST + 130),
    ads=tuple(ADS),
)

# Wall clock, what the origin says, what a session gets: edges 99.84, 103.68, 119.04, 130.56, 161.28
LIVE: tuple[tuple[float, str, str], ...] = (
    (
        100.5,
        mpd(100, content("P0", 0, 12, 15, events=events(*BOTH, cue=True))),
        mpd(100, content("P0", 0, 12, 15, events=events(*BOTH))),
    ),
    (
        104,
        mpd(104, content("P0", 0, 12, 16, events=events(*BOTH, cue=True))),
        mpd(
            104,
            content("P0", 0, 12, 16, events=events(BOTH[0])),
            ad("b42.0", 100, "one"),
            ad("b42.1", 115, "two", duration="15"),
        ),
    ),
    (
        120,
        mpd(120, content("P0", 0, 17, 15, events=events(*BOTH, cue=True))),
        mpd(
            120,
            content("P0", 0, 17, 11, events=events(BOTH[0])),
            ad("b42.0", 100, "one"),
            ad("b42.1", 115, "two", duration="15"),
        ),
    ),
    (
        131,
        mpd(131, content("P0", 0, 20, 15, events=events(*BOTH, cue=True))),
        mpd(
            131,
            content("P0", 0, 20, 8, events=events(BOTH[0])),
            ad("b42.0", 100, "one"),
            ad("b42.1", 115, "two"),
            content("P0~b42", 130, 34, 1, pto=130, link="P0", events=events(*BOTH[1:], pto=130)),
        ),
    ),
    (
        162,
        mpd(162, content("P0", 0, 28, 15, events=events(*BOTH, cue=True))),
        mpd(
            162,
            ad("b42.0", 100, "one"),
            ad("b42.1", 115, "two"),
            content("P0~b42", 130, 34, 9, pto=130, link="P0", events=events(*BOTH[1:], pto=130)),
        ),
    ),
)

FACTS = Facts(ads=ADS)


def live(changed: dict[int, str] | None = None, sessions: int = 1) -> tuple[Happening, ...]:
    """The worked example; answers may be replaced by number."""
    found: list[Happening] = []
    for poll, (at, origin, answer) in enumerate(LIVE):
        now = Fraction(AST) + Fraction(str(at))
        found.append(Fetched(poll=poll, at=now, url=ORIGIN, body=origin.encode()))
        for number in range(sessions):
            text = answer
            if changed is not None and number == 0:
                text = changed.get(poll, answer)
            found.append(
                Answered(
                    poll=poll,
                    at=now,
                    session=f"session{number}",
                    url=WEFT,
                    body=text.encode(),
                    decided=(DECIDED,) if poll else (),
                )
            )
    return tuple(found)


# VOD of 60 s, ads of 15 + 15 s at 20 s, in the middle of segment 6 (19.2 to 23.04)

VOD_HEAD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT{}S" minBufferTime="PT4S">
"""  # noqa: E501


def vod_content(
    name: str, start: int, *, first: int = 1, count: int, pto: int = 0, link: str = ""
) -> str:
    found = content(name, start, first, count, pto=pto, link=link).replace(' acme:y="2"', "")
    file = "" if pto else "https://origin.example/live/"
    index = f"""    <AdaptationSet id="3" contentType="audio" mimeType="audio/mp4" codecs="ec-3" lang="de">
      {LINK.format(link) if link else ""}
      <Representation id="a2" bandwidth="192000"><BaseURL>{file}a2.mp4</BaseURL>
        <SegmentBase timescale="48000" presentationTimeOffset="{pto * 48000}" indexRange="800-999"><Initialization range="0-799"/></SegmentBase>
      </Representation>
    </AdaptationSet>
  </Period>
"""  # noqa: E501
    return found.replace("  </Period>\n", index.replace("      \n", ""))


def vod_ad(name: str, start: int, creative: str) -> str:
    found = ad(name, start, creative, offset="")
    german = found[found.rindex("    <AdaptationSet") : found.rindex("  </Period>")]
    german = german.replace('lang="en"', 'lang="de"').replace('id="a"', 'id="b"')
    german = "\n".join(line for line in german.splitlines() if "Role" not in line) + "\n"
    return found.replace("  </Period>", german + "  </Period>")


VOD = VOD_HEAD.format(60) + vod_content("P0", 0, count=16) + "</MPD>"
INSERTED = (
    VOD_HEAD.format(90)
    + vod_content("P0", 0, count=6)
    + vod_ad("s0.0", 20, "one")
    + vod_ad("s0.1", 35, "two")
    + vod_content("P0~s0", 50, first=6, count=11, pto=20, link="P0")
    + "</MPD>"
).replace("connectivity", "continuity")

VOD_FACTS = Facts(ads=ADS, insertion=True)


def vod(answer: str = INSERTED) -> tuple[Happening, ...]:
    """The insertion; the answer may be another."""
    at = Fraction(20)
    decided = Decided(break_id="s0", start=at, out_at=at, in_at=at, ads=tuple(ADS))
    return (
        Fetched(poll=0, at=Fraction(0), url=ORIGIN, body=VOD.encode()),
        Answered(
            poll=0,
            at=Fraction(0),
            session="session0",
            url=WEFT,
            body=answer.encode(),
            decided=(decided,),
        ),
    )
