from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from dash_pasting import URL, paste, reread

from manifests.creative import CmafMedia, Creative, CreativeRendition
from manifests.dash.model import AdaptationSet, Mpd, Representation, Run
from manifests.dash.periods.ad_period import ad_period_body, ad_period_tag
from manifests.dash.reading.reader import read_mpd
from manifests.errors import SpliceError

CONTENT = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" profiles="p:live"
 availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:03:00Z"
 minBufferTime="PT4S" minimumUpdatePeriod="PT2S"><Period id="P0" start="PT0S">
 <AdaptationSet id="7" contentType="audio" mimeType="audio/mp4" lang="de" codecs="mp4a.40.2">
  <ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>
  <Label>Deutsch</Label>
  <Accessibility schemeIdUri="urn:tva:metadata:cs:AudioPurposeCS:2007" value="1"/>
  <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
  <SegmentTemplate timescale="48000" media="a$Number$" duration="96000"/>
  <Representation id="a" bandwidth="96000"/></AdaptationSet>
 <AdaptationSet id="3" mimeType="video/mp4" par="16:9">
  <SegmentTemplate timescale="90000" media="v$Number$" duration="180000"/>
  <Representation id="low" bandwidth="300000"/><Representation id="high" bandwidth="900000"/>
 </AdaptationSet>
 <AdaptationSet id="4" mimeType="video/mp4">
  <EssentialProperty schemeIdUri="http://dashif.org/guidelines/trickmode" value="3"/>
  <SegmentTemplate timescale="1" media="t$Number$" duration="2"/>
  <Representation id="trick" bandwidth="30000"/></AdaptationSet>
 <AdaptationSet id="5" mimeType="text/vtt" lang="de">
  <Representation id="t" bandwidth="1"><BaseURL>t.vtt</BaseURL></Representation></AdaptationSet>
