"""The pictures of competing units, read back from the drawings and compared with their data."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex

from symgame.competition import Competition, figures_of
from symgame.competition_captions import competition_captions
from symgame.fields import picture, sharpened
from symgame.microcircuits import lateral_inhibition, shared_inhibition
from symgame.report import canvas, figures, microcircuits

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

NAMES = ["equilibrium-map", "unit-game", "contrast-by-layer", "response-profile"]


@pytest.fixture(scope="module")
def data() -> Competition:
    return figures_of(lateral_inhibition())


@pytest.fixture(scope="module")
def drawn(data: Competition) -> dict[str, Any]:
    return microcircuits.drawings(data)


def lines(ax: Any, kind: str) -> list[Any]:
    return [line for line in ax.lines if line.get_gid() == kind]


def test_every_picture_is_drawn_in_three_formats(data: Competition) -> None:
    files = microcircuits.render(data)
    assert sorted(files) == sorted(f"figures/{name}.{ending}" for name in NAMES for ending in ("svg", "pdf", "png"))
    starts = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    assert all(content.startswith(starts[name.rsplit(".", 1)[1]]) for name, content in files.items())
    for name in NAMES:
        root = ElementTree.fromstring(files[f"figures/{name}.svg"])
        words = next(f for f in competition_captions(data) if f.name == name)
        assert root.get("role") == "img" and root.get("aria-label") == words.alt_text
        assert root.find(".//{http://www.w3.org/2000/svg}desc") is not None
    with pytest.raises(ValueError, match="no format"):
        microcircuits.render(data, ["gif"])


def test_the_map_shows_the_cells_their_boundaries_and_the_games(data: Competition, drawn: dict[str, Any]) -> None:
    (ax,) = drawn["equilibrium-map"].axes
    assert data.map is not None
    (image,) = ax.images
    assert np.array_equal(image.get_array(), data.map.cells)
    colors = {to_hex(image.cmap(image.norm(k))) for k in range(len(data.map.regions))}
    assert len(colors) == len(data.map.regions)
    assert len(lines(ax, "boundary")) == sum(len(b.points) for b in data.map.boundaries)
    (shown,) = lines(ax, "shown")
    assert np.allclose(np.column_stack(shown.get_data()), [[float(a), float(b)] for a, b in (p.at for p in data.games)])
    legend = drawn["equilibrium-map"].legends[0]
    assert [t.get_text() for t in legend.get_texts()] == [r.name for r in data.map.regions]
    faces = [to_hex(h.get_facecolor()) for h in legend.get_patches()]
    assert faces == [to_hex(image.cmap(image.norm(k))) for k in range(len(faces))]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$w_{EE}$", r"$\ell$")


def test_markers_of_the_game_are_the_exact_equilibria_in_their_look(data: Competition, drawn: dict[str, Any]) -> None:
    for ax, panel in zip(drawn["unit-game"].axes, data.games, strict=True):
        for line, mark in zip(lines(ax, "equilibrium"), panel.game.equilibria, strict=True):
            assert mark.exact is not None
            assert [float(v[0]) for v in line.get_data()] == [float(v) for v in mark.exact]
            assert line.get_marker() == {"stable": "o", "saddle": "D"}[mark.stability]
            assert (to_hex(line.get_markerfacecolor()) == "#ffffff") == (mark.nash == "stationary")
        segments = [s for response in panel.game.responses for s in response]
        for line, segment in zip(lines(ax, "response"), segments, strict=True):
            ends = np.column_stack(line.get_data())
            assert np.allclose(ends, [[float(v) for v in segment.start], [float(v) for v in segment.end]])
        assert ax.get_title().startswith(panel.region)


def test_points_of_the_contrast_lie_on_the_law_and_stars_where_it_ends(
    data: Competition, drawn: dict[str, Any]
) -> None:
    (ax,) = drawn["contrast-by-layer"].axes
    rows = data.contrast
    assert rows is not None and ax.get_yscale() == "log"
    assert [line.get_xdata()[0] for line in lines(ax, "winner")] == [d.layers for d in rows.depths]
    for points, law, row in zip(lines(ax, "layers"), lines(ax, "law"), rows.rows, strict=True):
        x, y = points.get_data()
        assert list(y) == [float(c) for c in row.contrast[: len(y)]]
        curve_x, curve_y = law.get_data()
        active = [k for k, ratio in enumerate(row.ratios[: len(y)]) if ratio > 0]
        assert np.allclose(np.interp(active, curve_x, curve_y), np.asarray(y)[active], rtol=1e-9)
        assert np.allclose(np.diff(np.log(curve_y), 2), 0, atol=1e-9)  # straight, for two single units
        assert len(x) == len(y)
    (threshold,) = lines(ax, "threshold")
    assert rows.threshold is not None and threshold.get_ydata()[0] == float(rows.threshold)


def test_bars_are_inputs_and_rates(data: Competition, drawn: dict[str, Any]) -> None:
    axes = drawn["response-profile"].axes
    assert len(axes) == 2 * len(data.profiles)
    for k, row in enumerate(data.profiles):
        for ax, values in zip(axes[2 * k : 2 * k + 2], (row.inputs, row.rates), strict=True):
            assert [bar.get_height() for bar in ax.patches] == [float(v) for v in values]
            assert ax.get_ylim()[1] > max(map(float, values))


def test_each_layer_of_the_image_has_its_own_white() -> None:
    found = sharpened(picture(8), layers=2)
    axes = microcircuits.sharpened_image(found).axes
    assert [ax.get_title() for ax in axes] == ["input", "layer 1", "layer 2"]
    for ax, rows in zip(axes, (found.image, *found.layers), strict=True):
        (image,) = ax.images
        grey = np.array([[float(v) for v in row] for row in rows])
        assert np.array_equal(image.get_array(), grey) and image.get_clim() == (0, grey.max())


def test_captions_name_every_value_and_what_is_decided(data: Competition) -> None:
    words = {f.name: f for f in competition_captions(data)}
    assert list(words) == NAMES and data.map is not None
    weights = {s.name for s in data.circuit.W.free_symbols} - set(data.circuit.whole)
    for name in ("equilibrium-map", "unit-game"):
        for symbol in {*weights, "tau_E", "tau_I", "u_1", "u_2"} - {data.map.over, data.map.other}:
            assert re.search(rf"\b{symbol} = \d", words[name].caption), (name, symbol)
    for name in ("contrast-by-layer", "response-profile"):
        assert all(re.search(rf"\b{symbol} = \d", words[name].caption) for symbol in weights)
    for figure in words.values():
        assert figure.caption_latex.count("$") % 2 == 0 and not re.search(r"\b[kn] = \d", figure.caption)
        assert "$" not in figure.caption and figure.alt_text == f"{figure.title}. {figure.caption}"
        outside = "".join(re.split(r"(?<!\\)\$", figure.caption_latex)[::2])
        assert not re.search(r"(?<!\\)[_#%&{}^]", outside)
    assert "no other equilibrium" in words["response-profile"].caption
    assert all(region.name in words["equilibrium-map"].caption for region in data.map.regions)


def test_names_in_the_authors_notation_reach_the_pictures() -> None:
    found = figures_of(shared_inhibition(2))
    drawing = microcircuits.drawings(found)["equilibrium-map"]
    assert drawing.axes[0].get_ylabel() == "$w_{EI}$"
    assert found.map is not None and found.map.other == "w_EI"


def shown_texts(drawing: Any) -> list[Any]:
    """Titles, labels, entries of legends, and the labels of ticks that lie in view."""
    texts = [t for legend in drawing.legends for t in legend.get_texts()]
    for ax in drawing.axes:
        texts += [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.texts]
        for axis, view in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            texts += [t.label1 for t in axis.get_major_ticks() if min(view) <= t.get_loc() <= max(view)]
    return [t for t in texts if t.get_text().strip() and t.get_visible()]


def inside(drawing: Any) -> None:
    """No text leaves the picture, and no two texts of a figure overlap."""
    drawing.canvas.draw()
    renderer = drawing.canvas.get_renderer()
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in shown_texts(drawing)]
    for words, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1, words
        assert box.x1 <= drawing.bbox.width + 1 and box.y1 <= drawing.bbox.height + 1, words
    for k, (one, a) in enumerate(boxes):
        for other, b in boxes[k + 1 :]:
            apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
            assert apart, (one, other)


@pytest.mark.parametrize("name", NAMES)
def test_texts_stay_inside_and_apart(drawn: dict[str, Any], name: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with canvas.style():
        FigureCanvasAgg(drawn[name])
        drawn[name].draw_without_rendering()
        inside(drawn[name])


def test_one_look_in_all_pictures() -> None:
    for name in ("MARKERS", "FILLS", "LINES", "EXCITATORY", "INHIBITORY", "UNTYPED", "DPI", "FORMATS", "INK", "PALE"):
        assert getattr(canvas, name) == getattr(figures, name, getattr(canvas, name))


def test_same_bytes_under_any_hash_seed() -> None:
    code = (
        "from symgame.competition import figures_of; from symgame.competition_captions import competition_captions;"
        "from symgame.microcircuits import lateral_inhibition; from symgame.report.microcircuits import render;"
        "import hashlib; d = figures_of(lateral_inhibition(2)); f = render(d, ['svg', 'png']);"
        "print(hashlib.sha256(repr(sorted(f.items())).encode() + repr(competition_captions(d)).encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[1]
    seen = set()
    for seed in ("0", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        seen.add(run.stdout)
    assert len(seen) == 1 and len(next(iter(seen)).strip()) == hashlib.sha256().digest_size * 2


def test_one_drawing_for_a_notebook(drawn: dict[str, Any]) -> None:
    text = microcircuits.svg(drawn["unit-game"], "The game")
    assert text.startswith("<?xml") and 'aria-label="The game"' in text
