"""The worker's side, in this process; test_library.py has it in its own."""

import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from media_samples import make_file, rung, video_source

from packager.packaging import worker
from packager.packaging.encode import encode_ladder
from packager.packaging.errors import MediaMissing
from packager.packaging.ladder import rung_to_json
from packager.packaging.probe import Probe, read_probe
from packager.packaging.settings import ConditionSettings, settings_from_json, settings_to_json
from packager.packaging.streams import stream_from_json

OF = rung("muxed", "ts")


def job(source: Path, out: Path, **more: object) -> dict[str, object]:
    settings = settings_to_json(ConditionSettings(loudness_lufs=-23.0))
    return {
        "do": "condition",
        "source": str(source),
        "rungs": [rung_to_json(OF)],
        "out": str(out),
        "settings": settings,
        "part": None,
        **more,
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.mp4"
    path.write_bytes(make_file(frames=30))
    return path


def test_a_job_gives_renditions(source: Path, tmp_path: Path) -> None:
    told: list[float] = []
    answer = worker.do(job(source, tmp_path / "out"), told.append)
    (made,) = answer["renditions"]
    assert made["folder"] == str(tmp_path / "out" / OF.key)
    assert made["init"] is None
    assert [segment[:2] for segment in made["segments"]] == [["1.ts", "3/5"], ["2.ts", "3/5"]]
    assert told[-1] == 1


def test_a_part_is_named_and_counted_from_where_it_begins(source: Path, tmp_path: Path) -> None:
    part = {"first": 15, "end": 30, "first_number": 2, "counters": [{"0": 1, "256": 7}]}
    answer = worker.do(job(source, tmp_path / "out", part=part), lambda share: None)
    (made,) = answer["renditions"]
    assert [segment[0] for segment in made["segments"]] == ["2.ts"]
    assert (tmp_path / "out" / OF.key / "2.ts").read_bytes()[3] & 15 == 1


def test_a_refusal_and_a_full_disk_are_answers(tmp_path: Path) -> None:
    (tmp_path / "page.mp4").write_bytes(b"<html>")
    refused = worker.do(job(tmp_path / "page.mp4", tmp_path / "out"), lambda share: None)
    assert refused["error"] == "CreativeRefused"
    assert "HTML" in refused["text"]
    missing = worker.do(job(tmp_path / "none.mp4", tmp_path / "out2"), lambda share: None)
    assert missing["error"] == "MediaWriteFailed"


@pytest.mark.parametrize(
    "module", ["packager.packaging.condition", "packager.packaging.read_streams"]
)
def test_without_pyav_the_answer_says_what_to_install(
    module: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    streams = {"do": "streams", "media": []}
    asked = job(source, tmp_path / "out") if module.endswith("condition") else streams
    answer = worker.do(asked, lambda share: None)
    assert answer == {"error": "MediaMissing", "text": str(MediaMissing())}
    assert "pip install 'weft[media]'" in answer["text"]
    if module.endswith("streams"):
        with pytest.raises(MediaMissing):
            read_probe(Probe(playlist=None))  # type: ignore[arg-type]


def test_streams_are_read(tmp_path: Path) -> None:
    (made,) = encode_ladder(video_source(25), None, [OF], tmp_path)
    (tmp_path / "init").write_bytes(b"")
    media = [[str(tmp_path / "init"), str(made.folder / "1.ts")]]
    answer = worker.do({"do": "streams", "media": media}, lambda share: None)
    ((video, audio),) = answer["streams"]
    assert stream_from_json(video).frame_rate == 25
    assert stream_from_json(audio).sample_rate == 48_000


def test_only_the_answer_is_on_the_pipe(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = {**job(source, tmp_path / "out"), "memory_bytes": 1 << 40, "cpu_s": 60}
    limits: list[tuple[int, ...]] = []
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
    monkeypatch.setattr(worker, "be_modest", lambda memory: limits.append((memory,)))
    monkeypatch.setattr(worker, "set_limit", lambda *limit: limits.append(limit))
    monkeypatch.setattr(os, "dup2", lambda old, new: limits.append((old, new)))
    worker.main()
    assert limits == [(2, 1), (1 << 40,), (resource.RLIMIT_CPU, 60)]
    *progress, answer = map(json.loads, capfd.readouterr().out.splitlines())
    assert all(set(line) == {"progress"} for line in progress)
    assert progress[-1] == {"progress": 1.0}
    assert set(answer) == {"renditions"}


def test_progress_is_told_seldom_but_the_end_is() -> None:
    out = io.StringIO()
    report = worker.Reporter(out)
    for share in (0.0, 0.001, 0.002, 1.0):
        report(share)
    assert [json.loads(line)["progress"] for line in out.getvalue().splitlines()] == [0, 1]


def test_settings_survive_json() -> None:
    settings = ConditionSettings(loudness_lufs=-16.0)
    assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings


def test_the_server_does_without_pyav() -> None:
    """Only workers, the demo and `package_vod` import it."""
    modules = ("library", "command", "probe", "worker", "jobs", "playlists", "ready.creatives")
    names = ", ".join(f"packager.packaging.{name}" for name in modules)
    code = f"import sys; sys.modules['av'] = None; import {names}"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
