from fractions import Fraction
from pathlib import Path
from struct import pack

import pytest

from packager.demo.content import BUMPER, CREATIVES, SLATE
from packager.demo.media import DemoMedia, LoopRendition

AAC_FRAMES = (94, 94, 93, 94)  # 8 s in all


def box(kind: bytes, *content: bytes) -> bytes:
    return pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def fragment(time: int, *, version: int = 1) -> bytes:
    tfdt = pack(">BxxxQ" if version else ">BxxxI", version, time)
    moof = box(b"moof", box(b"mfhd", bytes(8)), box(b"traf", box(b"tfdt", tfdt)))
    return moof + box(b"mdat", b"media")


@pytest.fixture
def media(tmp_path: Path) -> DemoMedia:
    """A loop of 8 s in four segments, whose bytes are boxes with times and nothing to show."""
    video = {"kind": "video", "timescale": 90_000, "frame_rate": Fraction(25)}
    sizes = {"1080p": (1920, 1080), "360p": (640, 360)}
    renditions = [
        LoopRendition(
            name=name,
            codecs="avc1.64001f",
            durations=(180_000,) * 4,
            bandwidth=width * 1000,
            average_bandwidth=width * 500,
            width=width,
            height=height,
            segments=("0.m4s", "1.m4s", "2.m4s", "3.m4s"),
            **video,  # type: ignore[arg-type]
        )
        for name, (width, height) in sizes.items()
    ]
    renditions.append(
        LoopRendition(
            name="audio",
            kind="audio",
            codecs="mp4a.40.2",
            timescale=48_000,
            durations=tuple(1024 * frames for frames in AAC_FRAMES),
            bandwidth=128_000,
            average_bandwidth=100_000,
            channels=2,
            segments=("0.m4s", "1.m4s", "2.m4s", "3.m4s"),
        )
    )
    for item in renditions:
        folder = tmp_path / item.name
        folder.mkdir()
        (folder / item.init).write_bytes(b"init of " + item.name.encode())
        for number, name in enumerate(item.segments):
            (folder / name).write_bytes(fragment(sum(item.durations[:number])))
    return DemoMedia(
        folder=tmp_path,
        renditions=tuple(renditions),
        creatives=CREATIVES,
        slate=SLATE,
        bumper=BUMPER,
    )
