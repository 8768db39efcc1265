"""Panels: what is selected is what was there, and arguments that do not fit are named."""

import numpy as np
import pytest

import fakeengage as fe
from fakeengage.cadence import Cadence


@pytest.fixture
def ragged() -> fe.Panel:
    lengths = [3, 0, 5]
    return fe.Panel(
        np.arange(16, dtype=np.float32),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array([10, 0, 12]),
        ["views", "likes"],
        ["a", "b", "c"],
        is_fake=np.array([True, None, False], dtype=object),
    )


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [([2, 0], [2, 0]), ([-1], [2]), ([True, False, True], [0, 2]), ([], []), (range(3), [0, 1, 2])],
)
def test_selected_accounts_keep_their_series_clock_and_label(
    ragged: fe.Panel, wanted: object, positions: list[int]
) -> None:
    part = ragged.select(wanted)  # type: ignore[arg-type]
    assert len(part) == len(positions)
    assert part.is_fake is not None
    assert ragged.is_fake is not None
    for k, i in enumerate(positions):
        assert np.array_equal(part.block(k), ragged.block(i))
        assert part.starts[k] == ragged.starts[i]
        assert part.account_ids[k] == ragged.account_ids[i]
        assert part.is_fake[k] == ragged.is_fake[i]


def test_brackets_select_and_a_panel_is_a_list_of_accounts(ragged: fe.Panel) -> None:
    assert ragged.shape == (3,)
    assert [part.account_ids.tolist() for part in ragged] == [["a"], ["b"], ["c"]]
    assert ragged[-1].account_ids.tolist() == ["c"]
    assert ragged[1:].account_ids.tolist() == ["b", "c"]
    assert ragged[::-2].account_ids.tolist() == ["c", "a"]
    assert ragged[np.array([True, False, True])].account_ids.tolist() == ["a", "c"]
    assert ragged[[2, 2], ...].account_ids.tolist() == ["c", "c"]
    with pytest.raises(IndexError):
        ragged[3]
    with pytest.raises(TypeError, match="positions or a mask"):
        ragged["a"]
    with pytest.raises(TypeError, match="a Panel is not an array"):
        np.asarray(ragged)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [([3], IndexError), ([-4], IndexError), ([True], IndexError), (["a"], TypeError), ([0.5], TypeError)],
)
def test_accounts_that_do_not_exist_are_refused(
    ragged: fe.Panel, wanted: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ragged.select(wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", ["owner_ids", "is_fake", "status"])
def test_one_entry_per_account_in_every_column(argument: str) -> None:
    with pytest.raises(ValueError, match=argument):
        fe.Panel(
            np.ones(3, np.float32),
            np.array([0, 3]),
            np.array([0]),
            ["likes"],
            ["a"],
            **{argument: np.array(["ok", "ok"], dtype=object)},  # type: ignore[arg-type]
        )


def test_an_id_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="account_ids"):
        fe.Panel.from_arrays(np.ones((2, 3, 1)), ["a", "a"], ["likes"])


@pytest.mark.parametrize("minutes", [0, -5, 40_321])
def test_an_impossible_cadence_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        Cadence(minutes)
