import json
from dataclasses import replace
from fractions import Fraction

import pytest
from rendering_bench import make_job, make_work

from packager.rendering.jobs import Drawing, Piece, Sound, work_from_json, work_to_json


def test_work_survives_json() -> None:
    work = make_work(home=1)
    full = replace(
        work,
        init=None,
        segment=Piece("http://cdn.example/all.mp4", (10, 19)),
        drawings=(
            *work.drawings,
            Drawing(
                template="u",
                data="{}",
                begins_s=Fraction(2),
                lasts_s=Fraction(7, 3),
                images=(("avatar", b"\x89PNG"),),
            ),
        ),
        ending="ts",
    )
    alone = replace(work, segment=None, init=None, ending="png")
    sounding = replace(
        work,
        sounds=(
            Sound(stem="a", gain_db=-6.5, duck_db=3.0, fade_s=Fraction(1, 3)),
            Sound(
                stem="b",
                gain_db=0.0,
                duck_db=0.0,
                fade_s=Fraction(0),
                begins_s=Fraction(-1, 7),
                ends_s=Fraction(2),
                top_s=Fraction(0),
            ),
        ),
        before=Piece("http://cdn.example/0.m4s"),
        after=Piece("http://cdn.example/all.mp4", (10, 19)),
    )
    for one in (work, full, alone, sounding):
        assert work_from_json(json.loads(json.dumps(work_to_json(one)))) == one


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "A" * 64, "0" * 31, "0" * 65, "0" * 64 + "\n"]
)
def test_a_key_that_could_be_no_name_of_a_file_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        replace(make_job(), key=key)
