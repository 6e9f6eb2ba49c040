from fractions import Fraction

import pytest

from manifests.dash.model import Addressing, Representation, Run
from manifests.dash.reading.addressing import initialization_url, segment_url
from manifests.dash.reading.reader import read_mpd
from manifests.errors import MpdSyntaxError

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
URL = "https://o.example/live/a/manifest.mpd?token=1"
LIVE = 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"'
VOD = 'mediaPresentationDuration="PT20S"'


def representation(
    *,
    period: str = "",
    adaptation_set: str = "",
    own: str = "",
    root: str = VOD,
    top: str = "",
    name: str = "v1",
) -> Representation:
    """The only Representation of an MPD that has these elements on its levels."""
    body = (
        f'<MPD xmlns="{NAMESPACE}" {root}>{top}<Period start="PT0S">{period}'
        f'<AdaptationSet mimeType="video/mp4">{adaptation_set}'
        f'<Representation id="{name}" bandwidth="500000">{own}</Representation>'
        f"</AdaptationSet></Period></MPD>"
    )
    return read_mpd(body.encode(), url=URL).periods[0].sets[0].representations[0]


def addressing(**levels: str) -> Addressing:
    found = representation(**levels).addressing
    assert found is not None
    return found


def test_5_3_9_1_what_a_level_does_not_say_comes_from_the_levels_above() -> None:
    one = representation(
        period='<SegmentTemplate timescale="1000" presentationTimeOffset="5000" startNumber="7"'
        ' initialization="$RepresentationID$/init.mp4" media="p/$Number$.m4s"/>',
        adaptation_set='<SegmentTemplate duration="2000" startNumber="9"/>',
        own='<SegmentTemplate media="$RepresentationID$/$Number%05d$.m4s" eptDelta="-40"/>',
    )
    assert one.addressing == Addressing(
        mode="duration",
        timescale=1000,
        pto=5000,
        ept_delta=-40,
        start_number=9,
        duration=2000,
        media="$RepresentationID$/$Number%05d$.m4s",
        initialization="$RepresentationID$/init.mp4",
    )
    assert segment_url(one, 10, 0) == "https://o.example/live/a/v1/00010.m4s"
    assert initialization_url(one) == "https://o.example/live/a/v1/init.mp4"


def test_5_3_9_1_the_lowest_level_says_how_segments_are_addressed() -> None:
    one = representation(
        period='<SegmentTemplate media="$Number$" duration="2" timescale="90000"/>',
        own='<BaseURL>v1.mp4</BaseURL><SegmentBase timescale="48000" indexRange="800-999"/>',
    )
    assert one.addressing == Addressing(mode="indexed", timescale=48000)
    assert segment_url(one, 1, 0) == "https://o.example/live/a/v1.mp4"
    assert initialization_url(one) is None


def test_defaults() -> None:
    assert addressing(own='<SegmentTemplate media="$Number$" duration="4"/>') == Addressing(
        mode="duration", timescale=1, pto=0, start_number=1, duration=4, media="$Number$"
    )


def test_a_representation_that_says_nothing_has_no_addressing() -> None:
    assert representation(top="<BaseURL>x/</BaseURL>").addressing is None
    with pytest.raises(MpdSyntaxError, match="'v1' has no segments"):
        segment_url(representation(), 1, 0)
    assert initialization_url(representation()) is None


def test_a_base_url_alone_is_one_resource() -> None:
    one = representation(own="<BaseURL>subtitles/en.vtt</BaseURL>")
    assert one.addressing == Addressing(mode="indexed")
    assert segment_url(one, 1, 0) == "https://o.example/live/a/subtitles/en.vtt"


def test_a_template_without_duration_and_timeline_has_one_segment() -> None:
    one = representation(own='<SegmentTemplate media="$Number$.mp4" timescale="90000"/>')
    assert one.addressing is not None
    assert (one.addressing.mode, one.addressing.runs) == ("indexed", ())
    assert segment_url(one, 1, 0) == "https://o.example/live/a/1.mp4"


