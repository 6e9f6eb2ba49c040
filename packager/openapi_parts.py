"""What the OpenAPI document says more than once: parameters, bodies, answers."""

from typing import Any

from packager.responses import DASH_PATCH_TYPE, DASH_TYPE, HLS_TYPE


def parameter(name: str, where: str, text: str, *, required: bool = True) -> dict[str, Any]:
    """A parameter that is text; `where` is `path` or `query`."""
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": text,
        "schema": {"type": "string"},
    }


TENANT = parameter("tenant", "path", "A name from the configuration; `default` if none is.")
SHOW = parameter("show", "path", "A show from the configuration.")
ASSET = parameter("asset", "path", "Path below the show's origin.")
ADS = {
    "name": "ads",
    "in": "query",
    "required": False,
    "description": "`ads.NAME=VALUE` goes to the ad server, `manifest.NAME=VALUE` to the origin."
    " `aws.adSignalingEnabled=true`: the session's manifests tell of their ads (SVTA 2053)."
    " Consent is in `ads.gdpr`, `ads.gdpr_consent`, `ads.gpp`, `ads.gpp_sid`, `ads.us_privacy`,"
    " `ads.coppa` and `ads.lmt`, unless the show calls them otherwise.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
PLAYLIST = {
    "description": "A playlist.",
    "content": {HLS_TYPE: {"schema": {"type": "string"}}},
}
MPD = {
    "description": "An MPD.",
    "content": {DASH_TYPE: {"schema": {"type": "string"}}},
}
MPD_PATCH = {
    "description": "An MPD patch; one that does not fit where there is none.",
    "content": {DASH_PATCH_TYPE: {"schema": {"type": "string"}}},
}
TO_SESSION = {
    "description": "A session has started; its MPD is at `Location`.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
TO_FILE = {
    "description": "Where the file is.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
TO_ORIGINAL = {
    "description": "The origin's segment, while there is none with overlays.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
TO_DRAWN = {
    "description": "Where the segment with overlays is, or the origin's.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
UNCHANGED = {"description": "What the client has is still so (If-None-Match)."}
TRACKING = {
    "description": "The breaks of the manifest's window, their ads and events.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
STARTED = {
    "description": "The session.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["manifestUrl", "trackingUrl", "sessionUrl"],
                "properties": {
                    "manifestUrl": {"type": "string", "description": "Open this in a player."},
                    "trackingUrl": {
                        "type": "string",
                        "description": "What is to be told of its ads, and when.",
                    },
                    "sessionUrl": {"type": "string", "description": "PATCH its facts here."},
                },
            }
        }
    },
}
SESSION_BODY = {
    "required": False,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    name: {"type": "object", "additionalProperties": {"type": "string"}}
                    for name in ("adsParams", "manifestParams", "playerParams", "facts")
                }
                | {
                    "reportingMode": {"enum": ["client", "server"]},
                    "insertionMode": {"enum": ["STITCHED", "GUIDED"]},
                    "adSignaling": {
                        "type": "object",
                        "properties": {"enabled": {"enum": [True, False, "true", "false"]}},
                    },
                },
            }
        }
    },
}


FACTS = {
    "description": "What the session's viewer says of facts by now.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
FACTS_BODY = {
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "facts": {
                        "type": "object",
                        "description": "What is new; null: not said any more.",
                        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                    }
                },
            }
        }
    },
}
