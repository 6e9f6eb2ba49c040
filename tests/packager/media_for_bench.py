"""Tiny source files: a grey picture that brightens, and a quiet tone."""

import io
from fractions import Fraction

import av
import numpy as np

SIZE = (64, 36)
RATE = 25
SAMPLES = 48_000


def make_clip(seconds: int, *, shade: int) -> bytes:
    """An MP4 of so many seconds whose grey tells which one it is."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        video = file.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = file.add_stream("aac", rate=SAMPLES)
        audio.layout = "stereo"
        for number in range(seconds * RATE):
            pixels = np.full((SIZE[1], SIZE[0], 3), shade + number % 20, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            file.mux(video.encode(frame.reformat(format="yuv420p", dst_colorspace=1)))
        file.mux(video.encode(None))
        wave = np.sin(np.arange(seconds * SAMPLES) * (shade / 1000)).astype(np.float32) / 20
        sound = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        sound.sample_rate, sound.pts, sound.time_base = SAMPLES, 0, Fraction(1, SAMPLES)
        file.mux(audio.encode(sound))
        file.mux(audio.encode(None))
    return out.getvalue()
