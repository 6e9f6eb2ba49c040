"""Subtitles of a creative: none, told in WebVTT segments as long as the video's (A-55, G-10)."""


def empty_vtt(origin: int) -> bytes:
    """Return a complete WebVTT segment without cues.

    Args:
        origin: Timestamp of the creative's first picture, in 1/90000 s.
    """
    return f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{origin},LOCAL:00:00:00.000\n\n".encode()
