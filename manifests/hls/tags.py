"""The names of the tags of HLS, by where they may stand (RFC 8216bis, section 4.4)."""

# 4.4.3: they say something of the whole of a media playlist.
_MEDIA_TAGS = frozenset(
    {
        "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE",
        "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-ENDLIST",
        "EXT-X-PLAYLIST-TYPE",
        "EXT-X-I-FRAMES-ONLY",
        "EXT-X-PART-INF",
        "EXT-X-SERVER-CONTROL",
    }
)

# The same, and 4.4.1 and 4.4.2, of any playlist.
PLAYLIST_TAGS = _MEDIA_TAGS | {
    "EXTM3U",
    "EXT-X-VERSION",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
    "EXT-X-DEFINE",
    "EXT-X-ALLOW-CACHE",  # until version 7
}

# 4.4.4 and 4.4.5: they say something of what follows.
SEGMENT_TAGS = frozenset(
    {
        "EXTINF",
        "EXT-X-BYTERANGE",
        "EXT-X-DISCONTINUITY",
        "EXT-X-KEY",
        "EXT-X-MAP",
        "EXT-X-PROGRAM-DATE-TIME",
        "EXT-X-GAP",
        "EXT-X-BITRATE",
        "EXT-X-PART",
        "EXT-X-DATERANGE",
        "EXT-X-SKIP",
        "EXT-X-PRELOAD-HINT",
        "EXT-X-RENDITION-REPORT",
    }
)

# Cues of splice rules: every tag that starts so.
CUE_PREFIXES = (
    "EXT-X-CUE",
    "EXT-OATCLS-SCTE35",
    "EXT-X-ASSET",
    "EXT-X-SCTE35",
    "EXT-SCTE35",
    "EXT-X-SPLICEPOINT-SCTE35",
)

# 4.4.3 and 4.4.4: a playlist with one of them is a media playlist.
MEDIA_PLAYLIST_TAGS = (SEGMENT_TAGS - {"EXT-X-DATERANGE"}) | _MEDIA_TAGS

# 4.4.6: a playlist with one of them is a multivariant playlist.
MULTIVARIANT_TAGS = frozenset(
    {
        "EXT-X-MEDIA",
        "EXT-X-STREAM-INF",
        "EXT-X-I-FRAME-STREAM-INF",
        "EXT-X-SESSION-DATA",
        "EXT-X-SESSION-KEY",
        "EXT-X-CONTENT-STEERING",
    }
)

# Tags with an attribute list of which we read nothing but its variables and URIs.
PASSED_ATTRIBUTE_TAGS = frozenset(
    {
        "EXT-X-START",
        "EXT-X-PART-INF",
        "EXT-X-SERVER-CONTROL",
        "EXT-X-PART",
        "EXT-X-DATERANGE",
        "EXT-X-PRELOAD-HINT",
        "EXT-X-RENDITION-REPORT",
        "EXT-X-SESSION-DATA",
        "EXT-X-SESSION-KEY",
        "EXT-X-CONTENT-STEERING",
    }
)
