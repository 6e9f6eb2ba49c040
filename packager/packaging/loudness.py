"""How loud a creative is, and the gain that brings it to a target (EBU R 128, rule G-11).

One gain for the whole creative: its dynamics stay as they were mixed.
"""

import math
from collections.abc import Iterable
from typing import Any

import av

_SILENCE_LUFS = -70.0  # the gate of the measurement: nothing was heard
_PEAK_LIMIT = 10 ** (-1 / 20)  # full scale is 1; R 128 leaves one decibel


def gain_to(target_lufs: float, sounds: Iterable[av.AudioFrame]) -> float:
    """Return the factor that gives `sounds` the integrated loudness `target_lufs`.

    It is smaller where peaks would otherwise come within 1 dB of full scale, and 1 for silence.
    """
    loudness, peak = measure(sounds)
    if loudness <= _SILENCE_LUFS:
        return 1.0
    gain: float = 10 ** ((target_lufs - loudness) / 20)
    return min(gain, _PEAK_LIMIT / peak) if peak > 0 else gain


def measure(sounds: Iterable[av.AudioFrame]) -> tuple[float, float]:
    """Return the integrated loudness in LUFS and the true peak, full scale being 1."""
    graph: Any = None
    loudness, peak = -math.inf, 0.0
    for sound in sounds:
        if graph is None:
            graph = _graph(sound)
        graph.push(sound)
        while (values := _pull(graph)) is not None:
            loudness = float(values.get("lavfi.r128.I", loudness))
            peak = max(peak, float(values.get("lavfi.r128.true_peak", peak)))
    return loudness, peak


def _graph(sound: av.AudioFrame) -> Any:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=sound.sample_rate,
        layout=sound.layout.name,
        format=sound.format.name,
        time_base=sound.time_base,
    )
    meter = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def _pull(graph: Any) -> dict[str, str] | None:
    try:
        metadata: dict[str, str] = graph.pull().metadata
    except (av.BlockingIOError, av.EOFError):
        return None
    return metadata
