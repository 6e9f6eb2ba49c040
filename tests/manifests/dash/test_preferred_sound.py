from decimal import Decimal

import pytest
from dash_pasting import URL, reread, write_part
from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.periods.dressing import dressing_of
from manifests.dash.periods.part import Part
from manifests.dash.periods.preferred_sound import sound_named
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import assert_valid, needs_schema

SOUND = """<AdaptationSet id="{id}" contentType="audio" mimeType="audio/mp4" lang="{lang}"{more}>
  <Label>{label}</Label>{roles}
  <SegmentTemplate duration="4" media="{id}-$Number$.m4s" initialization="{id}.mp4"/>
  <Representation id="a{id}" bandwidth="128000" codecs="mp4a.40.2"/></AdaptationSet>"""
ROLE = '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="{}"/>'


def mpd() -> Mpd:
    sets = [
        SOUND.format(id=1, lang="en", label="Stadium", roles=ROLE.format("main"), more=""),
        SOUND.format(
            id=2,
            lang="fr",
            label="Commentary",
            roles=ROLE.format("alternate") + ROLE.format("commentary"),
            more=' selectionPriority="3"',
        ),
        SOUND.format(id=3, lang="de", label="Kommentar", roles="", more=""),
    ]
    video = (
        '<AdaptationSet id="9" contentType="video" mimeType="video/mp4" lang="fr">'
        '<SegmentTemplate duration="4" media="v$Number$.m4s" initialization="v.mp4"/>'
        '<Representation id="v" bandwidth="1000000" codecs="avc1.64001f"/></AdaptationSet>'
    )
    text = (
        f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT4S"'
        f' mediaPresentationDuration="PT40S"><Period id="P">{video}{"".join(sets)}</Period></MPD>'
    )
    return read_mpd(text.encode(), url=URL)


def told(sound: str | None) -> dict[str | None, tuple[str | None, tuple[str, ...]]]:
    """Priority and roles of each set of a Period that is written."""
    one = mpd()
    part = Part(period=one.periods[0], id="P", start=Decimal(0))
    written = reread(one, write_part(part, dressing_of(one, sound=sound)))
    return {
        each.id: (each.element.get("selectionPriority"), each.roles)
        for each in written.periods[0].sets
    }


AS_IT_IS = {
    "9": (None, ()),
    "1": (None, ("main",)),
    "2": ("3", ("alternate", "commentary")),
    "3": (None, ()),
}


def test_nobody_chooses_nothing_changes() -> None:
    assert told(None) == AS_IT_IS
    assert told("klingon") == AS_IT_IS


def test_the_sound_that_was_chosen_is_the_main_one_and_the_others_stay() -> None:
    assert told("commentary") == AS_IT_IS | {
        "1": (None, ("alternate",)),
        "2": ("4", ("main", "commentary")),
    }
    assert told("de") == AS_IT_IS | {"1": (None, ("alternate",)), "3": ("4", ("main",))}
    assert told("en") == AS_IT_IS | {"1": ("4", ("main",))}


@needs_schema
def test_what_is_told_is_valid() -> None:
    one = mpd()
    part = Part(period=one.periods[0], id="P", start=Decimal(0))
    written = reread(one, write_part(part, dressing_of(one, sound="de")))
    assert_valid(etree.tostring(written.element))


@pytest.mark.parametrize(
    ("name", "known"),
    [("FR", "fr"), ("commentary", "commentary"), ("", None), ("pt", None), ("v", None)],
)
def test_a_name_is_known_where_some_sound_has_it(name: str, known: str | None) -> None:
    assert sound_named(mpd(), name) == known
