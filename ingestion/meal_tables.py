"""What the meal desk prints and hands on as .xlsx: sheets of a round, the month's statement."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from booking.meals.sheets import Stop, kitchen_lines
from booking.meals.statement import PersonMonth
from ingestion.menu_tables import TEXTS
from ingestion.tables import Table, write_tables


def write_round(target: Path | BinaryIO, title: str, stops: Sequence[Stop]) -> None:
    """Write the kitchen's sheet and the delivery sheet of one round into one workbook."""
    total = sum(stop.portions for stop in stops)
    kitchen = Table(
        TEXTS.say("sheets.kitchen"),
        f"{title} {TEXTS.say('sheets.kitchen')}",
        (TEXTS.say("sheets.diet"), TEXTS.say("sheets.avoids"), TEXTS.say("sheets.portions")),
        [[each.diet, "、".join(each.avoids), each.portions] for each in kitchen_lines(list(stops))],
        [TEXTS.say("sheets.total"), "", total],
    )
    heads = ("number", "address", "name", "phone", "diet", "portions", "avoids", "done")
    delivery = Table(
        TEXTS.say("sheets.delivery"),
        f"{title} {TEXTS.say('sheets.delivery')}",
        tuple(TEXTS.say(f"sheets.{head}") for head in heads),
        [
            [
                stop.number,
                stop.address or "",
                stop.name,
                stop.phone or "",
                stop.diet,
                stop.portions,
                "、".join(stop.avoids),
                "",
            ]
            for stop in stops
        ],
        [TEXTS.say("sheets.total"), "", "", "", "", total, "", ""],
    )
    write_tables(target, [kitchen, delivery])


def write_statement(target: Path | BinaryIO, title: str, months: Sequence[PersonMonth]) -> None:
    """Write the month: one line for each person, and every delivered meal behind it.

    Money stands as yuan with two places, out of whole cents.
    """
    totals = Table(
        TEXTS.say("statement.people"),
        title,
        tuple(
            TEXTS.say(f"statement.{head}")
            for head in (
                "name",
                "portions",
                "price",
                "subsidy",
                "own",
                "missed",
                "open",
                "no_price",
            )
        ),
        [
            [
                each.name,
                each.portions,
                each.price_cents / 100,
                each.subsidy_cents / 100,
                each.own_cents / 100,
                each.missed,
                each.not_closed,
                each.without_price,
            ]
            for each in months
        ],
        [
            TEXTS.say("sheets.total"),
            sum(each.portions for each in months),
            sum(each.price_cents for each in months) / 100,
            sum(each.subsidy_cents for each in months) / 100,
            sum(each.own_cents for each in months) / 100,
            sum(each.missed for each in months),
            sum(each.not_closed for each in months),
            sum(each.without_price for each in months),
        ],
    )
    meals = Table(
        TEXTS.say("statement.meals"),
        title,
        tuple(
            TEXTS.say(f"statement.{head}")
            for head in (
                "name",
                "day",
                "meal",
                "kitchen",
                "number",
                "portions",
                "price",
                "subsidy",
                "own",
            )
        ),
        [
            [
                each.name,
                charge.day.isoformat(),
                charge.meal,
                charge.kitchen,
                charge.number,
                charge.portions,
                charge.price_cents / 100,
                charge.subsidy_cents / 100,
                charge.own_cents / 100,
            ]
            for each in months
            for charge in each.charges
        ],
    )
    write_tables(target, [totals, meals])
