"""What an AdaptationSet or Representation has in it, from its descriptors and media types."""

import re
from collections.abc import Sequence
from typing import Literal

from lxml import etree

from manifests.dash.reading.attribute_values import inherited, mpd_tag

Kind = Literal["video", "audio", "text", "image", "other"]

COMPONENT, CHANNELS = mpd_tag("ContentComponent"), mpd_tag("AudioChannelConfiguration")
ROLE, ESSENTIAL = mpd_tag("Role"), mpd_tag("EssentialProperty")
ROLE_SCHEME = "urn:mpeg:dash:role:2011"
TRICK_MODE = "http://dashif.org/guidelines/trickmode"
TEXT_TYPES = ("application/ttml+xml", "application/x-subrip")
# The first four letters of codecs, RFC 6381.
KIND_OF_CODEC: dict[str, Kind] = {
    **dict.fromkeys(("avc1", "avc2", "avc3", "avc4", "hvc1", "hev1", "hvc2", "hev2"), "video"),
    **dict.fromkeys(("dvh1", "dvhe", "dva1", "dvav", "dav1", "av01", "vp08", "vp09"), "video"),
    **dict.fromkeys(("vvc1", "vvi1", "lhv1", "lhe1", "mvc1", "mp4v", "evc1", "svc1"), "video"),
    **dict.fromkeys(("mp4a", "ac-3", "ec-3", "ac-4", "opus", "flac", "alac", "iamf"), "audio"),
    **dict.fromkeys(("dtsc", "dtse", "dtsh", "dtsl", "dtsx", "mhm1", "mhm2", "mha1"), "audio"),
    **dict.fromkeys(("stpp", "wvtt"), "text"),
}
# Channels of ChannelConfiguration (ISO/IEC 23091-3, table 1), where it is not the number itself.
CHANNELS_OF_CICP = {7: 8, 9: 3, 10: 4, 11: 7, 12: 8, 13: 24, 14: 8, 15: 12, 16: 10, 17: 12}
CHANNELS_OF_CICP |= {18: 14, 19: 12, 20: 14}
# Channels of each bit of Dolby's value, the highest bit first (ETSI TS 102 366, table E.1.4).
CHANNELS_OF_DOLBY = (1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 2, 2, 1, 2, 1, 1)


def kind_of(element: etree._Element, representations: Sequence[etree._Element]) -> Kind:
    """What an AdaptationSet has in it: by @contentType, else media types, else codecs."""
    levels = (element, *element.iterchildren(COMPONENT))
    declared = inherited(levels, "contentType")
    levels = (element, *representations)
    mime_type = inherited(levels, "mimeType")
    for text in (declared and declared[1], mime_type and mime_type[1]):
        kind = _kind_of_type(text or "")
        if kind != "other":
            return kind
    codecs = inherited(levels, "codecs")
    first = codecs[1].lower()[:4] if codecs else ""
    return KIND_OF_CODEC.get(first, "other")


def _kind_of_type(text: str) -> Kind:
    lower = text.lower().split(";")[0].strip()
    if lower in TEXT_TYPES:
        return "text"
    match lower.split("/")[0]:
        case "video":
            return "video"
        case "audio":
            return "audio"
        case "text":
            return "text"
        case "image":
            return "image"
        case _:
            return "other"


def channels_of(levels: Sequence[etree._Element]) -> int | None:
    """How many audio channels the first configuration that can be read tells."""
    for element in levels:
        for configuration in element.iterchildren(CHANNELS):
            channels = _channels(
                configuration.get("schemeIdUri", "").strip(), configuration.get("value", "").strip()
            )
            if channels is not None:
                return channels
    return None


def _channels(scheme: str, value: str) -> int | None:
    if scheme in (
        "tag:dolby.com,2014:dash:audio_channel_configuration:2011",
        "urn:dolby:dash:audio_channel_configuration:2011",
    ):
        if not re.fullmatch(r"[0-9A-Fa-f]{4}", value):
            return None
        bits = f"{int(value, 16):016b}"
        return sum(n for n, bit in zip(CHANNELS_OF_DOLBY, bits, strict=True) if bit == "1") or None
    if not re.fullmatch(r"[1-9][0-9]?", value):
        return None
    number = int(value)
    if scheme == "urn:mpeg:mpegB:cicp:ChannelConfiguration":
        return number if number <= 6 else CHANNELS_OF_CICP.get(number)
    if scheme in (
        "urn:mpeg:dash:23003:3:audio_channel_configuration:2011",
        "urn:dts:dash:audio_channel_configuration:2012",
        "tag:dts.com,2014:dash:audio_channel_configuration:2012",
    ):
        return number  # in practice the number of channels, whatever the tables say
    return None


def roles_of(element: etree._Element) -> tuple[str, ...]:
    """The values of the DASH role scheme, in document order."""
    return tuple(
        role.get("value", "")
        for role in element.iterchildren(ROLE)
        if role.get("schemeIdUri") == ROLE_SCHEME
    )


def is_trick_mode(element: etree._Element) -> bool:
    """Whether an AdaptationSet or Representation is only for trick play."""
    return any(one.get("schemeIdUri") == TRICK_MODE for one in element.iterchildren(ESSENTIAL))
