"""Overlays at rest as one picture with transparency."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from overlays.templates.model import Template
from overlays.templates.stage import make_layer
from overlays.templates.still import STILL, film_box, still
from packager.templates.folder import find_folder, load_template


def template(name: str) -> Template:
    return load_template(find_folder(name, beside=Path("/nowhere")))


def test_all_overlays_are_one_picture_and_the_same_input_gives_the_same_bytes() -> None:
    frame, bug = template("sponsor_l"), template("scorebug")

    def drawn() -> bytes:
        layers = [
            make_layer(frame, frame.canonical({"sponsor": "Acme"}), STILL),
            make_layer(bug, bug.canonical({"score": "1:0"}), STILL),
        ]
        return still(layers, STILL)

    picture = Image.open(BytesIO(drawn()))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", STILL)
    alone = Image.open(
        BytesIO(still([make_layer(frame, frame.canonical({"sponsor": "Acme"}), STILL)], STILL))
    )
    assert alone.getpixel((700, 500)) == (0, 0, 0, 0)  # the film
    assert alone.getpixel((1700, 700)) == picture.getpixel((1700, 700))
    assert picture.tobytes() != alone.tobytes()
    assert drawn() == drawn()


def test_nothing_is_a_clear_picture() -> None:
    assert Image.open(BytesIO(still([], (16, 9)))).getextrema() == ((0, 0),) * 4


def test_an_l_frame_says_where_the_film_goes_and_others_do_not() -> None:
    assert film_box(template("sponsor_l"), STILL) == (0, 0, 1440, 810)
    assert film_box(template("sponsor_l"), (1920, 1200)) == (0, 60, 1440, 810)
    assert film_box(template("scorebug"), STILL) is None
