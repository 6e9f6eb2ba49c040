"""Ad cues in playlists, in every dialect that is in use (splice rules A-60 to A-63, A-70 to A-79).

Lines become signals (`tags`, `dateranges`), whose SCTE 35 payloads tell the truth where they can
be read (`manifests.cues.payloads`); signals of one event become one cue (`reader`).
"""

from manifests.hls.cues.reader import is_cue_line, read_cues

__all__ = ["is_cue_line", "read_cues"]
