"""The rules of rides in the catalog, and what is known of a place by its names."""

from pathlib import Path

import pytest

from booking.services import CATALOG, CatalogBroken, load_catalog
from tests.booking.rides.conftest import Garage, at


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("travel_minutes = 45", "travel_minutes = 0", "travel_minutes"),
        ('by = "partner"', 'by = "own"', "只能写一次"),
        ('by = "person"', 'by = "horse"', "routes"),
        ("替您派了合作车队的一辆：{car}", "替您派了：{whom}", "没有 whom"),
        ("[ride]\n", "[rides]\n", "第"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    text = (CATALOG / "ride.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "ride.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(CatalogBroken, match=r"ride\.toml") as broken:
        load_catalog(tmp_path)
    assert said in str(broken.value)
    assert "行" in str(broken.value)


def test_a_hospital_known_only_to_the_house_is_due_the_day_before(garage: Garage) -> None:
    garage.place("总院", aliases=["301"], is_hospital=True, travel_minutes=30)
    garage.clock.go(hours=9, minutes=30)  # 18:30, after the hour of the day before.
    bank, hospital = (
        garage.ride(date="2026-11-25"),
        garage.ride(date="2026-11-25", destination="301"),
    )
    assert garage.request(hospital).due_at <= at("17:00", "2026-11-24")
    assert garage.request(hospital).due_at <= garage.request(bank).due_at


@pytest.mark.parametrize(
    ("said", "minutes"),
    [("协和医院", 30), ("301", 30), ("去协和医院看眼睛", 30), ("新协和医院", 45), ("银行", 45)],
)
def test_a_place_is_known_by_its_names_and_not_by_part_of_one(
    garage: Garage, said: str, minutes: int
) -> None:
    garage.place("协和医院", aliases=["301"], travel_minutes=30)
    garage.place("协和医院东院", travel_minutes=90)
    (leg,) = garage.legs(garage.ride(destination=said))
    assert (leg.arrives_at - leg.starts_at).total_seconds() == minutes * 60
