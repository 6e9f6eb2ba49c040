"""What can go wrong while media is packaged.

PackagingError
    CreativeRefused      the source is not a video that Weft packages
        StreamRefused    it is HLS or DASH that is live, encrypted, too much or not readable
    StreamUnmatched      its renditions cannot stand in the show's playlists as they are
    CreativeFailed       the source could not be decoded, or its renditions are not as they must be
    WorkerCrashed        the process that packaged it died, or took too long
    LadderUnmatched      no playlist of the show can be matched
    MediaMissing         PyAV is not installed
    MediaWriteFailed     the media folder does not take a file
"""

from packager.reasons import Reason


class PackagingError(Exception):
    """Media could not be packaged; the text says why, `reason` is the code to count it under."""

    reason = Reason.CREATIVE_FAILED


class CreativeRefused(PackagingError):
    """The source is not a video that Weft packages: trying again gives the same answer."""

    reason = Reason.CREATIVE_REFUSED


class StreamRefused(CreativeRefused):
    """HLS or DASH that nothing is made of: live, encrypted, too much of it, or unreadable."""

    reason = Reason.CREATIVE_STREAM_REFUSED


class StreamUnmatched(PackagingError):
    """The renditions of an HLS or DASH creative are not those of the ladder."""

    reason = Reason.CREATIVE_STREAM_UNMATCHED


class CreativeFailed(PackagingError):
    """The source could not be decoded, or what came of it does not pass the check (G-12)."""


class WorkerCrashed(PackagingError):
    """The process that packaged the source died or used up its time."""

    reason = Reason.WORKER_CRASHED


class LadderUnmatched(PackagingError):
    """None of a show's playlists is of a kind that Weft can package for."""

    reason = Reason.LADDER_UNMATCHED


class MediaMissing(PackagingError):
    """PyAV is not installed, and only it can read and write media."""

    def __init__(self) -> None:
        super().__init__("packaging media needs PyAV: pip install 'weft[media]'")


class MediaWriteFailed(PackagingError):
    """The media folder does not take a file: it is full, read-only or broken."""

    reason = Reason.MEDIA_WRITE_FAILED
