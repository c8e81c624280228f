"""Tables as lines: no cell lost, no row that needs another to be understood."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.rows import Table, lines_of, plain

WORDS = st.sampled_from(["", "理发", "价格", "5元", "周一", "早餐", "11:30", "提前说。", "电话"])


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(WORDS, min_size=n, max_size=n))))
def test_every_word_of_a_table_is_in_its_lines(cells: list[list[str]]) -> None:
    lines = lines_of(plain(cells))
    said = "\n".join(lines)
    assert all(cell.rstrip("。") in said for row in cells for cell in row)
    assert all(line.strip("。； ") for line in lines)


def test_a_grid_of_days_names_the_row_first() -> None:
    cells = [["", "周一", "周二"], ["早餐", "豆浆", "牛奶"], ["午餐", "饺子", "面条"]]
    assert lines_of(plain(cells)) == [
        "早餐；周一：豆浆；周二：牛奶。",
        "午餐；周一：饺子；周二：面条。",
    ]


def test_a_cell_over_several_columns_is_said_once_with_all_their_names() -> None:
    cells = [["日期", "早餐", "午餐"], ["元旦", "停伙", "停伙"]]
    origins = [[(0, 0), (0, 1), (0, 2)], [(1, 0), (1, 1), (1, 1)]]
    assert lines_of(Table(cells, origins)) == ["日期：元旦；早餐、午餐：停伙。"]


def test_a_column_nobody_filled_still_shows_its_header() -> None:
    cells = [["项目", "价格", "备注"], ["理发", "5元", ""]]
    assert lines_of(plain(cells)) == ["备注。", "项目：理发；价格：5元。"]
