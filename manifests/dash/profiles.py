"""@profiles of an MPD with ads in it: what is still true (rules B-26, B-27)."""

FULL = "urn:mpeg:dash:profile:full:2011"
CMAF = "urn:mpeg:dash:profile:cmaf:2019"
CMAF_EXTENDED = "urn:mpeg:dash:profile:cmaf-extended:2019"  # ads are not made for their Periods

# These want one Period, one file for each Representation, or other containers than the ads have.
NARROW = frozenset(
    {
        "urn:mpeg:dash:profile:isoff-on-demand:2011",
        "urn:mpeg:dash:profile:isoff-ext-on-demand:2014",
        "urn:dvb:dash:profile:dvb-dash:isoff-ext-on-demand:2014",
        "urn:mpeg:dash:profile:mp2t-main:2011",
        "urn:mpeg:dash:profile:mp2t-simple:2011",
        "urn:mpeg:dash:profile:sps:2024",
    }
)


def spliced_profiles(profiles: str) -> str:
    """The profiles that an MPD keeps when ads are spliced into it; never none.

    Args:
        profiles: As written, with commas between.
    """
    kept: list[str] = []
    for written in profiles.split(","):
        profile = written.strip()
        if profile == CMAF:
            profile = CMAF_EXTENDED
        elif profile in NARROW or not profile:
            profile = FULL
        if profile not in kept:
            kept.append(profile)
    return ",".join(kept)