def test_end_number_is_read() -> None:
    template = '<SegmentTemplate media="$Number$" duration="2" startNumber="5" endNumber="8"/>'
    assert addressing(own=template).end_number == 8


LISTS = {
    "with a duration": (
        '<SegmentList timescale="10" duration="100" presentationTimeOffset="30" startNumber="3">'
        '<SegmentURL media="a"/><SegmentURL media="b"/></SegmentList>',
        ("list", (Run(30, 100, 2),)),
    ),
    "with a timeline": (
        '<SegmentList timescale="10" startNumber="3"><SegmentTimeline><S t="5" d="99"/>'
        '<S d="101"/></SegmentTimeline><SegmentURL media="a"/><SegmentURL media="b"/>'
        "</SegmentList>",
        ("timeline", (Run(5, 99, 1), Run(104, 101, 1))),
    ),
    "of one segment": (
        '<SegmentList startNumber="3"><SegmentURL media="a"/></SegmentList>',
        ("indexed", ()),
    ),
}


@pytest.mark.parametrize(("xml", "known"), LISTS.values(), ids=LISTS)
def test_segment_lists(xml: str, known: tuple[str, tuple[Run, ...]]) -> None:
    one = representation(own=xml)
    assert one.addressing is not None
    assert (one.addressing.mode, one.addressing.runs) == known
    assert one.addressing.is_list
    assert segment_url(one, 3, 0) == "https://o.example/live/a/a"
    with pytest.raises(MpdSyntaxError, match="has no 2"):
        segment_url(one, 2, 0)
    with pytest.raises(MpdSyntaxError, match="has no 9"):
        segment_url(one, 9, 0)


def test_segment_lists_inherit_too() -> None:
    one = representation(
        period='<SegmentList><Initialization sourceURL="i.mp4"/></SegmentList>',
        own='<BaseURL>v1/</BaseURL><SegmentList duration="10"><SegmentURL mediaRange="0-9"/>'
        '<SegmentURL media="2"/></SegmentList>',
    )
    assert initialization_url(one) == "https://o.example/live/a/v1/i.mp4"
    assert segment_url(one, 1, 0) == "https://o.example/live/a/v1/"
    assert segment_url(one, 2, 0) == "https://o.example/live/a/v1/2"
    above = representation(
        adaptation_set='<SegmentList duration="10"><SegmentURL media="1"/></SegmentList>',
        own='<SegmentList presentationTimeOffset="4"/>',
    )
    assert above.addressing is not None
    assert above.addressing.runs == (Run(4, 10, 1),)
    assert segment_url(above, 1, 0) == "https://o.example/live/a/1"


def test_an_init_segment_may_be_a_range_of_the_media() -> None:
    one = representation(
        own="<BaseURL>v1.mp4</BaseURL><SegmentBase indexRange='9-99'><Initialization range='0-8'/>"
        "</SegmentBase>"
    )
    assert initialization_url(one) == "https://o.example/live/a/v1.mp4"


def test_an_init_segment_may_be_data() -> None:
    data = "data:video/mp4;base64,AAAAHGZ0eXBpc282AAAAAWF2Yw=="
    template = f'<SegmentTemplate media="$Number$" duration="2" initialization="{data}"/>'
    assert initialization_url(representation(own=template)) == data


TEMPLATES = {
    "$RepresentationID$/$Number$.m4s": "v1/27.m4s",
    "$Number%06d$": "000027",
    "$Number%01d$": "27",
    "$Number%1d$": "$Number%1d$",
    "$Bandwidth$-$Time%08d$": "500000-00345600",
    "$$a$$": "$a$",
    "$$Number$$": "$Number$",
    "$Number$$Time$": "27345600",
    "$Number$-$SubNumber$": "27-$SubNumber$",
    "$Unknown$": "$Unknown$",
    "$Number%0999999999d$": "$Number%0999999999d$",
    "$Number": "$Number",
    "a b/$Number$": "a%20b/27",
    "../$Number$": "../27",
    "?n=$Number$": "?n=27",
}


