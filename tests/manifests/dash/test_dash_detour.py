from decimal import Decimal

from dash_pasting import URL, reread, write_part
from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.periods.detour import Detour
from manifests.dash.periods.dressing import dressing_of
from manifests.dash.periods.part import Part
from manifests.dash.reading.content_kind import Kind
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import assert_valid, needs_schema

# URL is https://o.example/live/...
HOSTS = ("https://o.example/live/", "https://weft.example/v1/look/default/cup/k/")
SETS = """<AdaptationSet id="1" contentType="video" mimeType="video/mp4"{protection}>
  {info}
  <Representation id="v1" bandwidth="1000000" codecs="avc1.64001f"><Label>a</Label></Representation>
  <Representation id="v2" bandwidth="2000000" codecs="avc1.64001f">
   <BaseURL availabilityTimeOffset="2">hd/</BaseURL></Representation>
 </AdaptationSet>
 <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en">
  <SegmentTemplate duration="4" media="a$Number$.m4s" initialization="a.mp4"/>
  <Representation id="a1" bandwidth="128000" codecs="mp4a.40.2"/>
 </AdaptationSet>"""
TEMPLATE = (
    '<SegmentTemplate duration="4" media="$RepresentationID$/$Number$.m4s" initialization="i"/>'
)


def mpd(info: str = TEMPLATE, *, base: str = "", protection: str = "") -> Mpd:
    sets = SETS.format(info=info, protection="")
    if protection:
        sets = sets.replace(info, protection + info, 1)
    return read_mpd(
        f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT4S"'
        f' mediaPresentationDuration="PT40S"><Period id="P">{base}{sets}</Period></MPD>'.encode(),
        url=URL,
    )


def led(
    one: Mpd,
    *,
    content_base: tuple[str, str] | None = None,
    hosts: tuple[str, str] = HOSTS,
    kinds: tuple[Kind, ...] = ("video",),
) -> Mpd:
    part = Part(period=one.periods[0], id="P", start=Decimal(0))
    dressing = dressing_of(one, detour=Detour(*hosts, frozenset(kinds)), content_base=content_base)
    return reread(one, write_part(part, dressing))


def bases(one: Mpd) -> dict[str, str]:
    return {each.id: each.bases[0] for _, each in one.periods[0].representations()}


FOLDER = URL.rpartition("/")[0] + "/"
LED = HOSTS[1] + FOLDER.removeprefix(HOSTS[0])


@needs_schema
def test_video_goes_another_way_and_nothing_else_does() -> None:
    found = led(mpd())
    assert bases(found) == {"v1": LED, "v2": LED + "hd/", "a1": FOLDER}
    assert_valid(etree.tostring(found.element))
    offset = found.element.find(".//{*}Representation[@id='v2']/{*}BaseURL")
    assert offset is not None
    assert offset.get("availabilityTimeOffset") == "2"


def test_sound_goes_another_way_where_it_is_asked_to() -> None:
    assert bases(led(mpd(), kinds=("audio",))) == {"v1": FOLDER, "v2": FOLDER + "hd/", "a1": LED}
    assert bases(led(mpd(), kinds=("audio", "video")))["v1"] == LED


def test_a_cdn_in_front_of_the_origin_stays_for_the_rest() -> None:
    hosts = ("https://cdn.example/live/", HOSTS[1])
    content = ("https://o.example/live/", "https://cdn.example/live/")
    found = led(mpd(), content_base=content, hosts=hosts)
    assert bases(found)["a1"] == FOLDER.replace("o.example", "cdn.example")
    assert bases(found)["v1"] == LED


def test_what_is_elsewhere_stays_there() -> None:
    found = led(mpd(base="<BaseURL>https://elsewhere.example/</BaseURL>"))
    assert bases(found)["v1"] == "https://elsewhere.example/"


def test_of_several_hosts_the_origin_is_the_one() -> None:
    two = "<BaseURL>https://o.example/live/x/</BaseURL><BaseURL>https://b.example/</BaseURL>"
    found = led(mpd(base=two))
    representation = found.periods[0].sets[0].representations[0]
    assert representation.bases == (HOSTS[1] + "x/",)


def test_references_that_do_not_follow_their_base_stay() -> None:
    for media in ("/live/$Number$.m4s", "https://o.example/live/$Number$.m4s", "../$Number$.m4s"):
        info = f'<SegmentTemplate duration="4" media="{media}" initialization="i"/>'
        assert bases(led(mpd(info)))["v1"] == FOLDER, media
    whole_file = '<SegmentBase indexRange="0-9"/>'
    assert bases(led(mpd(whole_file)))["v1"] == FOLDER


def test_encrypted_video_stays() -> None:
    protection = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>'
    assert bases(led(mpd(protection=protection)))["v1"] == FOLDER


def test_names_that_our_paths_cannot_have_stay() -> None:
    for media in ("$Number$.m4s?token=x", "a%20b/$Number$.m4s", "./$Number$.m4s", "a//$Number$"):
        info = f'<SegmentTemplate duration="4" media="{media}" initialization="i"/>'
        assert bases(led(mpd(info)))["v1"] == FOLDER, media
    for media in ("$Time$", "v-$Bandwidth$/$Number%05d$.m4s", "a.b_c~d+e@f/$RepresentationID$.m4s"):
        info = f'<SegmentTemplate duration="4" media="{media}" initialization="i"/>'
        assert bases(led(mpd(info)))["v1"] == LED, media


def test_a_path_leads_to_the_host_of_the_mpd() -> None:
    found = led(mpd(), hosts=(HOSTS[0], "/v1/look/k/"))
    assert bases(found) == {
        "v1": "https://weft.example/v1/look/k/ch/",
        "v2": "https://weft.example/v1/look/k/ch/hd/",
        "a1": FOLDER,
    }
    elsewhere = led(
        mpd(base="<BaseURL>https://cdn.example/x/</BaseURL>"),
        hosts=("https://cdn.example/", "/v1/look/k/"),
    )
    assert bases(elsewhere)["v1"] == "https://weft.example/v1/look/k/x/"
    assert bases(elsewhere)["a1"] == "https://cdn.example/x/"
