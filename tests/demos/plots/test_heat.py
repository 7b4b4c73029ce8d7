"""A table as colours: what is white, and what stands in the cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from demos import plots
from tests.demos.looking import Look

WORDS = {"title": "Table", "label": "m", "xlabel": "x", "ylabel": "y"}


@pytest.mark.parametrize("how, white", [({"signed": True}, 0.0), ({"signed": True, "log": True}, 1.0)])
@pytest.mark.parametrize("table", [[[0.5, 2.0]], [[1e8, 1e3]], [[0.9, 1e-3]]])
def test_colours_of_two_kinds_meet_in_white(look: Look, table: Any, how: Any, white: float) -> None:
    image = look(plots.heat_map, table, ["row"], ["a", "b"], **WORDS, **how).axes[0].images[0]
    assert image.norm(white) == pytest.approx(0.5) and min(image.cmap(image.norm(white))[:3]) > 0.95
    shades = image.norm(np.array(table))
    assert ((shades > 0.5) == (np.array(table) > white)).all() and (shades >= 0).all() and (shades <= 1).all()


def test_cells_are_written_in_unless_they_are_small(look: Look) -> None:
    table = [[1.0, np.nan, 1e-9]] * 12
    rows, columns = [*map(str, range(12))], ["a", "b", "c"]
    large = look(plots.heat_map, table, rows, columns, **WORDS, write="{:.1e}".format)
    small = look(plots.heat_map, table, rows, columns, **WORDS, write=None)
    assert [text.get_text() for text in large.axes[0].texts] == ["1.0e+00", "nan", "1.0e−09"] * 12
    assert not small.axes[0].texts and small.get_figheight() < large.get_figheight()
