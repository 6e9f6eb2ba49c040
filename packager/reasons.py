"""The registry of reasons: every way Weft can refuse a request or give a viewer less than planned.

Errors sent to clients, degradation counters and log lines all carry a code from here and nothing
else, so that one word leads an operator from a graph to the log to this page.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Literal

# error: an operator must act · warning: a viewer got less than planned · info: once per session or
# ad break · debug: once per request, a client asked for what is not there
Level = Literal["error", "warning", "info", "debug"]


class Reason(StrEnum):
    """A stable code; `status` is the HTTP status of a request refused for it, None if none is."""

    _value_: str
    status: int | None
    level: Level
    meaning: str

    def __new__(cls, code: str, status: int | None, level: Level, meaning: str) -> "Reason":
        """Make the string `code` carry what is known of it."""
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.status = status
        reason.level = level
        reason.meaning = meaning
        return reason

    # fmt: off
    # requests that are refused
    STORY_NOT_READY = ("story_not_ready", 503, "error",
        "A story's media are still being looked at or packaged, and nothing stands in for them.")
    STORY_EMPTY = ("story_empty", 404, "warning",
        "Nothing of a story can be played for this viewer.")
    TENANT_UNKNOWN = ("tenant_unknown", 404, "debug",
        "The URL names a tenant that is not configured.")
    SHOW_UNKNOWN = ("show_unknown", 404, "debug",
        "The URL names a show that is not configured.")
    ASSET_UNKNOWN = ("asset_unknown", 404, "debug",
        "The URL names no packaged or configured asset.")
    SESSION_UNKNOWN = ("session_unknown", 404, "debug",
        "The session was never started here.")
    SESSION_EXPIRED = ("session_expired", 410, "debug",
        "The session was idle or open for too long and has ended.")
    TIMELINE_UNKNOWN = ("timeline_unknown", 404, "debug",
        "The digest in the URL stands for nothing here, or no more; a new session gets another.")
    SESSION_LIMIT = ("session_limit", 503, "error",
        "As many sessions are open as the configuration allows; new ones wait.")
    SESSION_RATE = ("session_rate", 429, "warning",
        "One address started sessions faster than any player does.")
    TOKEN_INVALID = ("token_invalid", 403, "debug",
        "The session token is malformed, forged or for something else.")
    TOKEN_KEY_UNKNOWN = ("token_key_unknown", 403, "warning",
        "The session token is signed with a key that this server does not have.")
    PATH_INVALID = ("path_invalid", 400, "debug",
        "The path has characters or segments that Weft never uses.")
    PARAMETERS_INVALID = ("parameters_invalid", 400, "debug",
        "A query parameter or the request body cannot be read, or there are too many.")
    FACT_INVALID = ("fact_invalid", 400, "info",
        "A viewer's fact has a value that it cannot have; it counts as not said, and a change of"
        " it is refused.")
    REQUEST_TOO_LARGE = ("request_too_large", 413, "debug",
        "The request's body, query or headers have more bytes than are read.")
    METHOD_NOT_ALLOWED = ("method_not_allowed", 405, "debug",
        "The route does not answer this method.")
    NOT_FOUND = ("not_found", 404, "debug",
        "No route or no rendition has this path.")
    INTERNAL_ERROR = ("internal_error", 500, "error",
        "Weft failed in a way that nobody foresaw; the log has the traceback.")

    # the origin
    ORIGIN_UNREACHABLE = ("origin_unreachable", 502, "error",
        "No connection to the origin: name, network or TLS.")
    ORIGIN_TIMEOUT = ("origin_timeout", 504, "error",
        "The origin did not answer in time.")
    ORIGIN_STATUS = ("origin_status", 502, "error",
        "The origin answered with an error status.")
    ORIGIN_NOT_FOUND = ("origin_not_found", 404, "warning",
        "The origin has no such playlist.")
    ORIGIN_NOT_MANIFEST = ("origin_not_manifest", 502, "error",
        "The origin's answer is not a playlist, or not one that can be read.")
    ORIGIN_TRUNCATED = ("origin_truncated", 502, "error",
        "The origin's answer ended before its announced length.")
    ORIGIN_OVERSIZE = ("origin_oversize", 502, "error",
        "The origin's answer has more bytes, lines or segments than are read.")
    ORIGIN_RATIO = ("origin_ratio", 502, "error",
        "The origin's answer inflates more than any honest playlist does.")
    ORIGIN_REFUSED = ("origin_refused", 502, "error",
        "The origin's address or a redirect of it is not to be reached (outbound.allow).")
    ORIGIN_REMOTE = ("origin_remote", 502, "error",
        "The MPD has parts elsewhere (xlink), refused or not to be had (`shows.NAME.xlink`).")
    MANIFEST_STALE_SERVED = ("manifest_stale_served", None, "warning",
        "A viewer got the last good playlist because the origin had no better one.")
    RENDITION_MISSING = ("rendition_missing", None, "warning",
        "One rendition is gone at the origin while the others go on.")
    RENDITION_LAGGING = ("rendition_lagging", None, "warning",
        "One rendition is behind the reference by more than one and a half target durations.")
    ORIGIN_RESTARTED = ("origin_restarted", None, "warning",
        "The origin's sequence or clock went back; playlists go on in a new epoch.")

    # cues
    CUE_IN_EARLY = ("cue_in_early", None, "info",
        "A break ended before its announced end; its ads were cut there.")
    CUE_IN_MISSING = ("cue_in_missing", None, "warning",
        "A break had neither a duration nor an end and was ended by the configured maximum.")
    CUE_NESTED = ("cue_nested", None, "info",
        "A cue opened a break inside another one.")
    INBAND_CUES_UNREAD = ("inband_cues_unread", None, "warning",
        "Segments were not looked at for cues in them (emsg), or too late; breaks may be missed.")

    # ad breaks
    BREAK_UNFILLED = ("break_unfilled", None, "warning",
        "A break, or the rest of one, showed the content or slate for want of ads.")
    BREAK_TOO_LATE = ("break_too_late", None, "warning",
        "A break was seen after its place was published; it starts later or not at all.")
    BREAK_REFUSED_ALIGNMENT = ("break_refused_alignment", None, "warning",
        "The renditions have no common border near the break, so it was left alone.")
    BREAK_INSERT_IN_LIVE = ("break_insert_in_live", None, "warning",
        "A break would insert time into a live playlist, which only VOD can; it was left alone.")
    PREROLL_GAVE_WAY = ("preroll_gave_way", None, "info",
        "A live session began in or beside a break, and had no pre-roll for that.")
    HOLD_EXPIRED = ("hold_expired", None, "warning",
        "The ads of a break were not decided before the playlist had to go on.")
    LADDER_UNMATCHED = ("ladder_unmatched", None, "warning",
        "No creative can be packaged like one of the show's renditions, so it plays no breaks.")
    SUBTITLES_REMOVED = ("subtitles_removed", None, "info",
        "Subtitle renditions were taken out because they cannot follow the splice.")
    IFRAMES_REMOVED = ("iframes_removed", None, "info",
        "I-frame playlists were taken out because they cannot follow the splice.")

    # ad servers
    AD_TIMEOUT = ("ad_timeout", None, "warning",
        "The ad server did not answer in time.")
    AD_UNREACHABLE = ("ad_unreachable", None, "warning",
        "No connection to the ad server: name, network or TLS.")
    AD_REFUSED = ("ad_refused", None, "warning",
        "The ad server's address or a redirect of it is not to be reached (outbound.allow).")
    AD_STATUS = ("ad_status", None, "warning",
        "The ad server answered with an error status.")
    AD_EMPTY = ("ad_empty", None, "info",
        "The ad server had no ad for this break.")
    AD_UNPARSEABLE = ("ad_unparseable", None, "warning",
        "The ad server's answer is not VAST, or was cut off.")
    AD_OVERSIZE = ("ad_oversize", None, "warning",
        "The ad server's answer has more bytes or elements than are read.")
    AD_TRUNCATED_TO_LIMIT = ("ad_truncated_to_limit", None, "warning",
        "The ad server sent more ads than are considered; the first ones were.")
    AD_SHED = ("ad_shed", None, "warning",
        "The ad server was not asked for a viewer, by lot: it takes so many calls and no more.")
    AD_SERVER_RESTS = ("ad_server_rests", None, "warning",
        "The ad server failed several times in a row and is not asked for a while.")
    AD_NO_MEDIA_FILE = ("ad_no_media_file", None, "warning",
        "An ad has neither a video file nor HLS or DASH and was skipped.")
    AD_NOT_CONDITIONED = ("ad_not_conditioned", None, "info",
        "An ad was skipped while its creative is being packaged; it is ready for later breaks.")
    AD_MALFORMED = ("ad_malformed", None, "warning",
        "An ad of the answer is neither an InLine nor a Wrapper that names an ad server.")
    AD_WRAPPER_LIMIT = ("ad_wrapper_limit", None, "warning",
        "Wrappers led in a circle, too deep, to too many ad servers or where they must not.")
    AD_WRAPPER_FAILED = ("ad_wrapper_failed", None, "warning",
        "No wrapper of the answer led to an ad that can be used; each is counted for itself, too.")
    AD_WRAPPER_EMPTY = ("ad_wrapper_empty", None, "info",
        "The ad server that a wrapper names had no ad.")
    AD_CATEGORY_BLOCKED = ("ad_category_blocked", None, "info",
        "An ad is of a category that a wrapper or the show does not allow.")
    VMAP_BREAK_SKIPPED = ("vmap_break_skipped", None, "warning",
        "A break of a VMAP is at no place of the content, cannot be read or is not for films.")

    WHY_REFUSED = ("why_refused", 403, "warning",
        "Somebody elsewhere asked why a session saw what it did, without `admin.secret`.")
    ASSET_NOT_ALLOWED = ("asset_not_allowed", None, "info",
        "A configured asset may not be shown to a viewer: its rights, or a choice without a value.")

    PREFETCH_EXPIRED = ("prefetch_expired", None, "info",
        "Ads asked for ahead found no break in time; others are asked for.")
    PREFETCH_UNUSED = ("prefetch_unused", None, "info",
        "Ads asked for ahead found no break before their session ended.")

    EVIDENCE_DROPPED = ("evidence_dropped", None, "warning",
        "So many segments of ads were asked for at once that what one proves was not looked at.")

    # feeds
    FEED_FAILED = ("feed_failed", None, "warning",
        "A fact's feed did not answer, or not as it should; its last value is used.")
    FEED_INVALID = ("feed_invalid", 400, "warning",
        "A feed's document has no value that its fact can have; the last one is used.")
    FEED_STALE = ("feed_stale", None, "warning",
        "A feed failed for so long that its value counts as old.")
    FEED_UNKNOWN = ("feed_unknown", 404, "debug",
        "The URL names no fact that Weft is told.")
    FEED_SECRET_WRONG = ("feed_secret_wrong", 403, "warning",
        "A value was sent to a feed without its secret.")

    # creatives
    STORY_ASSET_REPLACED = ("story_asset_replaced", None, "info",
        "An asset of a story could not be played for a viewer; its `or` was, or nothing.")
    STORY_LADDER_MISSING = ("story_ladder_missing", None, "error",
        "Nobody knows yet what a story's media must be like; its sessions wait.")
    CREATIVE_UNREACHABLE = ("creative_unreachable", None, "warning",
        "A creative could not be downloaded.")
    CREATIVE_OVERSIZE = ("creative_oversize", None, "warning",
        "A creative has more bytes than are downloaded.")
    CREATIVE_REFUSED = ("creative_refused", None, "warning",
        "A creative is not a video file that Weft packages.")
    CREATIVE_STREAM_REFUSED = ("creative_stream_refused", None, "warning",
        "An HLS or DASH creative is live, encrypted, too much, or not one that can be read.")
    CREATIVE_STREAM_UNMATCHED = ("creative_stream_unmatched", None, "info",
        "An HLS or DASH creative cannot be used as it is; a file of the same ad is used instead.")
    CREATIVE_FAILED = ("creative_failed", None, "warning",
        "A creative could not be decoded or packaged for the show's ladder.")
    CREATIVE_TOO_LONG = ("creative_too_long", None, "warning",
        "A creative is longer than what remained of its break and was skipped.")
    CLIP_NOT_READY = ("clip_not_ready", None, "info",
        "A clip of a template is being made; what its `or` names is shown meanwhile.")
    CLIP_BUDGET = ("clip_budget", None, "warning",
        "A clip of a template was not made: as many were begun, or are kept, as `clips` allows.")
    WORKER_CRASHED = ("worker_crashed", None, "error",
        "A process that packages or draws died; its job is tried once more and then given up.")

    # overlays: the original is shown instead
    OVERLAY_DATA_INVALID = ("overlay_data_invalid", None, "warning",
        "The data of an overlay or a clip does not fit its template; it is not drawn.")
    PICTURE_UNREACHABLE = ("picture_unreachable", None, "warning",
        "A picture for a template could not be fetched; the template is drawn without it.")
    PICTURE_REFUSED = ("picture_refused", None, "warning",
        "A picture's URL, its address or a redirect is not to be reached (outbound.allow).")
    PICTURE_OVERSIZE = ("picture_oversize", None, "warning",
        "A picture has more bytes or pixels than are read.")
    PICTURE_INVALID = ("picture_invalid", None, "warning",
        "A picture is not PNG, JPEG or WEBP, moves, or is broken.")
    PICTURE_BUDGET = ("picture_budget", None, "warning",
        "A picture was not fetched: as many were in the last minute as `pictures` allows.")
    PICTURE_NOT_ALLOWED = ("picture_not_allowed", None, "info",
        "Moderation says that a viewer's picture may not be shown.")
    PICTURE_NOT_MODERATED = ("picture_not_moderated", None, "warning",
        "Moderation did not say whether a viewer's picture may be shown; it is not.")
    OVERLAY_LATE = ("overlay_late", None, "warning",
        "A segment with overlays was not ready by its deadline.")
    OVERLAY_BACKLOG = ("overlay_backlog", None, "warning",
        "A segment with overlays would not be ready by its deadline, by what such ones cost now.")
    OVERLAY_BUDGET = ("overlay_budget", None, "warning",
        "As many segments with one person's pixels were drawn as `rendering` allows.")
    OVERLAY_REFUSED = ("overlay_refused", None, "warning",
        "A segment cannot have overlays or music; the log's `code` says why.")
    OVERLAY_POISONED = ("overlay_poisoned", None, "error",
        "A segment's overlays ended two processes; it is left alone for an hour.")
    OVERLAY_SOURCE_MISSING = ("overlay_source_missing", None, "warning",
        "A segment for overlays could not be fetched from the origin.")
    OVERLAY_GONE = ("overlay_gone", None, "info",
        "A segment with overlays was asked for after it was removed, or never was there.")
    OVERLAY_NOT_THERE = ("overlay_not_there", 404, "info",
        "The picture of an overlay that a player draws is not ready, or not any more.")
    OVERLAY_QUEUE_FAILED = ("overlay_queue_failed", None, "error",
        "The file of the rendering queue did not take or give a job: full, read-only or broken.")

    # storage
    STORE_FAILED = ("store_failed", 503, "error",
        "The session store did not take or give a record.")
    MEDIA_MISSING = ("media_missing", None, "error",
        "Packaged media that a session was promised is no longer in the media folder.")
    MEDIA_WRITE_FAILED = ("media_write_failed", None, "error",
        "The media folder did not take a file: full, read-only or broken.")

    # beacons
    BEACON_LIMIT = ("beacon_limit", None, "error",
        "As many beacons are pending as the configuration allows; one more was not taken on.")
    BEACON_NOT_STORED = ("beacon_not_stored", None, "error",
        "The file of the beacons did not take one: full, read-only or broken.")
    BEACON_REFUSED = ("beacon_refused", None, "warning",
        "A beacon's URL, its address or a redirect is not to be reached (outbound.allow).")
    BEACON_STATUS = ("beacon_status", None, "warning",
        "A beacon's server answered that it will never take it: status 4xx.")
    BEACON_UNREACHABLE = ("beacon_unreachable", None, "warning",
        "A beacon expired; there was no connection to its server.")
    BEACON_FAILED = ("beacon_failed", None, "warning",
        "A beacon expired; its server answered that it cannot take it now: 5xx, 408, 425, 429.")
    BEACON_OVERDUE = ("beacon_overdue", None, "warning",
        "A beacon expired before it was sent for the first time.")
    BEACON_OUTCOME_UNKNOWN = ("beacon_outcome_unknown", None, "warning",
        "A beacon was sent and nobody knows whether it arrived; it is not sent twice.")

    # fmt: on

    @property
    def status_text(self) -> str:
        """The status with its phrase, ``504 Gateway Timeout``; empty where there is none."""
        return "" if self.status is None else f"{self.status} {HTTPStatus(self.status).phrase}"


def markdown_table() -> str:
    """Return the registry as a Markdown table, in the order of this module."""
    rows = [
        f"| `{reason}` | {reason.status_text} | {reason.level} | {reason.meaning} |"
        for reason in Reason
    ]
    return "\n".join(["| Reason | HTTP status | Log level | Meaning |", "|---|---|---|---|", *rows])
