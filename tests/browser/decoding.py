"""FFmpeg, through PyAV, reads what playlists list: run by run, every frame, without a complaint.

A run is what lies between two EXT-X-DISCONTINUITY tags. The reader of playlists here is one of its
own: it knows URIs, durations, init sections and keys (with the IV of rule A-38), and nothing else.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import urljoin

import av
import httpx2

from tests.browser import aes

_DEMO_RATE = 25  # frames per second of the demo's content and ads


@dataclass(frozen=True, slots=True)
class Key:
    """What a segment or init section is encrypted with."""

    uri: str
    iv: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment as the playlist has it."""

    msn: int
    uri: str
    seconds: float
    init: str
    run: int  # how many DISCONTINUITY tags came before it
    key: Key | None = None
    init_key: Key | None = None


def read_entries(text: str, url: str) -> list[Entry]:
    """Read a media playlist.

    Args:
        text: The playlist.
        url: Where it came from.
    """
    number = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)[1])  # type: ignore[index]
    run_match = re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", text)
    run, seconds, init, entries = int(run_match[1]) if run_match else 0, 0.0, "", []
    key_uri, iv = "", b""
    init_key: Key | None = None
    for line in text.split("\n"):
        if line == "#EXT-X-DISCONTINUITY":
            run += 1
        elif line.startswith("#EXTINF:"):
            seconds = float(line[8:].split(",")[0])
        elif line.startswith("#EXT-X-KEY:"):
            clear = "METHOD=NONE" in line
            key_uri = "" if clear else urljoin(url, _quoted("URI", line))
            found = re.search(r"IV=0x([0-9A-Fa-f]{32})", line)
            iv = bytes.fromhex(found[1]) if found else b""
        elif line.startswith("#EXT-X-MAP:"):
            init = urljoin(url, _quoted("URI", line))
            assert not key_uri or iv, "an encrypted init section needs an IV (A-41)"
            init_key = Key(key_uri, iv) if key_uri else None
        elif line and not line.startswith("#"):
            key = Key(key_uri, iv or number.to_bytes(16)) if key_uri else None
            entries.append(Entry(number, urljoin(url, line), seconds, init, run, key, init_key))
            number += 1
    return entries


def fetch(url: str) -> httpx2.Response:
    """Get something from the server under test, which may be busy with players.

    As players do, it goes on to where segments of reported ads are.
    """
    answer = httpx2.get(url, timeout=30, verify=False, follow_redirects=True)  # no TLS to be set up
    return answer.raise_for_status()


def media_urls(multivariant_url: str) -> dict[str, str]:
    """The only video playlist, and the audio playlist beside it."""
    text = fetch(multivariant_url).text
    lines = [line for line in text.split("\n") if line]
    audio = re.search(r'TYPE=AUDIO.*URI="([^"]+)"', text)
    video = next(line for line in lines if not line.startswith("#"))
    urls = {"video": urljoin(multivariant_url, video)}
    if audio:
        urls["audio"] = urljoin(multivariant_url, audio[1])
    return urls


def runs_of(entries: list[Entry]) -> list[list[Entry]]:
    """Split where the discontinuities are."""
    return [list(run) for _, run in groupby(entries, lambda entry: entry.run)]


def media_of(run: list[Entry]) -> bytes:
    """The init section and all segments of a run, decrypted."""
    assert len({entry.init for entry in run}) == 1
    init = _body(run[0].init, run[0].init_key) if run[0].init else b""
    return init + b"".join(_body(entry.uri, entry.key) for entry in run)


def decode(data: bytes, kind: str, rate: int = _DEMO_RATE) -> tuple[int, float]:
    """Frames (or audio frames) and seconds of one run; fails on any complaint.

    Args:
        data: As `media_of` gives it.
        kind: "video" or "audio".
        rate: Pictures per second.
    """
    av.logging.set_level(av.logging.WARNING)
    try:
        opened = av.open(io.BytesIO(data), "r", format=_format(data))
        with av.logging.Capture(local=False) as said, opened as container:
            frames = list(container.decode(getattr(container.streams, kind)[0]))
    finally:
        av.logging.set_level(None)
    complaints = [line for _, _, line in said if "duplicated MOOV" not in line]
    assert not complaints, complaints
    times = [frame.pts * frame.time_base for frame in frames]
    assert times == sorted(times)
    lengths = [
        (1 / rate if kind == "video" else frame.samples / frame.sample_rate) for frame in frames
    ]
    for (before, length), after in zip(zip(times, lengths, strict=True), times[1:], strict=False):
        assert abs(float(after - before) - length) < 0.002, (float(before), float(after))
    return len(frames), sum(lengths)


def judge(entries: list[Entry], kind: str, rate: int = _DEMO_RATE) -> None:
    """Every run decodes whole, and is as long as its playlist says, to within one frame."""
    for run in runs_of(entries):
        data = media_of(run)
        assert counters_are_whole(data), f"packets are missing in run {run[0].run}"
        frames, seconds = decode(data, kind, rate)
        said = sum(entry.seconds for entry in run)
        assert frames > 0
        assert abs(seconds - said) <= 1 / rate + 1e-6, (kind, run[0].run, seconds, said)


def counters_are_whole(data: bytes) -> bool:
    """Whether no transport packet is missing or doubled; of other containers, always."""
    last: dict[int, int] = {}
    for at in range(0, len(data) if _format(data) == "mpegts" else 0, 188):
        assert data[at] == 0x47
        pid, counter = int.from_bytes(data[at + 1 : at + 3]) & 0x1FFF, data[at + 3] & 0xF
        if data[at + 3] & 0x10:  # it has a payload
            if pid in last and counter != last[pid] + 1 & 0xF:
                return False
            last[pid] = counter
    return True


def _format(data: bytes) -> str:
    if data[:1] == b"\x47":
        return "mpegts"
    return "aac" if data[:3] == b"ID3" else "mp4"


def _quoted(name: str, line: str) -> str:
    found = re.search(rf'{name}="([^"]+)"', line)
    assert found, line
    return found[1]


@lru_cache(256)
def _body(uri: str, key: Key | None = None) -> bytes:
    body: bytes = fetch(uri).content
    return body if key is None else aes.decrypt(body, key=_body(key.uri), iv=key.iv)
