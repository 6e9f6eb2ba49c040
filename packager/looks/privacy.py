"""Whether a template with its data has pixels of one viewer."""

from collections.abc import Mapping
from typing import Any

from overlays.templates.model import Template
from packager.config.fact_settings import Fact
from packager.looks.binding import facts_of


def is_private(facts: Mapping[str, Fact], data: Mapping[str, Any], template: Template) -> bool:
    """The template says so, or a fact in the data does.

    Args:
        facts: Of the show, by name.
        data: As configured.
        template: Whose data it is.
    """
    named = template.schema.private.intersection(data)
    return bool(named) or any(facts[name].consent is not None for name in facts_of(data))