@pytest.mark.parametrize(("template", "known"), TEMPLATES.items(), ids=TEMPLATES)
def test_5_3_9_4_4_templates_are_filled_in(template: str, known: str) -> None:
    one = representation(own=f'<SegmentTemplate media="{template}" duration="2"/>')
    url = segment_url(one, 27, 345_600)
    assert url.startswith("https://o.example/live/")
    if known.startswith("?"):
        assert url == "https://o.example/live/a/manifest.mpd?n=27"
    elif known.startswith("../"):
        assert url == "https://o.example/live/27"
    else:
        assert url == f"https://o.example/live/a/{known}"


def test_what_has_time_in_its_template_is_addressed_by_time() -> None:
    timeline = '<SegmentTimeline><S t="0" d="2" r="4"/></SegmentTimeline>'
    for media, by_time in (
        ("$Time$", True),
        ("$Time%09d$", True),
        ("$Number$", False),
        ("$$Time$$", False),
    ):
        template = f'<SegmentTemplate media="{media}">{timeline}</SegmentTemplate>'
        assert addressing(own=template).by_time is by_time


BASES = {
    "none": ({}, ["https://o.example/live/a/manifest.mpd?token=1"]),
    "a chain": (
        {
            "top": "<BaseURL>b/</BaseURL>",
            "period": "<BaseURL> ../c/ </BaseURL>",
            "adaptation_set": "<BaseURL>d/</BaseURL>",
            "own": "<BaseURL>e.mp4</BaseURL>",
        },
        ["https://o.example/live/a/c/d/e.mp4"],
    ),
    "an absolute one in the middle": (
        {"top": "<BaseURL>b/</BaseURL>", "period": "<BaseURL>http://c.example/x/</BaseURL>"},
        ["http://c.example/x/"],
    ),
    "alternatives multiply": (
        {
            "top": "<BaseURL>http://1.example/</BaseURL><BaseURL>http://2.example/</BaseURL>",
            "own": "<BaseURL>a/</BaseURL><BaseURL>b/</BaseURL>",
        },
        [
            "http://1.example/a/",
            "http://2.example/a/",
            "http://1.example/b/",
            "http://2.example/b/",
        ],
    ),
    "the same one twice": (
        {
            "top": "<BaseURL>http://1.example/</BaseURL><BaseURL>http://2.example/</BaseURL>",
            "own": "<BaseURL>http://3.example/</BaseURL>",
        },
        ["http://3.example/"],
    ),
    "an empty one": (
        {"top": "<BaseURL>b/</BaseURL>", "own": "<BaseURL/>"},
        ["https://o.example/live/a/b/"],
    ),
    "a comment inside": (
        {"own": "<BaseURL>b<!-- no -->c/</BaseURL>"},
        ["https://o.example/live/a/bc/"],
    ),
}


@pytest.mark.parametrize(("levels", "known"), BASES.values(), ids=BASES)
def test_b_22_base_urls_are_chains(levels: dict[str, str], known: list[str]) -> None:
    assert list(representation(**levels).bases) == known


def test_b_22_alternatives_are_bounded() -> None:
    level = "".join(f"<BaseURL>{n}/</BaseURL>" for n in range(30))
    bases = representation(top=level, period=level, adaptation_set=level, own=level).bases
    assert len(bases) == len(set(bases)) == 8
    assert bases[0] == "https://o.example/live/a/0/0/0/0/"


@pytest.mark.parametrize("reference", ["http://[::1/", "http:///a", "urn:a", "data:,a", "a&#9;b"])
def test_b_22_a_base_url_that_is_none_is_an_error(reference: str) -> None:
    with pytest.raises(MpdSyntaxError, match="line 1: BaseURL"):
        representation(period=f"<BaseURL>{reference}</BaseURL>")


