"""Which files of an ad can be conditioned, best first, and which are streams (splice rule D-08).

What a file is, is said by its MIME type or, where that says nothing or contradicts the name of the
file, by the ending of its URL.
"""

from typing import Literal
from urllib.parse import urlsplit

from packager.decisions.ads import Ad, MediaFile

_MAX_FILMS = 3  # of one ad that are tried
_MAX_STREAMS = 2  # one as HLS and one as DASH, say

Nature = Literal["film", "stream", "sound", "program", "unknown"]

_FILMS = frozenset(
    {"video/mp4", "video/quicktime", "video/webm", "video/x-m4v", "video/m4v", "application/mp4"}
)
_STREAMS = frozenset(
    {
        "application/x-mpegurl",
        "application/vnd.apple.mpegurl",
        "application/mpegurl",
        "application/dash+xml",
        "audio/mpegurl",
        "audio/x-mpegurl",
        "video/x-mpegurl",
        "vnd.apple.mpegurl",
    }
)
_PROGRAMS = frozenset(
    {
        "application/javascript",
        "application/x-javascript",
        "text/javascript",
        "application/x-shockwave-flash",
        "text/html",
    }
)
_ENDINGS: dict[str, Nature] = {
    "mp4": "film",
    "m4v": "film",
    "mov": "film",
    "webm": "film",
    "m3u8": "stream",
    "mpd": "stream",
    "mp3": "sound",
    "m4a": "sound",
    "aac": "sound",
    "wav": "sound",
    "js": "program",
    "swf": "program",
    "html": "program",
}


def nature(file: MediaFile) -> Nature:
    """What a media file is: only films can be conditioned, of what is unknown one may try."""
    if file.api_framework or file.type in _PROGRAMS:
        return "program"
    by_name = _by_name(file.url)
    if file.type in _STREAMS:
        return "stream"
    if file.type in _FILMS:
        return "film" if by_name in ("film", "unknown") else by_name
    if file.type.startswith("audio/"):
        return "sound"
    return by_name


def rank_media_files(ad: Ad, *, ladder_max_height: int) -> tuple[MediaFile, ...]:
    """Order what can be conditioned for a ladder, best first, by attributes, not by place (D-08).

    Mezzanines first, the tallest before others. Then files that are ready to serve: those as tall
    as the ladder, the smallest of them first; then the others, the tallest first; of equals the one
    with the most bits. Last what claims to be a stream and is a file, and what does not say what it
    is. Empty: the ad has nothing that can be stitched.

    Args:
        ad: What to choose from.
        ladder_max_height: Height in pixels of the tallest rung of the show's ladder.
    """
    if ad.linear is None:
        return ()

    def rank(file: MediaFile) -> tuple[int, ...]:
        tall = file.height >= ladder_max_height
        return (
            nature(file) == "unknown",
            file.delivery == "streaming",
            file not in mezzanines,
            *((0, file.height) if tall and file not in mezzanines else (1, -file.height)),
            -(file.bitrate or file.max_bitrate),
        )

    mezzanines = frozenset(ad.linear.mezzanines)
    files = (*ad.linear.mezzanines, *ad.linear.media_files)
    return tuple(sorted((f for f in files if nature(f) in ("film", "unknown")), key=rank))


def choose_media_files(ad: Ad, *, ladder_max_height: int) -> tuple[MediaFile, ...]:
    """What is tried for an ad, in this order: mezzanines, streams, the other files (D-08).

    A stream comes before files because it may be used as it is. Empty: nothing can be stitched.
    """
    films = rank_media_files(ad, ladder_max_height=ladder_max_height)[:_MAX_FILMS]
    mezzanines = frozenset(ad.linear.mezzanines if ad.linear else ())
    return (
        *(film for film in films if film in mezzanines),
        *streams(ad)[:_MAX_STREAMS],
        *(film for film in films if film not in mezzanines),
    )


def streams(ad: Ad) -> tuple[MediaFile, ...]:
    """The HLS and DASH creatives of an ad, in the order of the document."""
    files = ad.linear.media_files if ad.linear else ()
    return tuple(file for file in files if nature(file) == "stream")


def _by_name(url: str) -> Nature:
    try:
        path = urlsplit(url).path
    except ValueError:  # a bracket in the host, say; nobody will fetch it
        return "unknown"
    return _ENDINGS.get(path.rpartition("/")[2].rpartition(".")[2].lower(), "unknown")
