"""Looking at a show on this machine: playlists and segments that are files."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from manifests.hls.model import ByteRange, MediaPlaylist, MultivariantPlaylist
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from packager.packaging.errors import LadderUnmatched
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
