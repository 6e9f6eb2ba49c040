"""Whatever stands in a template or in its data: it is drawn, or refused with a reason."""

import json
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlays.errors import OverlayError
from overlays.templates.reader import FILE, read_template
from overlays.templates.stage import make_layer
from packager.templates.folder import find_folder, library, load_template, read_folder, shelf

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
FILES = {name: read_folder(find_folder(name, beside=Path("/nowhere"))) for name in library()}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document, as the container and the key in it."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


def with_one_change(document: Any, draw: st.DataObject) -> Any:
    document = deepcopy(document)
    container, key = draw.draw(st.sampled_from(list(places(document))))
    container[key] = draw.draw(JSON)
    return document


@pytest.mark.parametrize("name", library())
@settings(max_examples=40)
@given(draw=st.data())
def test_a_template_with_anything_anywhere(name: str, draw: st.DataObject) -> None:
    document = with_one_change(json.loads(FILES[name][FILE]), draw)
    with suppress(OverlayError):
        template = read_template({**FILES[name], FILE: json.dumps(document).encode()}, shelf())
        data = template.canonical(template.samples[0].data)
        make_layer(template, data, (320, 180), lasts=Fraction(2)).at(Fraction(1))


@pytest.mark.parametrize("name", library())
@settings(max_examples=40)
@given(draw=st.data())
def test_data_with_anything_anywhere(name: str, draw: st.DataObject) -> None:
    template = load_template(find_folder(name, beside=Path("/nowhere")))
    with suppress(OverlayError):
        data = template.canonical(with_one_change(template.samples[0].data, draw))
        make_layer(template, data, (320, 180)).at(Fraction(1))
