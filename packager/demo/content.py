"""What the demo shows and plays: its cards and its sounds, as generators of frames and samples.

The loop lasts 48 s: 1200 frames at 25 per second and exactly 2250 AAC frames at 48 kHz, so that it
repeats for ever with no gap in any track; picture and sound end as they begin. So does any other
loop of whole 16 s.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from overlays.testcard import Card, CardPainter, Frame
from packager.demo.media import Clip

Samples = npt.NDArray[np.float32]  # shape (n, channels), full scale at 1

LOOP_S = 48
LOOP_RATE = 25  # frames per second
SEGMENT_S = 2
SAMPLE_RATE = 48_000  # Hz
LADDER = {  # name: (width, height), bit/s that no segment may pass
    "1080p": ((1920, 1080), 4_500_000),
    "720p": ((1280, 720), 2_400_000),
    "360p": ((640, 360), 800_000),
}
AUDIO_BPS = 128_000

# Sizes, frame rates and sounds differ on purpose: packaging has to make them match the loop.
CREATIVES = (
    Clip(
        name="northwind",
        title="Northwind Coffee",
        code="ad-1",
        duration_s=10,
        width=1280,
        height=720,
        frame_rate=25,
        sample_rate=48_000,
        channels=2,
    ),
    Clip(
        name="halden",
        title="Halden Bicycles",
        code="ad-2",
        duration_s=15,
        width=640,
        height=360,
        frame_rate=30,
        sample_rate=44_100,
        channels=1,
    ),
    Clip(
        name="lumen",
        title="Lumen Lamps",
        code="ad-3",
        duration_s=5,
        width=960,
        height=540,
        frame_rate=25,  # and no audio track
    ),
)
SLATE = Clip(
    name="slate",
    title="Back in a moment",
    code="slate",
    duration_s=10,
    width=1280,
    height=720,
    frame_rate=25,
    sample_rate=48_000,
    channels=2,
)
BUMPER = Clip(
    name="bumper",
    title="weft",
    code="bumper",
    duration_s=2,
    width=1280,
    height=720,
    frame_rate=25,
    sample_rate=48_000,
    channels=2,
)

CARDS = {
    "northwind": Card(
        code="ad-1",
        title="Northwind Coffee",
        subtitle="Roasted slowly, poured quickly",
        top=(92, 20, 34),
        bottom=(222, 104, 60),
        accent=(255, 222, 160),
    ),
    "halden": Card(
        code="ad-2",
        title="Halden Bicycles",
        subtitle="Uphill is a state of mind",
        top=(16, 22, 92),
        bottom=(70, 150, 226),
        accent=(140, 236, 222),
    ),
    "lumen": Card(
        code="ad-3",
        title="Lumen Lamps",
        subtitle="Daylight, whenever you like",
        top=(60, 40, 8),
        bottom=(206, 160, 36),
        accent=(255, 244, 190),
    ),
    "slate": Card(
        code="slate",
        title="Back in a moment",
        subtitle="The programme continues shortly",
        top=(34, 38, 46),
        bottom=(86, 94, 106),
        accent=(176, 186, 200),
    ),
    "bumper": Card(
        code="bumper",
        title="weft",
        subtitle="a demo break",
        top=(48, 16, 74),
        bottom=(150, 44, 140),
        accent=(255, 176, 220),
    ),
}
_NOTES = {"northwind": 262.0, "halden": 196.0, "bumper": 392.0}  # Hz; the slate is silent
_CHORDS = (
    (220.0, 262.0, 330.0),
    (175.0, 220.0, 262.0),
    (262.0, 330.0, 392.0),
    (196.0, 247.0, 294.0),
)


def loop_frames(name: str, seconds: int = LOOP_S) -> Iterator[Frame]:
    """Draw the loop.

    Args:
        name: Of the rendition, a key of `LADDER`; burnt into the picture.
        seconds: Duration of the loop.

    Yields:
        Frames of YUV 4:2:0 as `CardPainter.frame` gives them, `LOOP_RATE` for each second.
    """
    card = Card(
        code="content",
        title="Weft demo channel",
        subtitle=f"{LOOP_RATE} frames per second",
        label=name,
        duration_s=seconds,
        clock=True,
    )
    painter = CardPainter(card, LADDER[name][0])
    return (painter.frame(number, LOOP_RATE) for number in range(seconds * LOOP_RATE))


def loop_samples(seconds: int = LOOP_S) -> Iterator[Samples]:
    """Play the loop: a beep each second, higher each minute, over soft chords of 8 s each.

    Yields:
        For each second, an array of shape (`SAMPLE_RATE`, 2).
    """
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    for second in range(seconds):
        beep = pluck(time, 1760.0 if second % 60 == 0 else 880.0, decay_s=0.09)
        bar, beat = divmod(second, 8)
        swell = np.sin(np.pi * (beat + time) / 8) ** 2  # silent where one chord follows another
        chord = sum(np.sin(2 * np.pi * note * (beat + time)) for note in _CHORDS[bar % 4])
        left = 0.35 * beep + 0.02 * swell * chord
        yield np.stack([left, left], axis=1).astype(np.float32)


def clip_frames(clip: Clip) -> Iterator[Frame]:
    """Draw the frames of a creative, the slate or the bumper (YUV 4:2:0)."""
    painter = CardPainter(_card(clip), (clip.width, clip.height))
    return (
        painter.frame(number, clip.frame_rate)
        for number in range(clip.duration_s * clip.frame_rate)
    )


def clip_samples(clip: Clip) -> Iterator[Samples]:
    """Play a clip, second by second: rising notes, or silence; shape (sample_rate, channels)."""
    root = _NOTES.get(clip.name)
    time = np.arange(clip.sample_rate) / clip.sample_rate
    for second in range(clip.duration_s):
        sound = np.zeros_like(time)
        if root is not None:
            for step, interval in enumerate((1.0, 1.25, 1.5, 2.0)):
                higher = root * interval * (1 + second % 2 / 8)
                sound += 0.22 * pluck(time - step / 4, higher, decay_s=0.12)
        yield np.repeat(sound[:, None], clip.channels, axis=1).astype(np.float32)


def _card(clip: Clip) -> Card:
    return replace(CARDS[clip.name], label=f"{clip.duration_s} s", duration_s=clip.duration_s)


def pluck(
    time: npt.NDArray[np.float64], frequency: float, *, decay_s: float
) -> npt.NDArray[np.float64]:
    """A tone that starts at time 0 within 3 ms and dies away."""
    since = np.maximum(time, 0.0)
    envelope = np.minimum(since / 0.003, 1.0) * np.exp(-since / decay_s)
    return np.asarray(np.sin(2 * np.pi * frequency * since) * envelope)
