"""The viewers' interface as an OpenAPI 3.1 document, served at ``/openapi.json``."""

from typing import Any

from packager import VERSION
from packager.openapi_parts import (
    ADS,
    ASSET,
    FACTS,
    FACTS_BODY,
    MPD,
    MPD_PATCH,
    PLAYLIST,
    SESSION_BODY,
    SHOW,
    STARTED,
    TENANT,
    TO_DRAWN,
    TO_FILE,
    TO_ORIGINAL,
    TO_SESSION,
    TRACKING,
    UNCHANGED,
    parameter,
)
from packager.reasons import Reason


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
        "parameters": [TENANT, SHOW, ASSET, ADS],
        "responses": {"200": STARTED, **errors},
    }
    media_parameters = [
        TENANT,
        parameter("key", "path", "The session, or the digest of a timeline that it shares."),
        parameter("number", "path", "Number of the rendition."),
    ]
    file_parameters = [
        parameter("digest", "path", "Digest of the content."),
        parameter("name", "path", "Name of the file."),
    ]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Weft", "version": VERSION},
        "paths": {
            "/v1/session/{tenant}/{show}/{asset}": {
                "get": start,
                "post": {**start, "requestBody": SESSION_BODY},
            },
            "/v1/session/{tenant}/{show}/{session}": {
                "patch": {
                    "summary": "Change facts of a session, for what is not published yet",
                    "parameters": [TENANT, SHOW, parameter("session", "path", "Its token.")],
                    "requestBody": FACTS_BODY,
                    "responses": {"200": FACTS, **errors},
                }
            },
            "/v1/why/{tenant}/{show}/{session}": {
                "get": {
                    "summary": "Why a session saw what it did; from this machine, or with Bearer",
                    "parameters": [
                        TENANT,
                        SHOW,
                        parameter("session", "path", "Its token."),
                        parameter("t", "query", "Second of its timeline.", required=False),
                    ],
                    "responses": {
                        "200": {
                            "description": "A sentence for each choice and break.",
                            "content": {"application/json": {"schema": {"type": "object"}}},
                        },
                        **errors,
                    },
                }
            },
            "/v1/feeds/{tenant}/{show}/{fact}": {
                "post": {
                    "summary": "Tell a fact's feed its document, with the feed's secret as Bearer",
                    "parameters": [TENANT, SHOW, parameter("fact", "path", "Its name.")],
                    "requestBody": {"content": {"application/json": {"schema": {}}}},
                    "responses": {"204": {"description": "Taken."}, **errors},
                }
            },
            "/v1/master/{tenant}/{show}/{asset}.m3u8": {
                "get": {
                    "summary": "Multivariant playlist; without `aws.sessionId` a session starts",
                    "parameters": [
                        TENANT,
                        SHOW,
                        ASSET,
                        parameter("aws.sessionId", "query", "The session.", required=False),
                        ADS,
                    ],
                    "responses": {"200": PLAYLIST, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/{number}.m3u8": {
                "get": {
                    "summary": "Media playlist of a session, or of all who share a timeline",
                    "parameters": media_parameters,
                    "responses": {"200": PLAYLIST, "304": UNCHANGED, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/index.mpd": {
                "get": {
                    "summary": "MPD of all who share a timeline",
                    "parameters": media_parameters[:2],
                    "responses": {"200": MPD, "304": UNCHANGED, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/index.mpp": {
                "get": {
                    "summary": "Patch of that MPD, from an earlier one to the latest",
                    "parameters": [
                        *media_parameters[:2],
                        parameter("publishTime", "query", "MPD@publishTime of the earlier MPD."),
                    ],
                    "responses": {"200": MPD_PATCH, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/segment/{break_id}/{index}/{digest}/{name}": {
                "get": {
                    "summary": "Segment of an ad that the server reports: counted, redirected",
                    "parameters": [
                        TENANT,
                        parameter("key", "path", "The session."),
                        parameter("break_id", "path", "The break."),
                        parameter("index", "path", "Number of the ad in it."),
                        *file_parameters,
                    ],
                    "responses": {"302": TO_FILE, **errors},
                }
            },
            "/v1/tracking/{tenant}/{show}/{session}": {
                method: {
                    "summary": "Tracking document of a session, shaped as MediaTailor's",
                    "parameters": [
                        TENANT,
                        SHOW,
                        parameter("session", "path", "The session."),
                        parameter(
                            "aws.format",
                            "query",
                            "Of the player's manifest, whose times are given: m3u8 or mpd.",
                            required=False,
                        ),
                    ],
                    "responses": {"200": TRACKING, **errors},
                }
                for method in ("get", "post")
            },
            "/v1/dash/{tenant}/{show}/{asset}.mpd": {
                "get": {
                    "summary": "MPD of a session; without `aws.sessionId` one starts",
                    "parameters": [
                        TENANT,
                        SHOW,
                        ASSET,
                        parameter("aws.sessionId", "query", "The session.", required=False),
                        ADS,
                    ],
                    "responses": {"200": MPD, "302": TO_SESSION, **errors},
                }
            },
            "/v1/dash/{tenant}/{show}/{asset}.mpp": {
                "get": {
                    "summary": "MPD patch of a session, from an earlier MPD to the latest",
                    "parameters": [
                        TENANT,
                        SHOW,
                        ASSET,
                        parameter("aws.sessionId", "query", "The session."),
                        parameter("publishTime", "query", "MPD@publishTime of the earlier MPD."),
                    ],
                    "responses": {"200": MPD_PATCH, **errors},
                }
            },
            **{
                path: {
                    "get": {
                        "summary": summary,
                        "parameters": [
                            parameter("id", "path", "Of the picture."),
                            parameter("original", "path", "Where the original is, signed."),
                            file_parameters[1],
                        ],
                        "responses": {
                            "200": {"description": "The segment."},
                            "302": TO_ORIGINAL,
                            **errors,
                        },
                    }
                }
                for path, summary in (
                    ("/tm/{id}/{original}/{name}", "Segment with overlays, immutable"),
                    ("/v1/private/{id}/{original}/{name}", "Segment with one viewer's overlays"),
                )
            },
            "/v1/private/{digest}/{name}": {
                "get": {
                    "summary": "Clip of one viewer's own",
                    "parameters": file_parameters,
                    "responses": {"200": {"description": "The file."}, **errors},
                }
            },
            "/v1/look/{tenant}/{show}/{look}/{path}": {
                "get": {
                    "summary": "Segment of content: a redirect to it with overlays, or to itself",
                    "parameters": [
                        TENANT,
                        SHOW,
                        parameter("look", "path", "What is drawn, for all who see the same."),
                        parameter("path", "path", "Of the segment, below the show's origin."),
                    ],
                    "responses": {"302": TO_DRAWN, **errors},
                }
            },
            "/v1/manifest/{tenant}/{key}/look/{ending}/{path}": {
                "get": {
                    "summary": "Segment of content that ads may be drawn on: what a session sees",
                    "parameters": [
                        TENANT,
                        parameter("key", "path", "The session."),
                        parameter("ending", "path", "Of its manifest: `m3u8` or `mpd`."),
                        parameter("path", "path", "Of the segment, below the show's origin."),
                    ],
                    "responses": {"302": TO_DRAWN, **errors},
                }
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
