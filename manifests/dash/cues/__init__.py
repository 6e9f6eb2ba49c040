"""Ad cues in MPDs and in the heads of segments (splice rules B-50 to B-52, part C)."""

from manifests.dash.cues.event_cues import CUE_SCHEMES, is_cue_scheme
from manifests.dash.cues.reader import read_cues

__all__ = ["CUE_SCHEMES", "is_cue_scheme", "read_cues"]
