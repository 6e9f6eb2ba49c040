"""Periods pasted under the root of the MPD that they come from, as a session's MPD has them."""

import copy

from lxml import etree

from manifests.dash.model import Mpd
from manifests.dash.periods.dressing import Dressing
from manifests.dash.periods.part import Part, part_body
from manifests.dash.periods.period_tag import period_tag
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import FOLDER, assert_valid

NS = "{urn:mpeg:dash:schema:mpd:2011}"
URL = "https://o.example/live/ch/a.mpd"


def write_part(part: Part, dressing: Dressing) -> bytes:
    """The text of one Period element."""
    tag = period_tag(part.period.element)
    opening = tag.opening(id=part.id, start=part.start, duration=part.duration)
    return opening + part_body(part, dressing)


def paste(mpd: Mpd, *fragments: bytes) -> bytes:
    """An MPD with other Periods; it is valid, where the schema is there to tell."""
    root = copy.deepcopy(mpd.element)
    periods = root.findall(f"{NS}Period")
    root.insert(root.index(periods[0]), etree.ProcessingInstruction("periods", "here"))
    for period in periods:
        root.remove(period)
    for base in root.findall(f"{NS}BaseURL"):  # rule B-22: they are in the Periods
        root.remove(base)
    text = etree.tostring(root).replace(b"<?periods here?>", b"".join(fragments))
    if FOLDER.is_dir():
        assert_valid(text)
    return text


def reread(mpd: Mpd, *fragments: bytes) -> Mpd:
    """The same, read."""
    return read_mpd(paste(mpd, *fragments), url="https://weft.example/v1/dash/x.mpd")
