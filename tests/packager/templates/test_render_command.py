"""``weft render``, as people call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from overlays.errors import TemplateError
from packager.cli import main
from packager.templates.folder import find_folder, library, load_template, read_folder

TEMPLATE = {
    "id": "hello", "version": "1", "kind": "drawing", "size": [1920, 1080],
    "phases": {"in": 0.5, "out": 0.5},
    "data": {"type": "object", "properties": {
        "name": {"type": "string", "gddType": "single-line"},
        "face": {"type": "string", "gddType": "file-path/image-path"}}},
    "elements": [
        {"type": "box", "box": [96, 880, 700, 100], "fill": "#101828", "radius": 12,
         "in": {"opacity": [[0, 0], [0.5, 1, "out"]]}, "out": {"opacity": [[0, 1], [0.5, 0]]}},
        {"type": "image", "box": [700, 890, 80, 80], "source": "{face}"},
        {"type": "text", "box": [120, 880, 500, 100], "text": "Hello, {name}!", "size": 48}],
    "samples": ["anna.json"],
}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hello"
    folder.mkdir()
    (folder / "template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    (folder / "anna.json").write_text('{"name": "Anna"}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["render", *arguments])


def test_the_help_teaches() -> None:
    text = " ".join(run("--help").output.split())
    assert all(
        word in text for word in ("--check", "--strip", "scorebug", "EBU R 95", '"elements"')
    )
    assert all(name in text for name in library())


def test_a_frame_is_a_transparent_picture_of_the_templates_size(here: Path) -> None:
    result = run("hello")
    assert (result.exit_code, result.output) == (0, "hello.png\n")
    with Image.open(here / "hello.png") as image:
        assert (image.mode, image.size) == ("RGBA", (1920, 1080))
        assert image.getpixel((10, 10)) == (0, 0, 0, 0)
        assert image.getpixel((110, 930)) == (16, 24, 40, 255)


def test_data_names_pictures_beside_it(here: Path) -> None:
    (here / "data").mkdir()
    Image.new("RGB", (10, 10), "#00ff00").save(here / "data" / "me.png")
    (here / "data" / "me.json").write_text('{"name": "Zoë", "face": "me.png"}', encoding="utf-8")
    assert run("hello", "--data", "data/me.json", "-o", "o.png", "--size", "640x360").exit_code == 0
    with Image.open(here / "o.png") as image:
        assert image.size == (640, 360)
        assert image.getpixel((247, 310)) == (0, 255, 0, 255)


def test_a_strip_shows_it_coming_and_going(here: Path) -> None:
    assert run("hello", "--strip", "-o", "strip.png").exit_code == 0
    with Image.open(here / "strip.png") as image:
        assert image.size == (12 + 3 * 492, 12 + 2 * 310)


def test_a_clip_lies_over_a_checkerboard_or_content(here: Path) -> None:
    av = pytest.importorskip("av", reason="MP4 needs PyAV: the extra `media`")
    small = ("--size", "320x180", "--seconds", "1.2")
    assert run("hello", *small, "-o", "a.mp4").exit_code == 0
    assert run("hello", *small, "-o", "b.mp4", "--over", "a.mp4").exit_code == 0
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(here / name)) as container:
            frames = list(container.decode(video=0))
        assert len(frames) == 30
        assert (frames[0].width, frames[0].height) == (320, 180)


def test_a_check_that_finds_nothing_says_so_and_writes_a_contact_sheet(here: Path) -> None:
    result = run("hello", "--check")
    assert result.exit_code == 0
    assert result.output == "hello: 1 samples at 4 sizes: nothing to report; see hello-check.png\n"
    with Image.open(here / "hello-check.png") as image:
        assert image.size == (12 + 4 * 492, 12 + 310)


@pytest.mark.parametrize(
    ("name", "box", "kind"),
    [
        ("A name that is really much, much too long for it", None, "overflow"),
        ("ไทย", None, "missing_glyphs"),
        ("Anna", [20, 1000, 500, 70], "safe_area"),
    ],
)
def test_a_check_reports_what_is_wrong_and_fails(
    name: str, box: list[int] | None, kind: str, here: Path
) -> None:
    document = json.loads(json.dumps(TEMPLATE))
    if box is not None:
        document["elements"][2]["box"] = box
    (here / "hello" / "template.json").write_text(json.dumps(document), encoding="utf-8")
    (here / "hello" / "anna.json").write_text(json.dumps({"name": name}), encoding="utf-8")
    result = run("hello", "--check", "--size", "1280x720")
    assert result.exit_code == 1
    assert f"anna.json: {kind}: elements[2]: " in result.output
    assert "1 findings; see hello-check.png" in result.output


PROBLEMS = {
    "no template": (("nothing",), "there is no folder with a template.json; Weft brings along: "),
    "a sample": (("hello", "--sample", "x.json"), "x.json is no sample: anna.json"),
    "a suffix": (("hello", "-o", "x.gif"), "write a .png or an .mp4"),
    "a size": (("hello", "--size", "wide"), "is not a size: write 1280x720"),
    "an odd size": (("hello", "--size", "641x360"), "must be even"),
    "data": (("hello", "--data", "wrong.json"), "name: 5 is not of type 'string'"),
    "broken data": (("hello", "--data", "broken.json"), "broken.json: "),
}


@pytest.mark.parametrize(("arguments", "said"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems_are_told_in_a_sentence(arguments: tuple[str, ...], said: str, here: Path) -> None:
    (here / "wrong.json").write_text('{"name": 5}', encoding="utf-8")
    (here / "broken.json").write_text("{", encoding="utf-8")
    result = run(*arguments)
    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", library())
def test_templates_brought_along_pass_their_own_check(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(name, "--check", "--size", "1920x1080", "--size", "640x360")
    assert result.exit_code == 0, result.output
    assert load_template(find_folder(name, beside=tmp_path)).thumbnail is not None


def test_a_link_out_of_the_folder_is_refused(here: Path) -> None:
    (here / "secret.txt").write_text("secret", encoding="utf-8")
    (here / "hello" / "link.txt").symlink_to(here / "secret.txt")
    with pytest.raises(TemplateError, match=r"link.txt: is a link out of"):
        read_folder(here / "hello")


def test_hidden_files_do_not_count(here: Path) -> None:
    before = load_template(here / "hello").digest
    (here / "hello" / ".DS_Store").write_bytes(b"x")
    assert load_template(here / "hello").digest == before
