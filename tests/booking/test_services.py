"""The catalog: what stands in it fits, and a mistake is named with its file and line."""

from datetime import date
from pathlib import Path

import pytest

from booking.services import CATALOG, CapacityKind, CatalogBroken, load_catalog

NAMES = {path.name for path in CATALOG.glob("*.toml")}


def _copy(folder: Path, name: str, old: str, new: str) -> int:
    """Copy the catalog with one thing changed; return the line that was changed, from one."""
    for path in CATALOG.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name == name:
            assert old in text
            line = text[: text.index(old)].count("\n") + 1
            text = text.replace(old, new, 1)
        (folder / path.name).write_text(text, encoding="utf-8")
    return line


def test_the_catalog_that_comes_with_us_is_whole() -> None:
    catalog = load_catalog()
    assert [service.id for service in catalog.bookable] == [
        "meal",
        "ride",
        "checkup",
        "medical_point",
        "recuperation",
        "venue",
    ]
    assert {service.id for service in catalog.services} == {Path(name).stem for name in NAMES}
    for service in catalog.bookable:
        assert service.grant
        assert service.topics
        assert service.summary.format(**{field.name: "" for field in service.fields})
        assert service.capacity is not CapacityKind.NONE


def test_an_unknown_service_is_no_service() -> None:
    with pytest.raises(KeyError):
        load_catalog().get("nuclear")
    with pytest.raises(KeyError):
        load_catalog().get("meal").field("colour")


def test_a_meal_closes_when_the_file_says() -> None:
    periods = load_catalog().get("meal").periods
    day = date(2027, 1, 1)
    assert periods["breakfast"].closes_at(day).isoformat() == "2026-12-31T20:00:00+08:00"
    assert periods["lunch"].closes_at(day).isoformat() == "2027-01-01T10:00:00+08:00"
    assert periods["lunch"].starts_at(day).isoformat() == "2027-01-01T11:30:00+08:00"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("meal.toml", "position = 1", 'position = "一"'),
        ("meal.toml", "most_days_ahead = 14", "most_days_ahead = 0"),
        ("meal.toml", 'closes = "10:00"', 'closes = "十点"'),
        ("meal.toml", 'kind = "number"', 'kind = "amount"'),
        ("meal.toml", 'label = "口味"', 'lable = "口味"'),
        ("meal.toml", 'value = "soft"', 'value = "软"'),
        ("ride.toml", 'earliest = "06:00"', 'earliest = "6点"'),
        ("ride.toml", 'capacity = "vehicle"', 'capacity = "bus"'),
        ("checkup.toml", "once_a_year = true", 'once_a_year = "每年"'),
    ],
)
def test_a_mistake_names_file_and_line(tmp_path: Path, name: str, old: str, new: str) -> None:
    line = _copy(tmp_path, name, old, new)
    with pytest.raises(CatalogBroken) as broken:
        load_catalog(tmp_path)
    said = str(broken.value)
    assert name in said
    assert f"第{_said_line(said)}行" in said
    # A key that is misspelt is reported where it is, or where its block begins.
    assert 0 <= line - _said_line(said) <= 6


def test_what_is_not_toml_names_the_file_and_the_line(tmp_path: Path) -> None:
    _copy(tmp_path, "meal.toml", 'name = "订餐"', "name = 订餐")
    with pytest.raises(CatalogBroken, match=r"meal\.toml.*line 3"):
        load_catalog(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("meal.toml", 'period_field = "meal"', 'period_field = "dish"', "period_field"),
        ("meal.toml", "[periods.lunch]", "[periods.brunch]", "periods"),
        ("meal.toml", 'name = "diet"', 'name = "meal"', "同名"),
        ("ride.toml", 'number_prefix = "车"', 'number_prefix = "餐"', "一样"),
        ("ride.toml", 'id = "ride"', 'id = "meal"', "一样"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    _copy(tmp_path, name, old, new)
    with pytest.raises(CatalogBroken, match=words):
        load_catalog(tmp_path)


def _said_line(said: str) -> int:
    return int(said.split("第")[1].split("行")[0])