def test_5_3_9_5_availability_offsets_add_up() -> None:
    template = '<SegmentTemplate media="$Number$" duration="2" availabilityTimeOffset="1.75"/>'
    levels = {
        "top": '<BaseURL availabilityTimeOffset="0.5">a/</BaseURL>',
        "own": '<BaseURL availabilityTimeOffset="1e-1">b/</BaseURL>' + template,
    }
    assert addressing(**levels).availability_offset == Fraction("2.35")
    levels["top"] = '<BaseURL availabilityTimeOffset="INF">a/</BaseURL>'
    assert addressing(**levels).availability_offset is None
    assert addressing(own=template).availability_offset == Fraction(7, 4)


def test_b_01_times_are_seconds_from_the_start_of_the_period() -> None:
    one = addressing(
        own='<SegmentTemplate media="$Time$" timescale="90000" presentationTimeOffset="11700000">'
        '<SegmentTimeline><S t="11404800" d="345600" r="3"/></SegmentTimeline></SegmentTemplate>'
    )
    assert (one.start, one.end) == (11_404_800, 12_787_200)
    assert one.seconds(11_404_800) == Fraction("-3.28")  # B.4, segment 34


def test_a_timeline_may_go_on_in_a_period_without_end() -> None:
    xml = '<S t="0" d="5"/><S d="5" r="-1"/>'
    live = representation(
        root=LIVE,
        own='<SegmentTemplate media="$Time$"><SegmentTimeline>'
        f"{xml}</SegmentTimeline></SegmentTemplate>",
    )
    assert live.addressing is not None
    assert live.addressing.is_open


WRONG = {
    "timescale 0": ('<SegmentTemplate media="a" duration="2" timescale="0"/>', "@timescale is 0"),
    "duration 0": ('<SegmentTemplate media="a" duration="0"/>', "@duration is 0"),
    "a negative duration": (
        '<SegmentTemplate media="a" duration="-2"/>',
        "no unsigned integer: '-2'",
    ),
    "a negative offset": (
        '<SegmentTemplate media="a" presentationTimeOffset="-2"/>',
        "no unsigned",
    ),
    "no media": ('<SegmentTemplate duration="2"/>', "SegmentTemplate has no @media"),
    "an offset that is none": (
        '<SegmentTemplate media="a" availabilityTimeOffset="NaN"/>',
        "availabilityTimeOffset is no number: 'NaN'",
    ),
    "two of them": (
        '<SegmentTemplate media="a" duration="2"/><SegmentBase/>',
        "SegmentBase stands beside line 1: SegmentTemplate",
    ),
    "one twice": ("<SegmentBase/><SegmentBase/>", "SegmentBase stands beside"),
    "a list that tells no times": (
        '<SegmentList><SegmentURL media="a"/><SegmentURL media="b"/></SegmentList>',
        "neither @duration nor SegmentTimeline",
    ),
    "a list and a timeline of other length": (
        '<SegmentList><SegmentTimeline><S d="1" r="1"/></SegmentTimeline><SegmentURL media="a"/>'
        "</SegmentList>",
        "one S for each SegmentURL",
    ),
}


@pytest.mark.parametrize(("xml", "reason"), WRONG.values(), ids=WRONG)
def test_addressing_that_cannot_be_is_an_error(xml: str, reason: str) -> None:
    with pytest.raises(MpdSyntaxError) as caught:
        representation(own=xml)
    assert reason in str(caught.value)
    assert str(caught.value).startswith("line 1: ")


def test_a_timeline_that_many_representations_inherit_is_read_once() -> None:
    body = (
        f'<MPD xmlns="{NAMESPACE}" {VOD}><Period><AdaptationSet><SegmentTemplate media="$Time$">'
        '<SegmentTimeline><S d="5" r="3"/></SegmentTimeline></SegmentTemplate>'
        '<Representation id="1" bandwidth="1"/><Representation id="2" bandwidth="2"/>'
        "</AdaptationSet></Period></MPD>"
    )
    one, other = read_mpd(body.encode(), url=URL).periods[0].sets[0].representations
    assert one.addressing is other.addressing
