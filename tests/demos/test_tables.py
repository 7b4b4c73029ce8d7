"""Tables become numbers without a leak: all that an encoder knows is of the rows that it was made of, and each row is encoded alone."""

from __future__ import annotations

import csv
import doctest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos import tables
from demos.tables import Encoder, Table, read_table

HOUSES = Path(tables.__file__).parent / "data" / "houses"
numbers = st.integers(-(10**6), 10**6).map(lambda i: str(i / 100))
words = st.text("abß ,\"'\nNA0", min_size=1, max_size=3).filter(lambda word: word != "NA" and not word.strip().isdigit())


def written(columns: dict[str, list[str]]) -> Table:
    """These columns, through a file."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "table.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *zip(*columns.values())])
        return read_table(path)


@st.composite
def some(draw: st.DrawFn) -> tuple[Table, np.ndarray, np.ndarray]:
    """A table with two columns of numbers and two of words, and its rows in two parts, of which the first is not empty."""
    n = draw(st.integers(2, 12))

    def column(entries: st.SearchStrategy[str]) -> list[str]:
        return draw(st.lists(entries | st.sampled_from(["", "NA"]), min_size=n, max_size=n))

    same = draw(numbers)
    columns = {"x": column(numbers), "same": column(st.just(same)), "u": column(words), "v": column(st.just("w"))}
    for name, known in (("x", "0"), ("same", same), ("u", "a"), ("v", "w")):
        columns[name][-1] = known  # of a column without any known entry nobody can say of what kind it is
    rows = np.array(draw(st.permutations(range(n))))
    cut = draw(st.integers(1, n - 1))
    return written(columns), rows[:cut], rows[cut:]


@given(some())
def test_numbers_have_mean_0_and_deviation_1_over_what_is_known_and_gaps_are_0(given: tuple[Table, np.ndarray, np.ndarray]) -> None:
    table, seen, _ = given
    encode = Encoder(table[seen])
    x = encode(table[seen]).numpy()
    assert encode.numeric == encode.names[:2] == ["x", "same"]
    known = table.columns["x"][seen] != ""
    assert not x[~known, 0].any() and not x[:, 1].any()  # however a sum of equal numbers is rounded
    if len(set(table.columns["x"][seen][known])) > 1:
        assert abs(x[known, 0].mean()) < 1e-5 and abs(x[known, 0].std() - 1) < 1e-5
        order = table.numbers("x")[seen][known].argsort(kind="stable")
        assert (np.diff(x[known, 0][order]) >= 0).all()
    else:  # what does not vary in the training rows means nothing in others
        assert not encode(table).numpy()[:, 0].any()


@given(some())
def test_each_row_with_a_known_word_or_a_gap_has_one_indicator(given: tuple[Table, np.ndarray, np.ndarray]) -> None:
    table, seen, _ = given
    encode = Encoder(table[seen])
    x = encode(table).numpy()
    assert x.shape == (len(table), len(encode.names)) and np.isfinite(x).all() and len(set(encode.names)) == len(encode.names)
    lacking = set()
    for name in ("u", "v"):
        own = [i for i, feature in enumerate(encode.names) if feature.startswith(f"{name}: ")]
        assert set(np.unique(x[:, own])) <= {0, 1}
        for word, row in zip(table.columns[name], x[:, own]):
            known = word in {"", *table.columns[name][seen]}
            assert row.sum() == known
            if known:
                assert encode.names[own[int(row.argmax())]] == f"{name}: {word or 'missing'}"
            else:
                lacking.add(f"{name}: {word}")
    assert sorted(encode.unknown(table)) == sorted(lacking) and not encode.unknown(table[seen])


@given(some())
def test_a_row_is_encoded_alike_alone_and_among_others(given: tuple[Table, np.ndarray, np.ndarray]) -> None:
    table, seen, unseen = given
    encode = Encoder(table[seen])
    together = encode(table).numpy()
    for i in range(len(table)):
        np.testing.assert_array_equal(encode(table[[i]]).numpy()[0], together[i])
    np.testing.assert_array_equal(encode(table[unseen]).numpy(), together[unseen])
    assert encode(table[unseen]).dtype == np.float32


@given(some(), numbers, words)
def test_what_stands_in_rows_left_out_changes_nothing(given: tuple[Table, np.ndarray, np.ndarray], number: str, word: str) -> None:
    table, seen, unseen = given
    changed = {name: column.astype(object) for name, column in table.columns.items()}
    for name, column in changed.items():
        column[unseen] = number if name in ("x", "same") else word
    other = written(changed)
    assert Encoder(other[seen]).names == Encoder(table[seen]).names
    np.testing.assert_array_equal(Encoder(other[seen])(table).numpy(), Encoder(table[seen])(table).numpy())


def test_a_tiny_spread_and_a_large_one_stay_finite() -> None:
    table = written({"x": ["1e-170", "2e-170", ""], "y": ["3e38", "-3e38", "NA"], "z": ["0.1", "0.1", "0.1"]})
    x = Encoder(table)(table).numpy()
    assert np.isfinite(x).all() and x[:, 1].tolist() == [1, -1, 0] and not x[:, 2].any()


def test_what_is_no_number_for_float32_makes_words_of_a_column() -> None:
    table = written({"a": ["1", "nan"], "b": ["1", "inf"], "c": ["1", "1e39"], "d": ["1", "one"], "e": [" 1", "NA"], "f": ["", "NA"]})
    assert table.numeric == {"e"}  # of what is all missing nobody knows
    assert Encoder(table)(table).isfinite().all()
    assert Encoder(table, apart_from=["a", "b", "c", "d"]).names == ["e", "f: missing"]
    assert Encoder(table, apart_from=["e", "f"])(table).shape == (2, 12)


@given(st.lists(st.lists(words | numbers, min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_table_has_the_entries_of_its_file(rows: list[list[str]]) -> None:
    table = written(dict(zip("abc", map(list, zip(*rows)))))
    assert [list(row) for row in zip(*table.columns.values())] == rows
    broken = np.cumsum([1 + sum(entry.count("\n") for entry in row) for row in rows])
    assert table.lines.tolist() == (1 + broken).tolist()  # a row that goes over several lines counts as its last one


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "there are no rows under the names of the columns"),
        ("a,b\n", "there are no rows under the names of the columns"),
        ("a,b\n\n\n", "there are no rows under the names of the columns"),
        ("a,b\n1,2\n\n3\n", "line 4: 1 columns, where line 1 names 2"),
        ("a,b\n1,2,3\n", "line 2: 3 columns, where line 1 names 2"),
        ("\n1,2\n", "line 2: 2 columns, where line 1 names 0"),
        ("a,b,a\n1,2,3\n", "line 1: the column a is there twice"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
        ('a,b\n1,"2"3\n', "line 2: ',' expected after '\"'"),
        (b"a,b\n1,\xff\n", "not UTF-8 text"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError) as refused:
        read_table(path)
    assert str(path) in str(refused.value) and message in str(refused.value)


def test_entries_that_are_no_such_number_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("\ufeffprice,area\r\n1,10\r\n0,\r\n\r\nNA,big\r\n".encode())
    table = read_table(path)
    np.testing.assert_array_equal(table.numbers("price"), [1, 0, np.nan])
    with pytest.raises(ValueError, match=r"table.csv, line 3: price is '0', not a number above 0"):
        table.numbers("price", positive=True)
    with pytest.raises(ValueError, match=r"line 5: price is '', not a number above 0"):
        table[2:].numbers("price", positive=True)
    with pytest.raises(ValueError, match=r"line 5: area is 'big', not a number$"):
        table.numbers("area")
    with pytest.raises(ValueError, match=r"line 1: there is no column room"):
        table.column("room")
    with pytest.raises(ValueError, match=r"line 5: area is 'big', not a number$"):
        Encoder(written({"price": ["1"], "area": ["2"]}))(table)
    with pytest.raises(ValueError, match="at least one training row"):
        Encoder(table[:0])
    with pytest.raises(ValueError, match="line 1: there are no columns but price, area"):
        Encoder(table, ["price", "area"])


def test_tables_of_other_columns_do_not_match() -> None:
    one, two = written({"a": ["1"], "b": ["1"], "price": ["2"]}), written({"b": ["1"], "a": ["1"]})
    one.must_match(two, apart_from=["price"])
    for first, second in ((one, two), (two, one)):
        with pytest.raises(ValueError, match=r"line 1: there is no column price, which .*table.csv has"):
            first.must_match(second)
    np.testing.assert_array_equal(Encoder(one, ["price"])(two).numpy(), Encoder(one, ["price"])(one).numpy())


def test_the_columns_of_houses_are_of_the_kinds_that_they_should_be() -> None:
    train, test = read_table(HOUSES / "train.csv"), read_table(HOUSES / "test.csv")
    assert len(train.columns) == 81 and len(train.numeric) == 38  # with Id and SalePrice
    encode = Encoder(train, ["Id", "SalePrice"])
    x, x_test = encode(train).numpy(), encode(test).numpy()
    assert len(encode.numeric) == 36 and len(encode.words) == 43
    assert np.isfinite(x).all() and np.isfinite(x_test).all()
    gaps = [i for i, name in enumerate(encode.names) if name.endswith(": missing")]
    assert len(gaps) == 43 and (x[:, gaps].sum(0) == [(train.columns[name] == "").sum() for name in encode.words]).all()


def test_the_example_in_the_docstring() -> None:
    result = doctest.testmod(tables)
    assert result.attempted and not result.failed
