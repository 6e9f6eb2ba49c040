from dataclasses import fields

from packager.config import Config, settings_table
from packager.config.settings import fields_by_key
from packager.config.values import CONFIG


def rows() -> dict[str, tuple[str, str]]:
    lines = settings_table().split("\n")[2:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert all(len(row) == 3 for row in cells), cells
    return {setting.strip("`"): (default, meaning) for setting, default, meaning in cells}


def test_the_table_has_every_setting_once_with_its_default() -> None:
    table = rows()
    assert len(table) == len(settings_table().split("\n")) - 2
    assert table["listen.port"][0] == "`8080`"
    assert table["admin.port"][0] == "`8081`"
    assert table["admin.public"][0] == "`false`"
    assert table["store"][0] == "`memory`"
    assert table["keys"][0] == ""
    assert table["tenants"][0] == "`[default]`"
    assert table["timeouts.ad_deadline_s"][0] == "`0.15`"
    assert table["shows"][0] == table["shows.NAME.breaks[].fill"][0] == "required"
    assert table["shows.NAME.slate"][0] == ""
    assert table["shows.NAME.slate.file"][0] == "required"
    assert table["shows.NAME.assets"][0] == ""
    assert table["shows.NAME.assets.NAME.cuts.NAME.file"][0] == ""
    assert table["shows.NAME.story[].play"][0] == "required"
    assert table["shows.NAME.breaks[].fill.vast"][0] == "required"
    assert table["shows.NAME.breaks[].else"][0] == "`content`"
    assert table["shows.NAME.breaks[].at"][0] == "required"
    assert table["shows.NAME.cues.start_types"][0].startswith("`[0x22, 0x30")


def test_the_table_reaches_every_field_of_the_configuration() -> None:
    tops = {setting.split(".")[0] for setting in rows()}
    assert tops == set(fields_by_key(Config)) == {field.name for field in fields(Config)}
    assert CONFIG.type is Config


def test_every_setting_says_what_it_is() -> None:
    assert all(len(meaning) > 7 and "|" not in meaning for _, meaning in rows().values())
