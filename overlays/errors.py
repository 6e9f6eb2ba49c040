"""The errors of overlays, as one tree, and the reasons for which a segment is left as it is.

OverlayError
├── FontError               a font cannot be used
├── ImageError              a picture given as data cannot be used
├── DataError               data does not fit its template
├── TemplateError           a template cannot be used: which file, which place in it, what to do
├── EngineMissing           a library that this kind of template needs is not installed
├── MediaMalformed          bytes that are not what they say
├── SegmentRefused          sound, but not to be overlaid: the original is served
│   └── RetargetRefused     only the original's parameter sets stand in the way
└── EncodingFailed          decoder or encoder did not do as told
"""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a segment cannot be overlaid; `meaning` says it in a sentence."""

    _value_: str
    meaning: str

    def __new__(cls, code: str, meaning: str) -> "Refusal":
        """Make the string `code` carry its meaning."""
        refusal = str.__new__(cls, code)
        refusal._value_ = code
        refusal.meaning = meaning
        return refusal

    # fmt: off
    # of the segment
    ENCRYPTED = ("encrypted", "Samples are encrypted.")
    CODEC = ("codec", "The video is not H.264.")
    NO_VIDEO = ("no_video", "There is no video track, or none with samples.")
    OPEN_GOP = ("open_gop", "A random access point is not an IDR picture.")
    LAYOUT = ("layout", "Fragments address their samples in a way that is not written anew.")
    TIMES = ("times", "Pictures share a time, or GOPs overlap in time.")
    SETS_MISSING = ("sets_missing", "A slice names parameter sets that are nowhere.")
    SETS_CHANGE = ("sets_change", "Parameter sets change within the segment.")
    # of pictures
    INTERLACED = ("interlaced", "Pictures are, or may be, interlaced.")
    CHROMA_FORMAT = ("chroma_format", "Chroma is not 4:2:0.")
    BIT_DEPTH = ("bit_depth", "Samples have more than 8 bits.")
    CROPPING = ("cropping", "The frame is cropped at its left or top, or by whole macroblocks.")
    # of parameter sets: others beside them would do
    SCALING_LISTS = ("scaling_lists", "Parameter sets have scaling lists.")
    POC_TYPE = ("poc_type", "Picture order count is of type 1.")
    SLICE_GROUPS = ("slice_groups", "Macroblocks are in slice groups.")
    CHROMA_OFFSETS = ("chroma_offsets", "The chroma planes have different QP offsets.")
    NO_REFERENCES = ("no_references", "Parameter sets allow no reference frames.")
    SETS_DIFFER = ("sets_differ", "The encoder's parameter sets differ in what slices depend on.")
    SETS_FULL = ("sets_full", "No number is free for parameter sets beside the original's.")
    # of our means
    TOO_LONG = ("too_long", "A GOP has more pictures than are held in memory.")
    TOO_MANY_BYTES = ("too_many_bytes", "The replacement does not come down to the bytes allowed.")
    # fmt: on


class OverlayError(Exception):
    """Whatever goes wrong between a template and a replaced segment."""


class FontError(OverlayError):
    """A font file is of no kind that is read here, or broken."""


class ImageError(OverlayError):
    """A picture is of no kind that is read here, broken, or larger than its limit."""


class DataError(OverlayError):
    """Data does not fit its template; `problems` has a line for each place.

    They quote the data, which may be a viewer's: they are for who wrote it. The text of the error
    quotes the template alone, and is for logs.
    """

    def __init__(self, problems: tuple[str, ...], *, told: tuple[str, ...]) -> None:
        super().__init__("; ".join(told))
        self.problems = problems


class TemplateError(OverlayError):
    """A template cannot be used; the text says file, place, problem and what to do."""

    def __init__(self, file: str, place: str, problem: str) -> None:
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")
        self.file = file
        self.place = place
        self.problem = problem


class EngineMissing(OverlayError):
    """A library that a template needs is not installed; the text says which and how to get it."""


class MediaMalformed(OverlayError):
    """Bytes cannot be read as what they are said to be."""


class SegmentRefused(OverlayError):
    """A segment is not overlaid, for `reason`; its original is to be served."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail or reason.meaning}")
        self.reason = reason


class RetargetRefused(SegmentRefused):
    """Slices cannot be made to decode under the original's parameter sets."""


class EncodingFailed(OverlayError):
    """The decoder or the encoder did not give what was asked of it."""