</Period></MPD>"""

VIDEO = CmafMedia(
    base="https://weft.example/tm/v/",
    initialization="init.mp4",
    media="$Number$.m4s",
    start_number=1,
    timescale=12800,
    durations=(25600, 25600, 25600, 12800),
    mime_type="video/mp4",
    codecs="avc1.64001f",
    bandwidth=850000,
    width=640,
    height=360,
    frame_rate="25",
)
AUDIO = CmafMedia(
    base="https://weft.example/tm/a/",
    initialization="init.mp4",
    media="$Number$.m4s",
    start_number=1,
    timescale=48000,
    durations=(95232, 96256, 96256, 47104),
    mime_type="audio/mp4",
    codecs="mp4a.40.2",
    bandwidth=96000,
    sample_rate=48000,
    channels=2,
)


def ad(media: Mapping[str, CmafMedia], duration: str = "7") -> Creative:
    renditions = {
        rung: CreativeRendition(segments=(), init_uri=None, cmaf=cmaf)
        for rung, cmaf in media.items()
    }
    return Creative(id="c0ffee", duration=Decimal(duration), renditions=renditions)


def rung_of(one: AdaptationSet, representation: Representation) -> str | None:
    return {"a": "audio", "low": "video-low", "high": "video-high"}.get(representation.id)


def content() -> Mpd:
    return read_mpd(CONTENT.encode(), url=URL)


AD = ad(
    {"audio": AUDIO, "video-low": VIDEO, "video-high": replace(VIDEO, base="https://w.example/h/")}
)


def written(creative: Creative = AD, early: str | None = None) -> Mpd:
    mpd = content()
    like = mpd.periods[0]
    opening = ad_period_tag(like).opening(id="b42.0", start=Decimal(100), duration=Decimal(15))
    early_s = None if early is None else Decimal(early)
    body = ad_period_body(creative, like, rung_of=rung_of, available_early_s=early_s)
    return reread(mpd, opening + b"".join(body))


def test_an_ad_has_the_sets_and_representations_of_the_content_in_their_order() -> None:
    period = written().periods[0]
    assert (period.id, period.start, period.end) == ("b42.0", 100, 115)
    found = [(one.id, one.kind, [r.id for r in one.representations]) for one in period.sets]
    assert found == [("7", "audio", ["a"]), ("3", "video", ["low", "high"])]  # rules B-24, B-25
    audio, video = period.sets
    assert (audio.language, audio.roles, audio.is_encrypted) == ("de", ("main",), False)
    assert [child.tag.rpartition("}")[2] for child in audio.element][:3] == [
        "Label",
        "Accessibility",
        "Role",
    ]
    assert video.element.get("contentType") == "video"


def test_representations_are_told_as_they_were_packaged() -> None:
    audio, video = written().periods[0].sets
    sound, low = audio.representations[0], video.representations[0]
    assert (sound.codecs, sound.sample_rate, sound.channels) == ("mp4a.40.2", 48000, 2)
    assert (low.codecs, low.bandwidth, low.width, low.height) == ("avc1.64001f", 850000, 640, 360)
    assert (low.mime_type, low.frame_rate) == ("video/mp4", 25)
    assert sound.bases == ("https://weft.example/tm/a/",)
    assert [one.bases for one in video.representations] == [
        ("https://weft.example/tm/v/",),
        ("https://w.example/h/",),
    ]


def test_segments_are_listed_as_runs_from_media_time_0() -> None:
    audio, video = written().periods[0].sets
    addressing = video.representations[1].addressing
    assert addressing is not None
    assert (addressing.mode, addressing.pto, addressing.start_number) == ("timeline", 0, 1)
    assert addressing.runs == (Run(0, 25600, 3), Run(76800, 12800, 1))
    sound = audio.representations[0].addressing
    assert sound is not None
    assert [run.count for run in sound.runs] == [1, 2, 1]


def test_no_segment_of_a_slate_is_listed_that_lies_wholly_behind_what_is_shown() -> None:
    audio, video = written(replace(AD, duration=Decimal(4))).periods[0].sets
    addressing = video.representations[0].addressing
    sound = audio.representations[0].addressing
    assert addressing is not None
    assert sound is not None
    assert addressing.runs == (Run(0, 25600, 2),)  # rule H-11
    assert sound.end == 95232 + 2 * 96256  # 3.99 s are not enough


def test_segments_that_players_compute_have_no_timeline() -> None:
    """B-13: one that is empty would say that there are none."""
    mpd = content()
    opening = ad_period_tag(mpd.periods[0]).opening(id="b", start=Decimal(0), duration=None)
    body = b"".join(ad_period_body(AD, mpd.periods[0], rung_of=rung_of, computed=True))
    video = reread(mpd, opening + body).periods[0].sets[1]
    addressing = video.representations[0].addressing
    assert addressing is not None
    assert (addressing.mode, addressing.duration, addressing.runs) == ("duration", 25600, ())
    assert b"SegmentTimeline" not in body


def test_every_base_says_how_early_the_segments_are_there() -> None:
    assert all("availabilityTimeOffset" not in one.attrib for one in bases(written()))
    assert {one.get("availabilityTimeOffset") for one in bases(written(early="30.50"))} == {"30.5"}


def bases(mpd: Mpd) -> list:  # type: ignore[type-arg]
    return list(mpd.element.iter("{*}BaseURL"))


def test_what_all_renditions_share_is_said_once() -> None:
    same = {
        rung: replace(VIDEO, base="https://weft.example/tm/") for rung in ("audio", "video-low")
    }
    mpd = written(ad(same))
    assert [one.getparent().tag.rpartition("}")[2] for one in bases(mpd)] == ["Period"]
    assert [len(one.representations) for one in mpd.periods[0].sets] == [1, 1]


def test_renditions_of_a_set_may_be_found_in_different_ways() -> None:
    other = replace(VIDEO, timescale=25, durations=(50, 50, 50, 25), media="s$Number$.m4s")
    mpd = written(ad({"audio": AUDIO, "video-low": VIDEO, "video-high": other}))
    addressings = [one.addressing for one in mpd.periods[0].sets[1].representations]
    assert [one.timescale for one in addressings if one] == [12800, 25]


def test_an_ad_without_video_or_audio_is_refused_where_the_content_has_it() -> None:
    with pytest.raises(SpliceError, match="no audio"):
        written(ad({"video-low": VIDEO}))
    with pytest.raises(SpliceError, match="no video"):
        written(ad({"audio": AUDIO}))


def test_the_body_does_not_depend_on_where_the_ad_stands() -> None:
    mpd = content()
    body = b"".join(ad_period_body(AD, mpd.periods[0], rung_of=rung_of))
    opening = ad_period_tag(mpd.periods[0]).opening(id="b1.0", start=Decimal("1.5"), duration=None)
    assert opening == b'<Period id="b1.0" start="PT1.5S">'
    paste(mpd, opening + body)
    assert b"b1" not in body
    identifier = reread(mpd, opening + body).element.find(".//{*}AssetIdentifier")
    assert identifier.get("value") == "c0ffee"  # rule B-19


def test_the_content_prefix_is_the_ads_too() -> None:
    body = CONTENT.replace("xmlns=", "xmlns:m=").replace("<", "<m:").replace("<m:/", "</m:")
    mpd = read_mpd(body.encode(), url=URL)
    opening = ad_period_tag(mpd.periods[0]).opening(id="b", start=Decimal(0), duration=None)
    fragment = opening + b"".join(ad_period_body(AD, mpd.periods[0], rung_of=rung_of))
    assert opening == b'<m:Period id="b" start="PT0S">'
    assert b"xmlns" not in fragment
    paste(mpd, fragment)
