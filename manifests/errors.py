"""What can be wrong with a manifest or a message in it.

ManifestError
    PlaylistSyntaxError      a line of a playlist cannot be read
    MpdSyntaxError           an MPD cannot be read
        RemoteElementError   a part of it is elsewhere
    ManifestLimitError       a playlist or MPD is larger than we are willing to read
    CueError                 a SCTE 35 message cannot be read
    SpliceError              a break cannot be spliced into a playlist
"""


class ManifestError(Exception):
    """Something in a manifest cannot be understood or done; the text says what."""


class PlaylistSyntaxError(ManifestError):
    """A line of a playlist cannot be read; `line` is its 1-based number."""

    def __init__(self, reason: str, *, line: int) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class MpdSyntaxError(ManifestError):
    """An MPD is not well-formed, or says something that cannot be."""


class RemoteElementError(MpdSyntaxError):
    """A part of an MPD is elsewhere (xlink), and is refused, or what is there cannot be read."""


class ManifestLimitError(ManifestError):
    """A manifest has more bytes, lines, elements or attributes than the limits allow."""


class CueError(ManifestError):
    """A SCTE 35 message is malformed, truncated, encrypted or fails its checksum."""


class SpliceError(ManifestError):
    """A break cannot be spliced into a playlist, for the reason given."""
