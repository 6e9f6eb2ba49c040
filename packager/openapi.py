"""The viewers' interface as an OpenAPI 3.1 document, served at ``/openapi.json``."""

from typing import Any

from packager import VERSION
from packager.reasons import Reason
from packager.responses import DASH_PATCH_TYPE, DASH_TYPE, HLS_TYPE


def _parameter(name: str, where: str, text: str, *, required: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": text,
        "schema": {"type": "string"},
    }


_TENANT = _parameter("tenant", "path", "A name from the configuration; `default` if none is.")
_SHOW = _parameter("show", "path", "A show from the configuration.")
_ASSET = _parameter("asset", "path", "Path below the show's origin.")
_ADS = {
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
_PLAYLIST = {
    "description": "A playlist.",
    "content": {HLS_TYPE: {"schema": {"type": "string"}}},
}
_MPD = {
    "description": "An MPD.",
    "content": {DASH_TYPE: {"schema": {"type": "string"}}},
}
_MPD_PATCH = {
    "description": "An MPD patch; one that does not fit where there is none.",
    "content": {DASH_PATCH_TYPE: {"schema": {"type": "string"}}},
}
_TO_SESSION = {
    "description": "A session has started; its MPD is at `Location`.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_TO_FILE = {
    "description": "Where the file is.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_TO_ORIGINAL = {
    "description": "The origin's segment, while there is none with overlays.",
    "headers": {"Location": {"schema": {"type": "string"}}},
}
_TRACKING = {
    "description": "The breaks of the manifest's window, their ads and events.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_STARTED = {
    "description": "The session.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["manifestUrl", "trackingUrl"],
                "properties": {
                    "manifestUrl": {"type": "string", "description": "Open this in a player."},
                    "trackingUrl": {
                        "type": "string",
                        "description": "What is to be told of its ads, and when.",
                    },
                },
            }
        }
    },
}
_SESSION_BODY = {
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
                    "adSignaling": {
                        "type": "object",
                        "properties": {"enabled": {"enum": [True, False, "true", "false"]}},
                    },
                },
            }
        }
    },
}


def _errors() -> dict[str, Any]:
    """One response per status, naming every reason that has it."""
    by_status: dict[int, list[str]] = {}
    for reason in Reason:
        if reason.status is not None:
            by_status.setdefault(reason.status, []).append(str(reason))
    return {
        str(status): {
            "description": "Refused.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["error"],
                        "properties": {"error": {"enum": sorted(reasons)}},
                    }
                }
            },
        }
        for status, reasons in sorted(by_status.items())
    }


def openapi_document() -> dict[str, Any]:
    """The document, as plain data."""
    errors = _errors()
    start = {
        "summary": "Start a session",
        "parameters": [_TENANT, _SHOW, _ASSET, _ADS],
        "responses": {"200": _STARTED, **errors},
    }
    media_parameters = [
        _TENANT,
        _parameter("key", "path", "The session."),
        _parameter("number", "path", "Number of the rendition."),
    ]
    file_parameters = [
        _parameter("digest", "path", "Digest of the content."),
        _parameter("name", "path", "Name of the file."),
    ]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Weft", "version": VERSION},
        "paths": {
            "/v1/session/{tenant}/{show}/{asset}": {
                "get": start,
                "post": {**start, "requestBody": _SESSION_BODY},
            },
            "/v1/feeds/{tenant}/{show}/{fact}": {
                "post": {
                    "summary": "Tell a fact's feed its document, with the feed's secret as Bearer",
                    "parameters": [_TENANT, _SHOW, _parameter("fact", "path", "Its name.")],
                    "requestBody": {"content": {"application/json": {"schema": {}}}},
                    "responses": {"204": {"description": "Taken."}, **errors},
                }
            },
            "/v1/master/{tenant}/{show}/{asset}.m3u8": {
                "get": {
                    "summary": "Multivariant playlist; without `aws.sessionId` a session starts",
                    "parameters": [
                        _TENANT,
                        _SHOW,
                        _ASSET,
                        _parameter("aws.sessionId", "query", "The session.", required=False),
                        _ADS,
                    ],
                    "responses": {"200": _PLAYLIST, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/{number}.m3u8": {
                "get": {
                    "summary": "Media playlist of a session",
                    "parameters": media_parameters,
                    "responses": {"200": _PLAYLIST, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/segment/{break_id}/{index}/{digest}/{name}": {
                "get": {
                    "summary": "Segment of an ad that the server reports: counted, redirected",
                    "parameters": [
                        _TENANT,
                        _parameter("key", "path", "The session."),
                        _parameter("break_id", "path", "The break."),
                        _parameter("index", "path", "Number of the ad in it."),
                        *file_parameters,
                    ],
                    "responses": {"302": _TO_FILE, **errors},
                }
            },
            "/v1/tracking/{tenant}/{show}/{session}": {
                method: {
                    "summary": "Tracking document of a session, shaped as MediaTailor's",
                    "parameters": [
                        _TENANT,
                        _SHOW,
                        _parameter("session", "path", "The session."),
                        _parameter(
                            "aws.format",
                            "query",
                            "Of the player's manifest, whose times are given: m3u8 or mpd.",
                            required=False,
                        ),
                    ],
                    "responses": {"200": _TRACKING, **errors},
                }
                for method in ("get", "post")
            },
            "/v1/dash/{tenant}/{show}/{asset}.mpd": {
                "get": {
                    "summary": "MPD of a session; without `aws.sessionId` one starts",
                    "parameters": [
                        _TENANT,
                        _SHOW,
                        _ASSET,
                        _parameter("aws.sessionId", "query", "The session.", required=False),
                        _ADS,
                    ],
                    "responses": {"200": _MPD, "302": _TO_SESSION, **errors},
                }
            },
            "/v1/dash/{tenant}/{show}/{asset}.mpp": {
                "get": {
                    "summary": "MPD patch of a session, from an earlier MPD to the latest",
                    "parameters": [
                        _TENANT,
                        _SHOW,
                        _ASSET,
                        _parameter("aws.sessionId", "query", "The session."),
                        _parameter("publishTime", "query", "MPD@publishTime of the earlier MPD."),
                    ],
                    "responses": {"200": _MPD_PATCH, **errors},
                }
            },
            **{
                path: {
                    "get": {
                        "summary": summary,
                        "parameters": [
                            _parameter("id", "path", "Of the picture."),
                            _parameter("original", "path", "Where the original is, signed."),
                            file_parameters[1],
                        ],
                        "responses": {
                            "200": {"description": "The segment."},
                            "302": _TO_ORIGINAL,
                            **errors,
                        },
                    }
                }
                for path, summary in (
                    ("/tm/{id}/{original}/{name}", "Segment with overlays, immutable"),
                    ("/v1/private/{id}/{original}/{name}", "Segment with one viewer's overlays"),
                )
            },
            "/openapi.json": {
                "get": {
                    "summary": "This document",
                    "responses": {
                        "200": {
                            "description": "OpenAPI.",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        }
                    },
                }
            },
            "/tm/{digest}/{name}": {
                "get": {
                    "summary": "Packaged media, immutable",
                    "parameters": file_parameters,
                    "responses": {"200": {"description": "The file."}, **errors},
                }
            },
        },
    }
