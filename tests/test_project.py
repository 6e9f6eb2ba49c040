"""What holds of the project as a whole: its layout, its versions, its container."""

import json
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from packager.config import Admin, Listen

ROOT = Path(__file__).parents[1]

TOP_LEVEL = {
    *("packager", "manifests", "overlays", "loadtests", "tests", ".ci"),
    *("pyproject.toml", "Makefile", "Dockerfile", "compose.yaml"),
    *("README.md", "CHANGELOG.md", "LICENSE", ".pre-commit-config.yaml"),
    *(".gitignore", ".gitattributes"),
}

# Below these are known holes; they reach us through others too, so what is installed counts.
FLOORS = {
    "aiohttp": (3, 14, 3),
    "h11": (0, 16),
    "h2": (4, 4, 1),
    "httpx2": (2, 12),
    "lxml": (6, 1),
    "pillow": (13,),
    "starlette": (1, 3, 1),
    "uvicorn": (0, 11, 7),
    "uvloop": (0, 23),
}


def find(name: str) -> bool:
    """Whether a distribution of this name is installed."""
    return any(True for _ in distributions(name=name))


def release(text: str) -> tuple[int, ...]:
    """The numbers of a version, without what marks it as a candidate."""
    return tuple(int(number) for number in re.findall(r"\d+", text.split("+")[0])[:3])


def test_no_installed_version_has_a_known_hole() -> None:
    installed = {name: version(name) for name in FLOORS if find(name)}
    assert installed.keys() >= {"h11", "httpx2", "lxml", "pillow", "starlette", "uvloop"}
    assert not {name: text for name, text in installed.items() if release(text) < FLOORS[name]}


def test_declared_versions_start_at_the_floors() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = dict(re.split(r">=", requirement) for requirement in project["dependencies"])
    wanted = {name: floor for name, floor in FLOORS.items() if name in declared}
    assert wanted.keys() >= {"httpx2", "lxml", "pillow", "starlette", "uvloop"}
    assert all(release(declared[name]) >= floor for name, floor in wanted.items())


def test_the_top_level_is_what_the_design_fixes() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        [git, "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    present = {path.split("/")[0] for path in listed.splitlines()}
    assert present <= TOP_LEVEL
    assert present >= TOP_LEVEL


def test_the_players_are_pinned_and_their_lock_names_no_host() -> None:
    browser = ROOT / "tests" / "browser"
    wanted = json.loads((browser / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = json.loads((browser / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert wanted.keys() == {"dashjs", "hls.js", "shaka-player"}
    assert all(locked[f"node_modules/{name}"]["version"] == pin for name, pin in wanted.items())
    assert not [path for path, package in locked.items() if "resolved" in package]


def instructions(name: str) -> list[str]:
    """What a keyword of the Dockerfile is given, in order."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.*)$", text, flags=re.MULTILINE)


def test_the_container_is_built_apart_and_does_not_run_as_root() -> None:
    assert len(instructions("FROM")) == 2
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER [1-9][0-9]*$", last_stage, flags=re.MULTILINE)
    assert "pip install" not in last_stage


def test_the_container_copies_every_package_that_the_wheel_has() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    packages = tools["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = {source for line in instructions("COPY") for source in line.split()[:-1]}
    assert copied >= {*packages, "pyproject.toml", "README.md", "LICENSE"}


def test_container_and_configuration_agree_on_the_ports() -> None:
    (check,) = instructions("HEALTHCHECK")
    assert f":{Admin().port}/healthz" in check
    assert instructions("EXPOSE") == [str(Listen().port)]
    compose = YAML(typ="safe").load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert compose["services"]["weft"]["ports"] == [f"{Listen().port}:{Listen().port}"]


def test_ci_runs_what_people_run() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    for hook in hooks["repos"][0]["hooks"]:
        command = hook["entry"].removeprefix(".venv/bin/")
        assert f"$(BIN)/{command}" in makefile
