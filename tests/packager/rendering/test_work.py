"""What workers do with real segments: templates drawn onto them (small ones, packaged by Weft)."""

import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from app_bench import ORIGIN, Bench, TinyMedia
from rendering_bench import make_job

from overlays.errors import EncodingFailed
from overlays.segment.own_sets import augmented_init
from packager.config.rendering_settings import RenderingSettings
from packager.reasons import Reason
from packager.rendering import work as work_module
from packager.rendering.jobs import Drawing, Piece, Work
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.work import draw
from packager.templates.folder import load_template
from tests.overlays.segment.film_samples import make_film

SIZE = 64, 36


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def make_template(folder: Path, **changes: Any) -> str:
    """A white box in the left half, which stands still; return its digest."""
    folder.mkdir(exist_ok=True)
    value = {
        "id": "box",
        "version": "1",
        "title": "Box",
        "kind": "drawing",
        "size": [64, 36],
        "fps": 25,
        "phases": {"in": 0, "out": 0},
        "safe_area": "none",
        "data": {
            "type": "object",
            "properties": {"colour": {"type": "string", "gddType": "color-rrggbb"}},
        },
        "samples": ["white.json"],
        "elements": [{"type": "box", "box": [0, 0, 32, 36], "fill": "{colour}"}],
        **changes,
    }
    (folder / "white.json").write_text('{"colour": "#ffffff"}')
    (folder / "template.json").write_text(json.dumps(value))
    return load_template(folder).digest


class Shop:
    """A template, and a segment of the tiny content."""

    def __init__(self, media: TinyMedia, folder: Path) -> None:
        self.template = folder / "box"
        self.digest = make_template(self.template)
        for one in media.content.iterdir():
            if one.is_dir() and (b"avc1" in (one / "init.mp4").read_bytes()):
                self.folder = one
                self.init = (one / "init.mp4").read_bytes()
                self.segment = next(one.glob("1.*")).read_bytes()
                if size_of(self.init + self.segment) == SIZE:
                    return
        raise AssertionError("the tiny content has no such rendition")

    def work(
        self, colour: str = "#ffffff", begins_s: str = "0", lasts_s: str | None = None
    ) -> Work:
        drawing = Drawing(
            template=self.digest,
            data=json.dumps({"colour": colour}),
            begins_s=Fraction(begins_s),
            lasts_s=None if lasts_s is None else Fraction(lasts_s),
        )
        return Work(
            segment=Piece("http://cdn.example/1.m4s"),
            init=Piece("http://cdn.example/init.mp4"),
            drawings=(drawing,),
            profile="superfast",
        )

    def draw(self, work: Work) -> bytes:
        templates = {self.digest: str(self.template)}
        return draw(Order(work=work, segment=self.segment, init=self.init, templates=templates))


@pytest.fixture
def shop(tiny_media: TinyMedia, tmp_path: Path) -> Shop:
    return Shop(tiny_media, tmp_path)


def size_of(data: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height


def luma(data: bytes) -> list[float]:
    """Mean brightness of the left half of each frame."""
    with av.open(io.BytesIO(data)) as container:
        return [
            float(np.mean(frame.to_ndarray(format="gray")[4:-4, 4:28]))
            for frame in container.decode(video=0)
        ]


def test_a_template_is_drawn_onto_a_segment(shop: Shop) -> None:
    before = luma(shop.init + shop.segment)
    after = luma(shop.init + shop.draw(shop.work()))
    assert len(after) == len(before) == 50
    assert min(after) > 200 > max(before)


def test_times_count_from_the_segments_first_frame(shop: Shop) -> None:
    after = luma(shop.init + shop.draw(shop.work(begins_s="-3", lasts_s="4")))
    assert [brightness > 200 for brightness in after] == [True] * 25 + [False] * 25
    after = luma(shop.init + shop.draw(shop.work(begins_s="1")))
    assert [brightness > 200 for brightness in after] == [False] * 25 + [True] * 25


def test_what_comes_later_lies_above(shop: Shop) -> None:
    white, black = shop.work(), shop.work("#000000")
    both = replace(white, drawings=(*white.drawings, *black.drawings))
    assert max(luma(shop.init + shop.draw(both))) < 60


def test_where_nothing_is_to_be_seen_the_segment_is_the_original(shop: Shop) -> None:
    assert shop.draw(shop.work(begins_s="7")) == shop.segment


def test_the_same_order_gives_the_same_bytes(shop: Shop) -> None:
    first = shop.draw(shop.work())
    shop.draw(shop.work("#123456"))
    assert shop.draw(shop.work()) == first


def test_an_l_frame_makes_the_film_smaller(shop: Shop) -> None:
    mark = {"type": "box", "box": [60, 0, 4, 4], "fill": "{colour}"}
    video = {"box": [32, 18, 32, 18]}
    shop.digest = make_template(shop.template, video=video, elements=[mark])
    after = luma(shop.init + shop.draw(shop.work()))
    assert max(after) < 25  # the film is in the lower right corner


def test_a_palette_changes_the_film_and_not_what_is_drawn_on_it(shop: Shop) -> None:
    dark = {"palette": {"of": {"dark": {"brightness": -1}}}}
    mark = {"type": "box", "box": [0, 0, 32, 18], "fill": "#ffffff"}
    shop.digest = make_template(shop.template, video=dark, elements=[mark])
    with av.open(io.BytesIO(shop.init + shop.draw(shop.work()))) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="gray")
            assert picture[4:14, 4:28].mean() > 230
            assert picture[22:].mean() < 8


