"""What fills an ad break: asking ad servers, reading their answers, choosing a pod.

`request`, `templates` and `macros` write the call, `vast` and `vmap` read answers into the values
of `ads`, `wrappers` follows chains and merges what they say, `decider` joins these, and `fill` does
the sums. `ad_record` keeps the ads of a pod; `beacon_macros` fills the URLs that they owe.
"""

from enum import StrEnum


class Omission(StrEnum):
    """Why an ad that nothing is wrong with was left out of a pod; what goes wrong is a Reason."""

    REPEATED = "ad_repeated"  # the break has it already (D-56)
    COMPETING = "ad_competing"  # would follow an ad of the same advertiser or category (D-56)
    CAPPED = "ad_capped"  # came often enough in this session (D-56)
    BLOCKED = "ad_blocked"  # of a category that the show does not take
    AFTER_TOO_LONG = "ad_after_too_long"  # a pod is shortened at its tail only (D-05, D-51)
    SPARE = "ad_spare"  # a substitute that was not needed (D-05)
    UNDERFILLED = "break_underfilled"  # too little of the break would have been ads (D-53)
    CONDITIONAL = "ad_conditional"  # the ad itself would decide whether it plays (D-56)
    SKIPPABLE = "ad_skippable"  # sold as skippable, which a stitched ad is not (D-09)
    NOT_VIDEO = "ad_not_video"  # an overlay, companions or sound only; or not wanted as a film
    NO_DURATION = "ad_no_duration"  # VAST error 202: Duration missing, unreadable or 0 (D-09)
