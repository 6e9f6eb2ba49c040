"""Ad cues, whatever manifest they stand in: which signals count, and what messages say of breaks.

`rules` is what an operator may say of them, `signals` their precedence and how reports of one event
become one, `payloads` the SCTE 35 messages. How a playlist or an MPD carries them is told in
`manifests.hls.cues` and `manifests.dash.cues`.
"""

from manifests.cues.rules import CueRules

__all__ = ["CueRules"]
