"""Cue dialects (splice rules A-60 to A-63, A-70 to A-79) and their messages (C-03 to C-10)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manifests.breaks import Cue, CueKind
from manifests.cues import CueRules
from manifests.hls.cues import is_cue_line, read_cues
from manifests.hls.model import MediaPlaylist
from manifests.hls.reader import read_media_playlist
from manifests.scte35 import (
    SegmentationDescriptor,
    SpliceDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    TimeSignal,
    to_base64,
    to_hex,
    write_splice_info,
)

BASE = 1_767_225_600  # 2026-01-01T00:00:00Z
COUNT = 8  # segments of 6 s
Lines = Mapping[int, list[str]]  # by the segment that they stand before; COUNT: trailer


def playlist_of(lines: Lines, *, dated: bool = True, more: str = "") -> MediaPlaylist:
    text = ["#EXTM3U", "#EXT-X-TARGETDURATION:6", *more.splitlines()]
    for n in range(COUNT):
        text += lines.get(n, [])
        if dated and n == 0:
            text.append("#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z")
        text += ["#EXTINF:6.000,", f"{n}.ts"]
    text += lines.get(COUNT, [])
    return read_media_playlist("\n".join(text) + "\n", url="https://o.example/a.m3u8")


def cues_of(lines: Lines, rules: CueRules | None = None, *, dated: bool = True) -> list[Cue]:
    """The cues, with times in seconds after the first segment and without dialect and message."""
    base = BASE if dated else 0
    times = [Decimal(base + 6 * n) for n in range(COUNT + 1)]
    playlist = playlist_of(lines, dated=dated)
    cues = read_cues(playlist, times, clock_is_utc=dated, rules=rules or CueRules())
    return [replace(cue, at=cue.at - base, dialect="", message=None) for cue in cues]


def dialects_of(lines: Lines) -> list[str]:
    times = [Decimal(BASE + 6 * n) for n in range(COUNT + 1)]
    return [cue.dialect for cue in read_cues(playlist_of(lines), times, clock_is_utc=True)]


def out(at: str | int, duration: str | int | None = None, rank: int = 9, **more: object) -> Cue:
    return _cue(CueKind.OUT, at, duration, rank, **more)


def cont(at: str | int, duration: str | int | None = None, rank: int = 9, **more: object) -> Cue:
    elapsed = more.pop("elapsed", None)
    elapsed = None if elapsed is None else Decimal(str(elapsed))
    return _cue(CueKind.CONT, at, duration, rank, elapsed=elapsed, **more)


def back(at: str | int, **more: object) -> Cue:
    return _cue(CueKind.IN, at, None, 9, **more)


def cancel(at: str | int, event_id: str) -> Cue:
    return _cue(CueKind.CANCEL, at, None, 9, event_id=event_id)


def _cue(
    kind: CueKind, at: str | int, duration: str | int | None, rank: int, **more: object
) -> Cue:
    length = None if duration is None else Decimal(duration)
    return Cue(kind=kind, at=Decimal(at), duration=length, duration_rank=rank, **more)  # type: ignore[arg-type]


def section(
    *descriptors: SpliceDescriptor, command: SpliceInsert | TimeSignal | SpliceNull | None = None
) -> bytes:
    return write_splice_info(
        SpliceInfo(command=command or TimeSignal(pts_ticks=900_000), descriptors=descriptors)
    )


def part(
    type_id: int, seconds: int | None = None, event_id: int = 5, **more: object
) -> SegmentationDescriptor:
    ticks = None if seconds is None else seconds * 90_000
    return SegmentationDescriptor(
        event_id=event_id,
        type_id=type_id,
        duration_ticks=ticks,
        **more,  # type: ignore[arg-type]
    )


def insert(
    seconds: int | None = None, event_id: int = 9, *, leaves: bool = True, **more: object
) -> SpliceInsert:
    ticks = None if seconds is None else seconds * 90_000
    return SpliceInsert(
        event_id=event_id,
        out_of_network=leaves,
        pts_ticks=900_000,
        duration_ticks=ticks,
        auto_return=seconds is not None,
        **more,  # type: ignore[arg-type]
    )


PLACEMENT = section(part(0x34, 30))
PLACEMENT_END = section(part(0x35))
OVERLAY = section(part(0x38, 30))
INSERT = section(command=insert(30))
INSERT_END = section(command=insert(leaves=False))
B64, B64_END = to_base64(PLACEMENT), to_base64(PLACEMENT_END)
HEX, HEX_END = to_hex(PLACEMENT), to_hex(PLACEMENT_END)
EVENT = {"event_id": "5", "type_id": 0x34}
EVENT_END = {"event_id": "5", "type_id": 0x35}
BROKEN = to_base64(PLACEMENT[:-1] + b"\x00")  # checksum
FROM_STANDARD = "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo="  # C-16

START = 'START-DATE="2026-01-01T00:00:09.500Z"'


def daterange(*attributes: str) -> str:
    return "#EXT-X-DATERANGE:" + ",".join(attributes)


CASES: dict[str, tuple[Lines, list[Cue]]] = {
    "A-70 out, planned": (
        {0: [daterange('ID="b1"', START, "PLANNED-DURATION=20.5", f"SCTE35-OUT={HEX}")]},
        [out("9.5", 30, 0, **EVENT)],
    ),
    "A-70 unreadable message, planned": (
        {0: [daterange('ID="b1"', START, "PLANNED-DURATION=20.5", "SCTE35-OUT=0xFC302000")]},
        [out("9.5", "20.5", 3, event_id="b1")],
    ),
    "A-70 out and duration": (
        {0: [daterange('ID="b1"', START, "DURATION=20", "SCTE35-OUT=0xFC")]},
        [out("9.5", 20, 2, event_id="b1"), back("29.5", event_id="b1")],
    ),
    "A-70 out and end date": (
        {0: [daterange('ID="b1"', START, 'END-DATE="2026-01-01T00:00:21.5Z"', "SCTE35-OUT=0xFC")]},
        [out("9.5", 12, 2, event_id="b1"), back("21.5", event_id="b1")],
    ),
    "A-62 duration and in come later": (
        {
            0: [daterange('ID="b1"', START, "PLANNED-DURATION=20.5", f"SCTE35-OUT={HEX}")],
            4: [daterange('ID="b1"', START, "DURATION=14.5", f"SCTE35-IN={HEX_END}")],
        },
        [out("9.5", 30, 0, **EVENT), back(24, **EVENT_END)],
    ),
    "A-62 in without any length: at its line": (
        {
            0: [daterange('ID="b1"', START, "SCTE35-OUT=0xFC")],
            4: [daterange('ID="b1"', "SCTE35-IN=0xFC")],
        },
        [out("9.5", event_id="b1"), back(24, event_id="b1")],
    ),
    "A-60 broken: the tag of the in has its own start": (
        {
            0: [daterange('ID="b1"', START, "SCTE35-OUT=0xFC")],
            6: [daterange('ID="b1"', 'START-DATE="2026-01-01T00:00:33.25Z"', "SCTE35-IN=0xFC")],
        },
        [out("9.5", event_id="b1"), back("33.25", event_id="b1")],
    ),
    "A-70 in alone": (
        {2: [daterange('ID="b1"', START, "DURATION=10", f"SCTE35-IN={HEX_END}")]},
        [back("19.5", **EVENT_END)],
    ),
    "A-70 in alone, its start is the end": (
        {2: [daterange('ID="b2"', START, f"SCTE35-IN={HEX_END}")]},
        [back("9.5", **EVENT_END)],
    ),
    "A-70 command": (
        {0: [daterange('ID="b1"', START, "DURATION=10", f"SCTE35-CMD={HEX}")]},
        [out("9.5", 30, 0, **EVENT)],
    ),
    "A-70 command of an end": (
        {0: [daterange('ID="b1"', START, f"SCTE35-CMD={HEX_END}")]},
        [back("9.5", **EVENT_END)],
    ),
    "A-70 command without its own length": (
        {
            0: [
                daterange(
                    'ID="b1"', START, "DURATION=10", f"SCTE35-CMD={to_hex(section(part(0x34)))}"
                )
            ]
        },
        [out("9.5", 10, 2, **EVENT)],
    ),
    "A-70 command that cannot be read": (
        {0: [daterange('ID="b1"', START, "DURATION=10", "SCTE35-CMD=0xFC")]},
        [],
    ),
    "A-70 no date: at its line": (
        {3: [daterange('ID="b1"', "PLANNED-DURATION=12", "SCTE35-OUT=0xFC")]},
        [out(18, 12, 3, event_id="b1")],
    ),
    "A-70 a date that does not exist: at its line": (
        {3: [daterange('ID="b1"', 'START-DATE="2026-02-30T00:00:00Z"', "SCTE35-OUT=0xFC")]},
        [out(18, event_id="b1")],
    ),
    "A-70 length zero: a point": (
        {0: [daterange('ID="b1"', START, "DURATION=0", "SCTE35-OUT=0xFC")]},
        [out("9.5", 0, 2, event_id="b1")],
    ),
    "A-70 end before start": (
        {0: [daterange('ID="b1"', START, 'END-DATE="2026-01-01T00:00:01Z"', "SCTE35-OUT=0xFC")]},
        [out("9.5", 0, 2, event_id="b1")],
    ),
    "A-70 an end and no start": (
        {3: [daterange('ID="b1"', 'END-DATE="2026-01-01T00:00:30Z"', "SCTE35-IN=0xFC")]},
        [back(30, event_id="b1")],
    ),
    "A-70 without an ID": (
        {0: [daterange(START, "SCTE35-OUT=0xFC"), daterange(START, "SCTE35-OUT=0xFC")]},
        [out("9.5"), out("9.5")],
    ),
    "A-70 other ranges are no cues": (
        {0: [daterange('ID="i"', 'CLASS="com.apple.hls.interstitial"', START, "DURATION=10")]},
        [],
    ),
    "A-71 enhanced": (
        {
            1: [f"#EXT-OATCLS-SCTE35:{B64}", "#EXT-X-ASSET:CAID=0x1,k=v", "#EXT-X-CUE-OUT:29"],
            2: [f"#EXT-X-CUE-OUT-CONT:ElapsedTime=6,Duration=29,SCTE35={B64}"],
            3: [f"#EXT-X-CUE-OUT-CONT:ElapsedTime=12.0,Duration=29,SCTE35={B64}"],
            6: ["#EXT-X-CUE-IN"],
        },
        [
            out(6, 30, 0, **EVENT),
            cont(12, 30, 0, elapsed=6, **EVENT),
            cont(18, 30, 0, elapsed=12, **EVENT),
            back(36),
        ],
    ),
    "A-71 message without duration": (
        {1: [f"#EXT-OATCLS-SCTE35:{to_base64(section(part(0x34)))}", "#EXT-X-CUE-OUT:29"]},
        [out(6, 29, 4, **EVENT)],
    ),
    "A-71 message alone": (
        {1: [f"#EXT-OATCLS-SCTE35:{B64}"], 6: [f"#EXT-OATCLS-SCTE35:{B64_END}"]},
        [out(6, 30, 0, **EVENT), back(36, **EVENT_END)],
    ),
    "A-71 end with message": (
        {6: [f"#EXT-OATCLS-SCTE35:{B64_END}", "#EXT-X-CUE-IN"]},
        [back(36, **EVENT_END)],
    ),
    "A-71 back to back": (
        {
            4: [
                f"#EXT-OATCLS-SCTE35:{to_base64(section(part(0x34, 12, 6)))}",
                f"#EXT-OATCLS-SCTE35:{B64_END}",
                "#EXT-X-CUE-IN",
                "#EXT-X-CUE-OUT:12",
            ]
        },
        [back(24, **EVENT_END), out(24, 12, 0, event_id="6", type_id=0x34)],
    ),
    "A-71 one message ends and starts": (
        {4: [f"#EXT-OATCLS-SCTE35:{to_base64(section(part(0x34, 12, 6), part(0x35)))}"]},
        [back(24, **EVENT_END), out(24, 12, 0, event_id="6", type_id=0x34)],
    ),
    "A-79 broken message beside text": (
        {1: [f"#EXT-OATCLS-SCTE35:{BROKEN}", "#EXT-X-CUE-OUT:29"]},
        [out(6, 29, 4)],
    ),
    "A-72 number": ({1: ["#EXT-X-CUE-OUT:30"]}, [out(6, 30, 4)]),
    "A-72 decimal": ({1: ["#EXT-X-CUE-OUT:30.000"]}, [out(6, "30.000", 4)]),
    "A-72 attribute": ({1: ["#EXT-X-CUE-OUT:DURATION=30"]}, [out(6, 30, 4)]),
    "A-72 quoted": ({1: ['#EXT-X-CUE-OUT:Duration="30.5",']}, [out(6, "30.5", 4)]),
    "A-72 number and attributes": (
        {1: ["#EXT-X-CUE-OUT:4,SpliceType=VOD_DAI,Action=REPLACE"]},
        [out(6, 4, 4)],
    ),
    "A-72 message": (
        {1: [f'#EXT-X-CUE-OUT:DURATION=366,ID=16777323,CUE="{B64}"']},
        [out(6, 30, 0, **EVENT)],
    ),
    "A-72 broken message": (
        {1: [f'#EXT-X-CUE-OUT:DURATION=366,ID=16777323,CUE="{BROKEN}"']},
        [out(6, 366, 4, event_id="16777323")],
    ),
    "A-72 bare": (
        {1: ["#EXT-X-CUE-OUT"], 2: ["#EXT-X-CUE-OUT-CONT"], 3: ["#EXT-X-CUE-IN"]},
        [out(6), cont(12), back(18)],
    ),
    "A-72 cont with fraction": (
        {2: ["#EXT-X-CUE-OUT-CONT:8.308/30"]},
        [cont(12, 30, 4, elapsed="8.308")],
    ),
    "A-72 cont with one number": (
        {2: ["#EXT-X-CUE-OUT-CONT:8.308"]},
        [cont(12, elapsed="8.308")],
    ),
    "A-72 blanks": (
        {1: ["# EXT-X-CUE-OUT: 12 ,"], 2: ["  #\tEXT-X-CUE-OUT-CONT : 6 / 12"]},
        [out(6, 12, 4), cont(12, 12, 4, elapsed=6)],
    ),
    "A-72 nonsense instead of a number": ({1: ["#EXT-X-CUE-OUT:soon,-3,1e9"]}, [out(6)]),
    "A-72 start and continuation at one place": (
        {1: ["#EXT-X-CUE-OUT-CONT:0/30", "#EXT-X-CUE-OUT"]},
        [out(6, 30, 4, elapsed=Decimal(0))],
    ),
    "A-73 insertion point": (
        {2: ["#EXT-X-CUE-OUT:0", "#EXT-X-CUE-IN"]},
        [out(12, 0, -1)],
    ),
    "A-73 zero": ({2: ["#EXT-X-CUE-OUT:0"]}, [out(12, 0, 4)]),
    "A-73 insertion point with message": (
        {2: [f"#EXT-OATCLS-SCTE35:{B64}", "#EXT-X-CUE-OUT:30", "#EXT-X-CUE-IN"]},
        [out(12, 0, -1, **EVENT)],
    ),
    "A-73 insertion point told by messages": (
        {2: [f"#EXT-SCTE35:{B64}", f"#EXT-SCTE35:{B64_END}"]},
        [out(12, 0, -1, **EVENT)],
    ),
    "A-73 continuation and end at one place are none": (
        {2: ["#EXT-X-CUE-OUT-CONT:12/12", "#EXT-X-CUE-IN"]},
        [back(12), cont(12, 12, 4, elapsed=12)],
    ),
    "A-73 post-roll before the last segment": (
        {COUNT - 1: ["#EXT-X-CUE-OUT:0", "#EXT-X-CUE-IN"]},
        [out(42, 0, -1)],
    ),
    "A-74 out": (
        {1: ["#EXT-X-CUE:TYPE=SpliceOut,ID=77,TIME=3234.5,DURATION=15.015,AVAIL-NUM=1"]},
        [out(6, "15.015", 4, event_id="77")],
    ),
    "A-74 quoted": (
        {1: ['#EXT-X-CUE:TYPE="SpliceInsert",ID="77",TIME="3234.5",DURATION="15"']},
        [out(6, 15, 4, event_id="77")],
    ),
    "A-74 cont": (
        {2: ["#EXT-X-CUE-CONT:ID=77,AVAIL-DUR-ELAPSED=6.5"]},
        [cont(12, elapsed="6.5", event_id="77")],
    ),
    "A-74 in": ({3: ["#EXT-X-CUE:TYPE=SpliceIn,ID=77"]}, [back(18, event_id="77")]),
    "A-74 another type": ({3: ["#EXT-X-CUE:TYPE=Chapter,ID=77"]}, []),
    "A-75 span": (
        {2: ["#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=PT10S,ID=3"]},
        [cont(12, elapsed=10, event_id="3")],
    ),
    "A-75 a longer span": (
        {2: ["#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=PT1M2.5S"]},
        [cont(12, elapsed="62.5")],
    ),
    "A-75 no time at all": ({2: ["#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=PT"]}, [cont(12)]),
    "A-76 out": (
        {1: [f'#EXT-X-SCTE35:CUE="{B64}",TYPE=0x34,ID="7",DURATION=12,CUE-OUT=YES']},
        [out(6, 30, 0, **EVENT)],
    ),
    "A-76 cont": (
        {2: [f'#EXT-X-SCTE35:CUE="{B64}",ELAPSED=6,CUE-OUT=CONT']},
        [cont(12, 30, 0, elapsed=6, **EVENT)],
    ),
    "A-76 in": (
        {3: [f'#EXT-X-SCTE35:CUE="{B64_END}",CUE-IN=YES']},
        [back(18, **EVENT_END)],
    ),
    "A-76 in with the message of its start": (
        {3: [f'#EXT-X-SCTE35:CUE="{B64}",CUE-IN=YES,ID=1']},
        [back(18, event_id="1")],
    ),
    "A-76 only the message says it": (
        {1: [f'#EXT-X-SCTE35:CUE="{B64}"']},
        [out(6, 30, 0, **EVENT)],
    ),
    "A-76 only the type says it": (
        {1: ["#EXT-X-SCTE35:TYPE=0x34,ID=1,DURATION=12"], 3: ["#EXT-X-SCTE35:TYPE=0x35,ID=1"]},
        [out(6, 12, 4, event_id="1"), back(18, event_id="1")],
    ),
    "A-76 nothing says it": ({1: ["#EXT-X-SCTE35:TYPE=0x50,ID=1", "#EXT-X-SCTE35:TYPE=x"]}, []),
    "A-76 the other name": (
        {1: [f'#EXT-SCTE35:CUE="{B64}",ID="1",TIME=2.5']},
        [out(6, 30, 0, **EVENT)],
    ),
    "A-77 splice point": (
        {1: [f"#EXT-X-SPLICEPOINT-SCTE35:{B64}"], 3: ["#EXT-X-SPLICEPOINT-SCTE35:AAAA"]},
        [out(6, 30, 0, **EVENT)],
    ),
    "A-78 hexadecimal": (
        {1: [f"#EXT-SCTE35-OUT:{HEX}"], 6: [f"#EXT-SCTE35-IN:{HEX_END[2:].lower()}"]},
        [out(6, 30, 0, **EVENT), back(36, **EVENT_END)],
    ),
    "A-78 hexadecimal that cannot be read": (
        {1: ["#EXT-SCTE35-OUT:FC3"], 6: ["#EXT-SCTE35-IN:"]},
        [out(6), back(36)],
    ),
    "A-79 base64 without padding": (
        {1: [f"#EXT-OATCLS-SCTE35:{FROM_STANDARD.rstrip('=')},"]},
        [out(6, Decimal(5426421) / 90000, 1, event_id="1207959695")],  # type: ignore[arg-type]
    ),
    "A-79 a range and tags tell of one break": (
        {
            0: [daterange('ID="b1"', START, "DURATION=20", "SCTE35-OUT=0xFC")],
            2: ["#EXT-X-CUE-OUT:21"],
            5: ["#EXT-X-CUE-IN"],
        },
        [out("9.5", 20, 2, event_id="b1"), back("29.5", event_id="b1")],
    ),
    "A-79 a range and tags tell of two": (
        {
            0: [daterange('ID="b1"', START, "PLANNED-DURATION=12", "SCTE35-OUT=0xFC")],
            3: ["#EXT-X-CUE-OUT:21"],
        },
        [out("9.5", 12, 3, event_id="b1"), out(18, 21, 4)],
    ),
    "A-79 a range and a message tell of two": (
        {
            0: [daterange('ID="b1"', START, f"SCTE35-OUT={HEX}")],
            2: [f"#EXT-OATCLS-SCTE35:{to_base64(section(part(0x30, 10, 6)))}"],
        },
        [out("9.5", 30, 0, **EVENT), out(12, 10, 0, event_id="6", type_id=0x30)],
    ),
    "in the header": ({0: ["#EXT-X-CUE-OUT:30"]}, [out(0, 30, 4)]),
    "in the trailer": ({COUNT: ["#EXT-X-CUE-OUT:30"]}, [out(48, 30, 4)]),
    "tags like cues": ({1: ["#EXT-X-CUE-SHEET:1", "#EXT-X-CUEING", "# a comment", " "]}, []),
    # Messages
    "C-03 splice insert": (
        {1: [f"#EXT-SCTE35:{to_base64(INSERT)}"], 6: [f"#EXT-SCTE35:{to_base64(INSERT_END)}"]},
        [out(6, 30, 1, event_id="9"), back(36, event_id="9")],
    ),
    "C-03 cancelled": (
        {1: [f"#EXT-SCTE35:{to_base64(section(command=insert(cancel=True)))}"]},
        [cancel(6, "9")],
    ),
    "C-04 no return by itself": (
        {1: ["#EXT-SCTE35:" + to_base64(section(command=replace(insert(30), auto_return=False)))]},
        [out(6, 30, 1, event_id="9", auto_return=False)],
    ),
    "C-05 no segmentation": (
        {
            1: [f"#EXT-SCTE35:{to_base64(section())}"],
            2: [f"#EXT-SCTE35:{to_base64(section(command=SpliceNull()))}"],
        },
        [],
    ),
    "C-05 a message that says nothing leaves the words": (
        {1: [f"#EXT-OATCLS-SCTE35:{to_base64(section(part(0x10, 3600)))}", "#EXT-X-CUE-OUT:9"]},
        [out(6, 9, 4)],
    ),
    "C-05 a message that says nothing of the out": (
        {1: [f"#EXT-X-CUE-OUT:9,CUE={B64_END}"]},
        [out(6, 9, 4)],
    ),
    "C-05 a continuation whose message says nothing": (
        {1: [f"#EXT-X-CUE-OUT-CONT:3/9,SCTE35={B64_END}"]},
        [cont(6, 9, 4, elapsed=3)],
    ),
    "C-06 overlays are no breaks, whatever the words say": (
        {1: [f"#EXT-OATCLS-SCTE35:{to_base64(OVERLAY)}", "#EXT-X-CUE-OUT:30"]},
        [],
    ),
    "C-07 program end": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0x11)))}"]},
        [back(6, type_id=0x11)],
    ),
    "C-07 early termination and breakaway": (
        {
            1: [f"#EXT-SCTE35:{to_base64(section(part(0x12)))}"],
            2: [f"#EXT-SCTE35:{to_base64(section(part(0x13)))}"],
        },
        [back(6, type_id=0x12), back(12, type_id=0x13)],
    ),
    "C-09 not for the web": (
        {
            1: [
                "#EXT-OATCLS-SCTE35:"
                + to_base64(
                    section(
                        part(0x34, 30, delivery_not_restricted=False, web_delivery_allowed=False)
                    )
                ),
                "#EXT-X-CUE-OUT:30",
            ],
            2: ["#EXT-X-CUE-OUT-CONT:6/30"],
            3: ["#EXT-X-CUE-IN"],
            5: ["#EXT-X-CUE-OUT:12"],
            6: ["#EXT-X-CUE-OUT-CONT:6/12"],
        },
        [back(18), out(30, 12, 4), cont(36, 12, 4, elapsed=6)],
    ),
    "C-09 blackout of a region": (
        {
            1: [
                "#EXT-X-CUE-OUT:30,CUE="
                + to_base64(
                    section(
                        part(0x34, 30, delivery_not_restricted=False, no_regional_blackout=False),
                        command=insert(30),
                    )
                )
            ]
        },
        [],
    ),
    "C-09 cancelled": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0, cancel=True)))}"]},
        [cancel(6, "5")],
    ),
    "C-11 cancelled and said anew at one place": (
        {
            1: [
                f"#EXT-SCTE35:{to_base64(section(part(0, cancel=True)))}",
                f"#EXT-SCTE35:{B64}",
                "#EXT-X-CUE-OUT:29",
            ]
        },
        [cancel(6, "5"), out(6, 30, 0, **EVENT)],
    ),
    "C-10 a segment's duration before the break's": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0x34, 30), command=insert(40)))}"]},
        [out(6, 30, 0, **EVENT)],
    ),
    "C-10 the break's duration if the segment has none": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0x34), command=insert(40)))}"]},
        [out(6, 40, 1, **EVENT)],
    ),
    "C-10 the start that counts most": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0x34, 120, 1), part(0x30, 30, 2)))}"]},
        [out(6, 30, 0, event_id="2", type_id=0x30)],
    ),
    "C-10 duration 0 is none": (
        {1: [f"#EXT-X-CUE-OUT:9,CUE={to_base64(section(part(0x34, 0)))}"]},
        [out(6, 9, 4, **EVENT)],
    ),
    "C-13 upid": (
        {1: [f"#EXT-SCTE35:{to_base64(section(part(0x30, 30, upids=((3, b'ABCD0123456H'),))))}"]},
        [out(6, 30, 0, event_id="5", type_id=0x30, upids=((3, b"ABCD0123456H"),))],
    ),
}


@pytest.mark.parametrize(("lines", "cues"), CASES.values(), ids=CASES)
def test_every_dialect_is_read(lines: Lines, cues: list[Cue]) -> None:
    assert cues_of(lines) == cues


@pytest.mark.parametrize("rule", [f"A-{number}" for number in (70, 72, 74, 75, 76, 77, 78)])
def test_every_cue_names_the_rule_of_its_dialect(rule: str) -> None:
    found = [dialects_of(lines) for name, (lines, _) in CASES.items() if name.startswith(rule)]
    assert {dialect for dialects in found for dialect in dialects} == {rule}


def test_what_is_said_in_two_dialects_has_the_first() -> None:
    assert dialects_of(CASES["A-71 enhanced"][0]) == ["A-71", "A-72", "A-72", "A-72"]


def test_the_message_is_kept_as_base64() -> None:
    times = [Decimal(6 * n) for n in range(COUNT + 1)]
    playlist = playlist_of({1: [f"#EXT-SCTE35-OUT:{HEX}"], 2: ["#EXT-X-CUE-IN"]}, dated=False)
    cues = read_cues(playlist, times, clock_is_utc=False)
    assert [cue.message for cue in cues] == [B64, None]
    assert [cue.dialect for cue in cues] == ["A-78", "A-72"]


def test_without_dates_the_line_of_a_range_counts() -> None:
    """A-70."""
    lines = {3: [daterange('ID="b1"', START, "DURATION=12", "SCTE35-OUT=0xFC")]}
    assert cues_of(lines, dated=False) == [
        out(18, 12, 2, event_id="b1"),
        back(30, event_id="b1"),
    ]


def test_dates_are_shifted_with_the_content_clock() -> None:
    """A-19: after a restart the content clock runs on."""
    lines = {0: [daterange('ID="b1"', START, "SCTE35-OUT=0xFC", 'END-DATE="2026-01-01T00:00:20Z"')]}
    times = [Decimal(BASE + 100 + 6 * n) for n in range(COUNT + 1)]
    cues = read_cues(playlist_of(lines), times, clock_is_utc=True, shift_s=Decimal(100))
    assert [cue.at - BASE for cue in cues] == [Decimal("109.5"), 120]


def test_variables_in_cues_are_resolved() -> None:
    """A-36."""
    playlist = playlist_of(
        {
            1: [daterange('ID="{$id}"', START, "SCTE35-OUT=0xFC"), "#EXT-X-CUE-OUT:ID={$other}"],
        },
        more='#EXT-X-DEFINE:NAME="id",VALUE="b7"',
    )
    times = [Decimal(BASE + 6 * n) for n in range(COUNT + 1)]
    cues = read_cues(playlist, times, clock_is_utc=True)
    assert [cue.event_id for cue in cues] == ["b7", "{$other}"]


def test_a_playlist_without_segments_has_the_cues_of_its_lines() -> None:
    playlist = read_media_playlist(
        "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-CUE-OUT:30\n", url="https://o.example/a.m3u8"
    )
    cues = read_cues(playlist, [Decimal(7)], clock_is_utc=False)
    assert [(cue.kind, cue.at) for cue in cues] == [(CueKind.OUT, Decimal(7))]


def test_the_operator_says_which_types_start_a_break() -> None:
    """C-08."""
    rules = CueRules(start_types=(0x22,), splice_insert=False)
    lines = {
        1: [f"#EXT-OATCLS-SCTE35:{B64}", "#EXT-X-CUE-OUT:30"],  # the words add nothing
        2: [f"#EXT-X-CUE-OUT-CONT:6/30,SCTE35={B64}"],
        3: [f"#EXT-SCTE35:{B64_END}"],
        4: [f"#EXT-SCTE35:{to_base64(INSERT)}"],
        5: [f"#EXT-SCTE35:{to_base64(section(part(0x22, 12)))}"],
        6: [f"#EXT-SCTE35:{to_base64(section(part(0x23)))}"],
    }
    assert cues_of(lines, rules) == [
        out(30, 12, 0, event_id="5", type_id=0x22),
        back(36, event_id="5", type_id=0x23),
    ]


def test_overlays_stay_overlays_even_if_the_operator_lists_them() -> None:
    """C-06."""
    rules = CueRules(start_types=(0x38, 0x34))
    assert cues_of({1: [f"#EXT-SCTE35:{to_base64(OVERLAY)}"]}, rules) == []


def test_overlays_are_shown_by_their_own_types() -> None:
    """C-06: where it is asked for what shows them."""
    rules = CueRules(start_types=(0x38,), overlays=True)
    lines = {1: [daterange('ID="b1"', START, f"SCTE35-OUT={to_hex(OVERLAY)}")]}
    assert cues_of(lines, rules) == [out("9.5", 30, 0, **EVENT | {"type_id": 0x38})]
    assert cues_of(lines) == []


def test_the_operator_may_lift_restrictions() -> None:
    """C-09."""
    restricted = part(0x34, 30, delivery_not_restricted=False, web_delivery_allowed=False)
    lines = {1: [daterange('ID="b1"', START, f"SCTE35-OUT={to_hex(section(restricted))}")]}
    assert cues_of(lines) == []
    assert cues_of(lines, CueRules(honour_restrictions=False)) == [out("9.5", 30, 0, **EVENT)]


def test_a_refused_range_silences_the_tags_that_tell_of_it_and_has_no_end() -> None:
    """C-09."""
    restricted = section(part(0x34, 30, delivery_not_restricted=False, web_delivery_allowed=False))
    lines = {
        0: [daterange('ID="b1"', START, "DURATION=20", f"SCTE35-OUT={to_hex(restricted)}")],
        2: ["#EXT-X-CUE-OUT:20"],
        3: ["#EXT-X-CUE-OUT-CONT:6/20", f"#EXT-X-CUE-OUT-CONT:6/20,SCTE35={B64}"],
        6: [f"#EXT-X-CUE-OUT:9,CUE={B64}"],
    }
    assert cues_of(lines) == [cont(18, 30, 0, elapsed=6, **EVENT), out(36, 30, 0, **EVENT)]


def test_vendor_tags_and_classes_are_mapped() -> None:
    """A-78."""
    rules = CueRules(
        tags={"EXT-ACME-START": "out", "EXT-ACME": "cont", "EXT-ACME-END": "in"},
        classes={"acme.out": "out", "acme.cont": "cont", "acme.in": "in"},
    )
    tags = {
        1: ["#EXT-ACME-START:12,ID=4"],
        2: [f"#EXT-ACME:Duration=12,Elapsed=6,CUE={B64}"],
        3: ["#EXT-ACME-END", "#EXT-ACME-OTHER"],
    }
    assert cues_of(tags) == []
    assert cues_of(tags, rules) == [
        out(6, 12, 4, event_id="4"),
        cont(12, 30, 0, elapsed=6, **EVENT),
        back(18),
    ]
    ranges = {
        0: [
            daterange('ID="1"', 'CLASS="acme.out"', START, "DURATION=10"),
            daterange('ID="2"', 'CLASS="acme.cont"', START),
            daterange('ID="3"', 'CLASS="acme.in"', START),
        ],
    }
    assert cues_of(ranges) == []
    assert cues_of(ranges, rules) == [
        out("9.5", 10, 2, event_id="1"),
        back("19.5", event_id="1"),
        cont("9.5", event_id="2"),
        back("9.5", event_id="3"),
    ]


def test_more_events_at_one_place_than_anybody_needs_are_told_apart_no_longer() -> None:
    messages = [to_base64(section(part(0x34, 30, n))) for n in range(12)]
    lines = {1: [f"#EXT-SCTE35:{message}" for message in (*messages, messages[0], messages[-1])]}
    assert [cue.event_id for cue in cues_of(lines)] == [*map(str, range(12)), "11"]


DIALECTS = tuple(f"A-{number}" for number in range(70, 79))


@pytest.mark.parametrize("name", [n for n in CASES if n[:4] in DIALECTS and "no cues" not in n])
def test_cue_lines_are_known(name: str) -> None:
    """A-63."""
    lines = [line for tags in CASES[name][0].values() for line in tags]
    assert all(map(is_cue_line, lines))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "0.ts",
        "#EXTINF:6,",
        "# EXT",
        "#",
        "#EXT-X-CUESHEET",
        "#EXT-X-KEY:METHOD=NONE",
        "EXT-X-CUE-OUT:30",
        daterange('ID="i"', 'CLASS="com.apple.hls.interstitial"', START),
        daterange('ID="i"', 'X-NOTE="SCTE35-OUT=0xFC"', START),
        "#EXT-ACME:1",
    ],
)
def test_other_lines_are_left_alone(line: str) -> None:
    """A-63."""
    assert not is_cue_line(line)


def test_vendor_tags_are_cue_lines_for_who_knows_them() -> None:
    assert is_cue_line("#EXT-ACME:1", CueRules(tags={"EXT-ACME": "out"}))
    assert not is_cue_line("#EXT-ACMES:1", CueRules(tags={"EXT-ACME": "out"}))


HOSTILE = {
    "blanks": " " * 50_000 + "#" + " " * 50_000 + "EXT-X-CUE-OUT:" + " " * 50_000 + "x",
    "quotes": "#EXT-X-CUE-OUT:" + '"' * 50_001,
    "commas": "#EXT-X-CUE-OUT:" + "," * 50_000 + "=",
    "equals": "#EXT-X-CUE-OUT:" + "=" * 50_000,
    "names": "#EXT-X-CUE-OUT:" + ",".join(f"A{n}={n}" for n in range(10_000)),
    "digits": "#EXT-X-CUE-OUT:" + "9" * 50_000,
    "slashes": "#EXT-X-CUE-OUT-CONT:" + "1/" * 50_000,
    "hexadecimal": "#EXT-SCTE35-OUT:FC" + "0" * 100_001,
    "duration": "#EXT-X-CUE-SPAN:TIMEFROMSIGNAL=P" + "1D" * 50_000,
    "range": "#EXT-X-DATERANGE:SCTE35-OUT=" + '"' * 50_001 + "," * 50_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_long_lines_take_no_longer_than_their_length(line: str) -> None:
    playlist = playlist_of({})
    segments = (replace(playlist.segments[0], lines=(line,)),)
    began = perf_counter()
    is_cue_line(line)
    read_cues(replace(playlist, segments=segments), [Decimal(0), Decimal(6)], clock_is_utc=True)
    assert perf_counter() - began < 1  # seconds; with backtracking it would be minutes


def test_many_cues_take_no_longer_than_their_number() -> None:
    messages = [to_base64(section(part(0x34, 30, n))) for n in range(2_000)]
    ranges = [
        daterange(
            f'ID="{n}"',
            f'START-DATE="2026-01-01T{n // 60 % 24:02}:{n % 60:02}:00Z"',
            "SCTE35-OUT=0xFC",
        )
        for n in range(5_000)
    ]
    lines = {1: [f"#EXT-SCTE35:{m}" for m in messages], 2: ranges, 3: ["#EXT-X-CUE-OUT:1"] * 5_000}
    began = perf_counter()
    assert len(cues_of(lines)) == 2_000 + 5_000 + 1
    assert perf_counter() - began < 5


WORDS = st.sampled_from(
    [
        "#EXT-X-CUE-OUT",
        "#EXT-X-CUE-OUT-CONT",
        "#EXT-X-CUE-IN",
        "#EXT-X-CUE",
        "#EXT-X-CUE-CONT",
        "#EXT-X-CUE-SPAN",
        "#EXT-X-SCTE35",
        "#EXT-SCTE35",
        "#EXT-SCTE35-OUT",
        "#EXT-OATCLS-SCTE35",
        "#EXT-X-SPLICEPOINT-SCTE35",
        "#EXT-X-DATERANGE",
        "#EXT-X-ASSET",
        "# ",
        ":",
        ",",
        "=",
        '"',
        "/",
        "30",
        ".",
        "-1",
        "1e9",
        "PT5S",
        "NaN",
        "DURATION=",
        "ID=x",
        START,
        'END-DATE="2026-01-01T00:00:21.5Z"',
        "PLANNED-DURATION=6",
        "SCTE35-OUT=",
        "SCTE35-IN=",
        "SCTE35-CMD=",
        "CUE=",
        "TYPE=SpliceOut",
        "CUE-OUT=CONT",
        HEX,
        HEX_END,
        B64,
        BROKEN,
        to_base64(OVERLAY),
        "{$x}",
    ]
)
ANY_LINE = st.lists(WORDS, max_size=8).map("".join) | st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40
)


@settings(deadline=None)  # a shared machine
@given(st.lists(ANY_LINE, max_size=12), st.booleans())
def test_any_lines_give_cues_or_nothing(lines: list[str], is_utc: bool) -> None:
    """H-12."""
    playlist = playlist_of({})
    segments = (replace(playlist.segments[0], lines=tuple(lines)), *playlist.segments[1:])
    times = [Decimal(BASE + 6 * n) for n in range(COUNT + 1)]
    cues = read_cues(
        replace(playlist, segments=segments, trailer=tuple(lines)), times, clock_is_utc=is_utc
    )
    for cue in cues:
        assert cue.at.is_finite()
        assert cue.duration is None or cue.duration >= 0
    for line in lines:
        is_cue_line(line)


def test_vendors_cues_are_cue_lines_too() -> None:
    """A-63, A-78: what was mapped to a meaning is removed like the others."""
    rules = CueRules(tags={"EXT-X-ACME": "out"}, classes={"com.acme.break": "out"})
    assert is_cue_line("#EXT-X-ACME:30", rules)
    assert is_cue_line('#EXT-X-DATERANGE:ID="a",CLASS="com.acme.break"', rules)
    assert not is_cue_line('#EXT-X-DATERANGE:ID="a",CLASS="com.acme.chapter"', rules)
    assert not is_cue_line('#EXT-X-DATERANGE:ID="a",CLASS="com.acme.break"')
