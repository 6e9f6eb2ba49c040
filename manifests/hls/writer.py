"""Playlists back to text: what was read, to the byte."""

from collections.abc import Sequence

from manifests.hls.lexer import BYTE_ORDER_MARK
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist


def write_media_playlist(playlist: MediaPlaylist) -> str:
    """The text that the playlist was read from."""
    lines = list(playlist.header)
    for segment in playlist.segments:
        lines += segment.lines
        lines.append(segment.uri_line)
    lines += playlist.trailer
    return _join(lines, playlist)


def write_multivariant_playlist(playlist: MultivariantPlaylist) -> str:
    """The text that the playlist was read from."""
    return _join(playlist.lines, playlist)


def _join(lines: Sequence[str], playlist: MediaPlaylist | MultivariantPlaylist) -> str:
    text = playlist.newline.join(lines)
    if playlist.byte_order_mark:
        text = BYTE_ORDER_MARK + text
    return text + playlist.newline if playlist.final_newline else text
