"""OpenTimelineIO files, as editors write them, become stories that Weft takes."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from packager.cli import main
from packager.config import load
from packager.config.story_settings import FitPart, PlayPart
from packager.stories.otio import OtioError, read_otio


def seconds(length: float) -> dict[str, Any]:
    def rational(value: float) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": 25.0, "value": value}

    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": rational(length * 25),
        "start_time": rational(0.0),
    }


def media(url: str, length: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "target_url": url,
        "available_range": seconds(length),
    }


def clip(
    name: str, url: str, length: float, *, mark: str = "", shown: float = 0, **more: str
) -> dict[str, Any]:
    others = {key: media(other, length / 2) for key, other in more.items()}
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": name,
        "source_range": seconds(shown) if shown else None,
        "markers": [{"OTIO_SCHEMA": "Marker.2", "name": mark}] if mark else [],
        "metadata": {"weft": {"weight": 100}} if mark else {},
        "media_references": {**others, "DEFAULT_MEDIA": media(url, length)},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def timeline(*items: dict[str, Any], name: str = "Cup final") -> str:
    track = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": items}
    sound = {"OTIO_SCHEMA": "Track.1", "kind": "Audio", "children": [clip("A", "a.wav", 1)]}
    stack = {"OTIO_SCHEMA": "Stack.1", "children": [sound, track]}
    return json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": name, "tracks": stack})


def test_clips_become_assets_references_cuts_and_marked_ones_moments() -> None:
    text = timeline(
        clip("Opener", "https://vod.example/opener/main.m3u8", 4),
        clip("1:0 Müller", "goal.mp4", 9, mark="goal", short="goal-short.mp4"),
        clip("Save", "file:///srv/save%201.mp4", 7, mark="save"),
        clip("Opener", "https://vod.example/opener/main.m3u8", 4),
        clip("Opener", "other.mp4", 4),
    )
    name, show, told = read_otio(text)
    assert name == "Cup-final"
    assert show["assets"] == {
        "Opener": {"origin": "https://vod.example/opener/", "path": "main.m3u8"},
        "1-0-M-ller": {
            "file": "goal.mp4",
            "kind": "goal",
            "weight": 100,
            "cuts": {"short": {"file": "goal-short.mp4"}},
        },
        "Save": {"file": "/srv/save 1.mp4", "kind": "save", "weight": 100},
        "Opener-2": {"file": "other.mp4"},
    }
    assert show["story"] == [
        {"play": "Opener"},
        {"fit": {"moments": ["1-0-M-ller", "Save"], "seconds": 16.0}},
        {"play": "Opener"},
        {"play": "Opener-2"},
    ]
    assert told == ()


def test_what_a_story_cannot_say_is_told() -> None:
    gap = {"OTIO_SCHEMA": "Gap.1"}
    fade = {"OTIO_SCHEMA": "Transition.1"}
    missing = {"OTIO_SCHEMA": "Clip.1", "name": "Later", "media_reference": None}
    off = clip("Off", "off.mp4", 3) | {"enabled": False}
    nested = {"OTIO_SCHEMA": "Stack.1", "children": [clip("Part", "part.mp4", 9, shown=2)]}
    _, show, told = read_otio(timeline(gap, fade, missing, off, nested))
    assert list(show["assets"]) == ["Part"]
    assert len(told) == 5
    assert "plays whole" in told[-1]


def test_older_clips_have_one_media_reference() -> None:
    old = {"OTIO_SCHEMA": "Clip.1", "name": "Old", "media_reference": media("old.mp4", 3)}
    assert read_otio(timeline(old))[1]["assets"] == {"Old": {"file": "old.mp4"}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<xml/>", "not JSON"),
        ("{}", "no OTIO_SCHEMA"),
        (timeline(), "no picture track"),
        (timeline({"OTIO_SCHEMA": "Gap.1"}), "no clips with media"),
    ],
)
def test_what_is_no_timeline_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OtioError, match=reason):
        read_otio(text)


_KEYS = ("OTIO_SCHEMA", "children", "tracks", "name", "media_references", "media_reference")
_KEYS += ("markers", "target_url", "source_range", "duration", "value", "rate")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_KEYS),
            inner | st.sampled_from(["Clip.2", "Stack.1", "Track.1", "Timeline.1"]),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    with suppress(OtioError):
        read_otio(json.dumps(value))


def test_what_is_printed_is_a_configuration(tmp_path: Path) -> None:
    for name in ("goal.mp4", "goal-short.mp4", "out.mp4"):
        (tmp_path / name).write_bytes(b"x")
    file = tmp_path / "cup.otio"
    file.write_text(
        timeline(
            clip("Goal", "goal.mp4", 9, mark="goal", short="goal-short.mp4"),
            clip("Outro", "out.mp4", 3),
        )
    )
    result = CliRunner().invoke(main, ["import", str(file), "--show", "recap"])
    assert result.exit_code == 0
    (tmp_path / "weft.yaml").write_text(result.stdout)
    show = load(tmp_path / "weft.yaml").shows["recap"]
    assert [type(part) for part in show.story] == [FitPart, PlayPart]
    assert show.assets["Goal"].cuts["short"].file == tmp_path / "goal-short.mp4"
