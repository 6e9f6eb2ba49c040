"""What the tests of the composed server share: tiny media, packaged once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from app_bench import Bench, TinyMedia, make_tiny_media


@pytest.fixture(scope="session")
def tiny_media(tmp_path_factory: pytest.TempPathFactory) -> TinyMedia:
    """Content, creatives and house media of 64 x 36 pixels, conditioned by the product itself."""
    return make_tiny_media(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def make_bench(tiny_media: TinyMedia, tmp_path: Path) -> Callable[..., Bench]:
    """Makes the world around a server, in this test's own folder."""

    def make(name: str = "weft", **settings: object) -> Bench:
        return Bench(tiny_media, tmp_path / name, **settings)  # type: ignore[arg-type]

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """The world around a server, with the shows that most tests need."""
    return make_bench()
