import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from packager import log
from packager.clock import ManualClock
from packager.config import Secret
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.tokens import Token, Tokens, digest_of, new_sid

CANARY = "c4NaRy"


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


class Written:
    """A configured log and what it wrote."""

    def __init__(self, **settings: Any) -> None:
        self.stream = io.StringIO()
        self.clock = ManualClock()
        log.configure(stream=self.stream, clock=self.clock, **settings)
        self.log = structlog.get_logger()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[str]:
        assert self.text.endswith("\n") or not self.text
        return self.text.split("\n")[:-1]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


def test_an_event_is_one_json_object_with_its_time_and_level() -> None:
    written = Written()
    written.log.info(
        "session_started", session_id="abc", shows=["a", "b"], took_s=0.5, ads={"n": 1}
    )
    assert written.events == [
        {
            "at": "1970-01-01T00:00:00.000+00:00",
            "level": "info",
            "event": "session_started",
            "session_id": "abc",
            "shows": ["a", "b"],
            "took_s": 0.5,
            "ads": {"n": 1},
        }
    ]


def test_the_console_has_the_same_on_one_line_for_people() -> None:
    written = Written(format="console")
    written.log.warning("ad_break_underfilled", ad_break_id="b1", note="two words", missing_s=15)
    assert written.lines == [
        '00:00:00.000 warning ad_break_underfilled ad_break_id=b1 note="two words" missing_s=15'
    ]


def test_what_is_below_the_level_is_not_written() -> None:
    written = Written(level="warning")
    written.log.info("session_started")
    logging.getLogger("library").info("hello")
    assert written.text == ""


def test_a_degradation_is_counted_and_logged_as_loud_as_its_reason() -> None:
    written = Written(level="info")
    metrics = Metrics()
    log.report(Reason.AD_TIMEOUT, "ad_break_unfilled", metrics, show="news")
    log.report(Reason.ORIGIN_TIMEOUT, "origin_playlist_kept", metrics)
    log.report(Reason.PATH_INVALID, "request_refused", metrics)  # debug: counted only
    assert [(event["level"], event["reason"]) for event in written.events] == [
        ("warning", "ad_timeout"),
        ("error", "origin_timeout"),
    ]
    rendered = metrics.render().decode()
    assert 'weft_degradations_total{reason="ad_timeout"} 1.0' in rendered
    assert 'weft_degradations_total{reason="path_invalid"} 1.0' in rendered


def test_an_event_that_floods_is_limited_and_says_how_many_were_withheld() -> None:
    """P9: one rate-limited line for each reason."""
    written = Written()
    metrics = Metrics()
    for _ in range(log.MAX_EVENTS + 5):
        log.report(Reason.AD_TIMEOUT, "ad_break_unfilled", metrics)
    assert len(written.events) == log.MAX_EVENTS
    log.report(Reason.AD_EMPTY, "ad_break_unfilled", metrics)  # another reason has its own limit
    assert len(written.events) == log.MAX_EVENTS + 1
    written.clock.advance(log.WINDOW_S)
    log.report(Reason.AD_TIMEOUT, "ad_break_unfilled", metrics)
    log.report(Reason.AD_TIMEOUT, "ad_break_unfilled", metrics)
    assert [event.get("suppressed") for event in written.events[-2:]] == [5, None]
    written.clock.advance(log.WINDOW_S)
    log.report(Reason.AD_TIMEOUT, "ad_break_unfilled", metrics)
    assert "suppressed" not in written.events[-1]
    assert f'{{reason="ad_timeout"}} {log.MAX_EVENTS + 8}.0' in metrics.render().decode()


def test_event_names_made_from_data_cannot_fill_the_memory() -> None:
    limit = log.RateLimit(lambda: 0.0)
    for _ in range(log.MAX_EVENTS):
        limit(None, "info", {"event": "first"})
    for number in range(log.MAX_NAMES - 1):
        limit(None, "info", {"event": f"event_{number}"})
    with pytest.raises(structlog.DropEvent):
        limit(None, "info", {"event": "first"})
    limit(None, "info", {"event": "one too many"})
    assert limit(None, "info", {"event": "first"})  # forgotten, and so counted anew


CONTROLS = {
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "terminal escape": "\x1b[2J",
    "C1 control": "\x9b2J",
    "NUL": "\0",
    "delete": "\x7f",
    "line separator": "a\u2028b",
    "next line": "a\x85b",
    "right to left": "\u202egpj.exe",
    "lone surrogate": "\ud800",
}


@pytest.mark.parametrize("format", ["json", "console"])
@pytest.mark.parametrize("text", CONTROLS.values(), ids=CONTROLS)
def test_one_event_is_one_line_of_printable_text(format: Any, text: str) -> None:
    """Threat 30, in a value, a key, a nested value, an exception and a library's message."""
    written = Written(format=format)
    written.log.info("event", value=text, inner={text: [text]})
    try:
        raise ValueError(text)
    except ValueError:
        written.log.exception("failed")
    logging.getLogger("library").error("message %s", text)
    assert len(written.lines) == 3
    assert all(line.isprintable() for line in written.lines)


