"""The README says what is true today: its tables are those of the code."""

from pathlib import Path

import pytest

from packager.config import settings_table
from packager.decisions.templates import fields_table
from packager.reasons import markdown_table

README = Path(__file__).parent.parent / "README.md"
TABLES = {"settings": settings_table, "fields": fields_table, "reasons": markdown_table}


def between(text: str, name: str) -> tuple[int, int]:
    start = text.index("-->\n", text.index(f"<!-- {name}")) + 4
    return start, text.index(f"<!-- /{name} -->")


@pytest.mark.parametrize("name", TABLES)
def test_the_readme_has_the_table_of_the_code(name: str, request: pytest.FixtureRequest) -> None:
    """`pytest --update-cases` writes it."""
    text = README.read_text()
    start, end = between(text, name)
    table = TABLES[name]().strip() + "\n"
    if request.config.getoption("--update-cases", default=False):
        README.write_text(text[:start] + table + text[end:])
        return
    assert text[start:end] == table
