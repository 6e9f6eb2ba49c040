"""The sound that players begin with: one default in a group, and nothing is taken away."""

from manifests.hls.model import MultivariantPlaylist
from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.session_template import prepare_multivariant, sounds

TEXT = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="Stadium",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="l1.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="Commentary",LANGUAGE="fr",CHANNELS="2",URI="l2.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="Stadium",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="h1.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="high",NAME="Commentary",LANGUAGE="fr",DEFAULT=NO,AUTOSELECT=NO,URI="h2.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Commentary",DEFAULT=YES,AUTOSELECT=YES,URI="t.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000,AUDIO="low",SUBTITLES="text"
v1.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000,AUDIO="high",SUBTITLES="text"
v2.m3u8
"""


def playlist() -> MultivariantPlaylist:
    return read_multivariant_playlist(TEXT.encode(), url="https://o.example/x/i.m3u8")


def written(sound: str) -> str:
    template = prepare_multivariant(playlist(), uri_for=lambda entry: entry.uri, sound=sound)
    return template.render("k").decode().replace("https://o.example/x/", "")


def defaults(text: str) -> list[tuple[str, str, str]]:
    """Group, name and AUTOSELECT of each default."""
    return [
        (one.group_id, one.name, dict(one.attributes).get("AUTOSELECT", ""))
        for one in read_multivariant_playlist(text.encode(), url="https://o.example/").renditions
        if one.default
    ]


def test_nobody_chooses_nothing_changes() -> None:
    assert written("") == TEXT
    assert written("klingon") == TEXT


def test_the_rendition_that_was_chosen_is_the_default_of_every_group() -> None:
    for sound in ("commentary", "fr"):
        assert defaults(written(sound)) == [
            ("low", "Commentary", "YES"),
            ("high", "Commentary", "YES"),
            ("text", "Commentary", "YES"),
        ]


def test_all_others_stay() -> None:
    changed = written("fr").splitlines()
    assert len(changed) == len(TEXT.splitlines())
    assert changed[1] == TEXT.splitlines()[1].replace("DEFAULT=YES", "DEFAULT=NO")
    assert changed[2] == TEXT.splitlines()[2] + ",DEFAULT=YES,AUTOSELECT=YES"
    assert changed[5:] == TEXT.splitlines()[5:]


def test_who_wants_the_default_gets_it_as_it_is() -> None:
    assert defaults(written("stadium")) == defaults(TEXT)


def test_what_can_be_chosen_is_known() -> None:
    assert sounds(playlist()) == {"stadium", "commentary", "en", "fr"}