@given(st.text(alphabet=st.characters()))
def test_escaped_text_is_printable_and_printable_text_is_kept(text: str) -> None:
    escaped = log.escape(text)
    assert escaped.isprintable()
    assert (escaped == text) == text.isprintable()


SECRETS: dict[str, dict[str, object]] = {
    "query": {"url": f"https://ads.example/vast?key={CANARY}&d=30"},
    "query of a path": {"path": f"/v1/master/t/s/a.m3u8?aws.sessionId={CANARY}"},
    "query in a sentence": {"error": f"could not GET 'https://a.example/?{CANARY}' in time"},
    "user": {"url": f"https://me:{CANARY}@origin.example/x"},
    "header": {"error": f"got Authorization: Basic {CANARY}"},
    "header as a pair": {"error": f"[('Cookie', 'sid={CANARY}; a={CANARY}')]"},
    "header in bytes": {"error": f"[(b'x-api-key', b'{CANARY}')]"},
    "bearer": {"error": f"Bearer {CANARY}"},
    "named token": {"token": CANARY},
    "named in capitals": {"Authorization": CANARY},
    "headers": {"headers": {"accept": CANARY}},
    "deep": {"request": {"items": [{"cookie": CANARY}]}},
    "secret": {"key": Secret(CANARY)},
    "viewer": {"ip": CANARY, "user_agent": CANARY},
    "JSON web token": {"note": f"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.{CANARY}"},
}


@pytest.mark.parametrize("format", ["json", "console"])
@pytest.mark.parametrize("fields", SECRETS.values(), ids=SECRETS)
def test_no_planted_secret_is_written(format: Any, fields: dict[str, object]) -> None:
    """P10 and threat 33."""
    written = Written(format=format)
    written.log.error("event", **fields)
    try:
        raise RuntimeError("; ".join(map(str, fields.values())), fields)
    except RuntimeError:
        logging.getLogger("library").exception("while %s", " ".join(map(str, fields.values())))
    assert len(written.lines) == 2
    first, second = written.lines
    assert CANARY not in first
    if not {"named token", "named in capitals", "headers", "deep", "viewer"} & {
        name for name, case in SECRETS.items() if case is fields
    }:  # without its name, a word is only a word
        assert CANARY not in second


def test_no_session_token_is_written_wherever_it_stands() -> None:
    token = Tokens(["a secret of at least 32 characters"]).write(
        Token(
            sid=new_sid(),
            tenant="default",
            show="news",
            asset_digest=digest_of("index.m3u8"),
            issued_at=1_700_000_000,
            expires_at=1_700_086_400,
        )
    )
    written = Written()
    written.log.info("event", url=f"https://weft.example/v1/manifest/default/{token}/0.m3u8")
    written.log.info("event", note=f"token {token!r}, again {token}")
    assert token not in written.text
    assert written.text.count("[redacted]") == 3
    assert "/v1/manifest/default/[redacted]/0.m3u8" in written.text


def test_what_helps_an_operator_is_kept() -> None:
    written = Written()
    fields = {
        "url": "https://origin.example/live/720p/index.m3u8",
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "session_id": "b2JqZWN0LWlkLTIyLWNoYXI",
        "sentence": "the cookie jar is empty; basic facts",
        "big": 1 << 70,
        "half": 0.5,
        "on": True,
        "none": None,
    }
    written.log.info("event", **fields)
    (event,) = written.events
    assert event["sentence"].startswith("the cookie jar is empty")
    assert event["big"] == str(1 << 70)
    same = fields.keys() - {"big", "sentence"}
    assert {key: event[key] for key in same} == {key: fields[key] for key in same}


def test_a_long_value_is_cut() -> None:
    written = Written()
    written.log.info("event", value="a" * (10 * log.MAX_CHARACTERS))
    assert len(written.text) < log.MAX_CHARACTERS + 200


def test_an_exception_is_told_with_its_place() -> None:
    written = Written()
    try:
        raise LookupError("gone")
    except LookupError as error:
        written.log.error("failed", exc_info=error)
        written.log.exception("failed")
    for event in written.events:
        assert event["traceback"].endswith("LookupError: gone\\n")
        assert "test_log.py" in event["traceback"]


def test_warnings_of_libraries_are_written_and_their_chatter_is_not() -> None:
    written = Written(level="debug")
    logging.getLogger("httpx2").info("GET https://origin.example/")
    logging.getLogger("asyncio").warning("slow callback")
    (event,) = written.events
    assert (event["library"], event["message"], event["level"]) == (
        "asyncio",
        "slow callback",
        "warning",
    )
