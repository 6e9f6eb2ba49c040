"""Shows with choices for tests: read from YAML, as operators write them."""

from pathlib import Path

from packager.config.file import load
from packager.config.show_settings import Show
from packager.personalization.policy import Policy, policy_of

CLIP = Path(__file__).parents[2] / "cases" / "config" / "good" / "clip.mp4"
KEY = b"k" * 32


def show_of(folder: Path, text: str) -> Show:
    """The show `cup` of a configuration; `CLIP` stands for a file."""
    path = folder / "weft.yaml"
    body = "\n".join(f"    {line}" for line in text.strip("\n").split("\n"))
    head = "shows:\n  cup:\n    origin: https://origin.example/cup/\n"
    path.write_text(head + body.replace("CLIP", str(CLIP)) + "\n", encoding="utf-8")
    return load(path).shows["cup"]


def policy(folder: Path, text: str) -> Policy:
    """Its policy."""
    return policy_of(show_of(folder, text))