def test_what_needs_sets_of_ours_is_drawn_on_for_players_that_have_them(shop: Shop) -> None:
    film = make_film("cqm=jvt:bframes=2")
    shop.init, shop.segment = film.init, film.segments[0]
    with pytest.raises(DrawingRefused) as refused:
        shop.draw(shop.work())
    assert refused.value.code == "scaling_lists"
    init = augmented_init(film.init)
    assert init is not None
    drawn = shop.draw(replace(shop.work(), augmented=True))
    after = luma(init + drawn)
    assert len(after) == len(luma(film.init + film.segments[0]))
    assert min(after) > 200


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ending": "mp4"}, "container"),
        ({"profile": "placebo"}, "profile"),
        ({"data": '{"colour": 7}'}, "data"),
        ({"template": "other"}, "template_changed"),
        ({"init": b"<html>"}, "malformed"),
        ({"folder": "/nowhere"}, "template"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_word(
    shop: Shop, changes: dict[str, Any], code: str
) -> None:
    work = shop.work()
    (drawing,) = work.drawings
    templates = {shop.digest: changes.get("folder", str(shop.template))}
    templates["other"] = str(shop.template)
    drawing = replace(
        drawing,
        data=changes.get("data", drawing.data),
        template=changes.get("template", shop.digest),
    )
    work = replace(
        work,
        drawings=(drawing,),
        ending=changes.get("ending", "m4s"),
        profile=changes.get("profile", "superfast"),
    )
    init = changes.get("init", shop.init)
    with pytest.raises(DrawingRefused) as refused:
        draw(Order(work=work, segment=shop.segment, init=init, templates=templates))
    assert refused.value.code == code


def test_a_refusal_of_the_segment_keeps_its_own_code(shop: Shop, tiny_media: TinyMedia) -> None:
    for one in tiny_media.content.iterdir():
        if one.is_dir() and b"mp4a" in (init := (one / "init.mp4").read_bytes()):
            shop.init, shop.segment = init, next(one.glob("1.*")).read_bytes()
    with pytest.raises(DrawingRefused) as refused:
        shop.draw(shop.work())
    assert refused.value.code == "no_video"


def test_an_encoder_that_fails_ends_the_process(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise EncodingFailed("out of memory")

    monkeypatch.setattr(work_module, "render_cmaf", fail)
    with pytest.raises(EncodingFailed):
        shop.draw(shop.work())


async def test_a_composed_server_answers_with_what_a_template_draws(
    shop: Shop, bench: Bench
) -> None:
    bench.templates[shop.digest] = shop.template
    bench.config = replace(bench.config, rendering=RenderingSettings(wait_s=30.0))
    folder = f"{ORIGIN}vod/{shop.folder.name}"
    work = replace(shop.work(), segment=Piece(f"{folder}/s2.m4s"), init=Piece(f"{folder}/init.mp4"))
    async with bench.run(stocked=False) as running:
        job = make_job(now=bench.clock.now(), work=work)
        overlay = await running.weft.rendering.offer(job)
        assert overlay.url is not None
        got = await running.get(overlay.url)
        assert got.status_code == 200
        assert got.content == shop.draw(work)
        assert min(luma(shop.init + got.content)) > 200
        assert running.count(Reason.OVERLAY_REFUSED) == 0
