"""Looking at a show on this machine: manifests and segments that are files."""

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

from manifests.dash.model import Period
from manifests.dash.reading.reader import read_mpd
from manifests.hls.model import ByteRange, MediaPlaylist, MultivariantPlaylist
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from packager.packaging.errors import LadderUnmatched
from packager.packaging.mpd_excerpt import Excerpt, excerpt_place
from packager.packaging.mpd_ladder import RepresentationKey, media_representations, refusal_of
from packager.packaging.probe import Probe, media_playlist_uris


def read_local_show(path: Path) -> tuple[MultivariantPlaylist | MediaPlaylist, tuple[Probe, ...]]:
    """Return a playlist, and a look at each media playlist of it.

    Raises:
        ManifestError: A playlist cannot be read.
        LadderUnmatched: It names something that is not a local file.
        OSError: A file cannot be read.
    """
    url = path.absolute().as_uri()
    text = path.read_bytes()
    if not is_multivariant(text):
        playlist = read_media_playlist(text, url=url)
        return playlist, (_probe(playlist),)
    multivariant = read_multivariant_playlist(text, url=url)
    playlists = [
        read_media_playlist(_local(uri).read_bytes(), url=uri)
        for uri in media_playlist_uris(multivariant)
    ]
    return multivariant, tuple(_probe(playlist) for playlist in playlists)


def is_mpd(path: Path) -> bool:
    """Whether a file is XML, and so no playlist."""
    with path.open("rb") as file:
        return file.read(256).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_local_mpd(path: Path) -> tuple[Period, dict[RepresentationKey, Excerpt]]:
    """Return the longest Period of an MPD, and a look at its video and audio.

    Raises:
        ManifestError: The MPD cannot be read.
        LadderUnmatched: It has no Periods, or names something that is not a local file.
        OSError: A file cannot be read.
    """
    mpd = read_mpd(path.read_bytes(), url=path.absolute().as_uri())
    if not mpd.periods:
        raise LadderUnmatched(f"{path} has no Periods")
    period = max(mpd.periods, key=_duration)
    excerpts = {}
    for key, (one, representation) in media_representations(period).items():
        place = excerpt_place(one, representation, at=Fraction(0))
        if place is not None and not refusal_of(representation):
            init = _local(place.init).read_bytes() if place.init else b""
            media = _local(place.media).read_bytes() if place.media else b""
            excerpts[key] = Excerpt(init, media[: place.first_bytes])
    return period, excerpts


def _duration(period: Period) -> Decimal:
    return Decimal("Infinity") if period.end is None else period.end - period.start


def _probe(playlist: MediaPlaylist) -> Probe:
    if not playlist.segments:
        return Probe(playlist=playlist)
    segment = playlist.segments[0]
    init = b"" if segment.map is None else _read(segment.map.uri, segment.map.byterange)
    media = b"" if segment.keys else _read(segment.uri, segment.byterange)
    return Probe(playlist=playlist, init=init, media=media)


def _read(uri: str, byterange: ByteRange | None) -> bytes:
    data = _local(uri).read_bytes()
    if byterange is None:
        return data
    return data[byterange.offset : byterange.offset + byterange.length]


def _local(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc:
        raise LadderUnmatched(f"{uri} is not a file on this machine")
    return Path(unquote(parts.path))
