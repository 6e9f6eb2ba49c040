"""The world's MPDs: the same segments that its playlists list, and Events for breaks."""

from decimal import Decimal

from manifests.scte35 import SpliceInfo, SpliceInsert, to_base64, write_splice_info

SEGMENT_S = 2
ADDRESSING = """<SegmentTemplate timescale="1000" startNumber="{first}"
     media="{folder}/s$Number$.m4s" initialization="{folder}/init.mp4"><SegmentTimeline>
     <S t="{at}" d="2000" r="{repeat}"/>
     </SegmentTimeline></SegmentTemplate>"""


def event(at: Decimal | float, seconds: float | None, *, event_id: int, out: bool = True) -> str:
    """An Event that tells of a break's beginning or end, `at` seconds into the Period."""
    insert = SpliceInsert(
        event_id=event_id,
        out_of_network=out,
        immediate=True,
        duration_ticks=None if seconds is None else int(seconds * 90_000),
        auto_return=seconds is not None,
    )
    message = to_base64(write_splice_info(SpliceInfo(command=insert)))
    return (
        f'<Event presentationTime="{int(at * 1000)}" id="{2 * event_id + out}">'
        '<scte35:Signal xmlns:scte35="http://www.scte.org/schemas/35/2016">'
        f"<scte35:Binary>{message}</scte35:Binary></scte35:Signal></Event>"
    )


def mpd_text(
    folders: tuple[str, str, str],
    *,
    first: int,
    end: int,
    events: tuple[str, ...] = (),
    live: bool,
) -> str:
    """An MPD of two video Representations and one of audio.

    Args:
        folders: Where the Representations' segments are.
        first: Number of the first segment.
        end: Number after the last one.
        events: Of the one Period.
        live: Or static.
    """
    large, small, audio = (
        ADDRESSING.format(
            folder=folder, first=first, at=first * SEGMENT_S * 1000, repeat=end - first - 1
        )
        for folder in folders
    )
    kind = (
        'type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z" minimumUpdatePeriod="PT2S"'
        f' timeShiftBufferDepth="PT16S" publishTime="1970-01-01T{end * 2 // 3600:02}:'
        f'{end * 2 // 60 % 60:02}:{end * 2 % 60:02}Z"'
        if live
        else f'type="static" mediaPresentationDuration="PT{end * SEGMENT_S}S"'
    )
    stream = (
        '<EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="1000">'
        f"{''.join(events)}</EventStream>"
        if events
        else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {kind} minBufferTime="PT2S"
  profiles="urn:mpeg:dash:profile:isoff-live:2011" maxSegmentDuration="PT2S">
 <Location>http://origin.example/elsewhere.mpd</Location>
 <Period id="P0" start="PT0S">{stream}
  <AdaptationSet id="1" contentType="video" mimeType="video/mp4" codecs="avc1.640009"
    frameRate="25" segmentAlignment="true">
   <Representation id="v1" bandwidth="120000" width="64" height="36">{large}</Representation>
   <Representation id="v2" bandwidth="100000" width="48" height="28">{small}</Representation>
  </AdaptationSet>
  <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en" codecs="mp4a.40.2">
   <Representation id="a" bandwidth="64000" audioSamplingRate="48000">{audio}</Representation>
  </AdaptationSet>
 </Period>
</MPD>
"""
