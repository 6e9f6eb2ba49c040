"""What an HLS presentation's URL gives: a multivariant playlist, as a rule."""

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from packager.hls.keeper import read_playlist


def read_either(body: bytes, url: str) -> MultivariantPlaylist | MediaPlaylist:
    """Read what an asset's URL gives: usually a multivariant playlist."""
    text = body.decode("utf-8", "replace")
    if is_multivariant(text):
        return read_multivariant_playlist(body, url=url)
    return read_playlist(body, url)
