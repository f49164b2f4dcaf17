"""The page draws the columns of the estimator's own picture: of the same width, layers and hues."""

import json
import os
import shutil
import subprocess

import pytest
from charted import CASES, chained, forecast
from vram_forecast.estimator import Checked
from vram_forecast.estimator.charts.timeline import columns, hues, look
from vram_forecast.estimator.report.json import encode

ROOMS = (300, 520, 1028)


@pytest.fixture(scope="module")
def cases():
    found = {name: make() for name, make in CASES.items()}
    return found | {"60 steps": forecast(chained(19)), "300 steps": forecast(chained(99))}


@pytest.fixture(scope="module")
def page(root, cases):
    """What the page makes of each forecast in each room."""
    if not shutil.which("node"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs node 20 or newer")
    keys = [(name, room) for name in cases for room in ROOMS]
    asked = [[json.loads(encode(Checked(cases[name]))), room] for name, room in keys]
    told = subprocess.run(
        ["node", "tests/web/columns.js"],
        cwd=root, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return dict(zip(keys, json.loads(told.stdout), strict=True))


def drawn(one, steps):
    """A column as the page tells of it, but its pixels and bytes."""
    place = next(at for at, step in enumerate(steps) if step is one.step)
    return place, one.stands_for, one.reached, [(layer.what, layer.component) for layer in one.layers]


def test_its_columns_stand_for_the_same_steps_and_have_the_same_layers(page, cases):
    for (name, room), told in page.items():
        ours = [drawn(one, cases[name].steps) for one in columns(cases[name], room)]
        theirs = [
            (one["at"], one["stands_for"], one["reached"], [tuple(layer[:2]) for layer in one["layers"]])
            for one in told["columns"]
        ]
        assert ours == theirs, (name, room)


def test_its_pixels_and_bytes_are_the_same(page, cases):
    for (name, room), told in page.items():
        ours = [
            (one.left, one.width, *(layer.bytes for layer in one.layers))
            for one in columns(cases[name], room)
        ]
        theirs = [
            (one["left"], one["width"], *(layer[2] for layer in one["layers"])) for one in told["columns"]
        ]
        assert [pytest.approx(one, rel=1e-9, abs=1e-6) for one in ours] == theirs, (name, room)


def test_its_hues_are_those_of_the_same_components(page, cases):
    own = look("colour")["weights"]
    for name, case in cases.items():
        ours = {key: 1 + own.index(hue) if hue in own else 0 for key, hue in hues(case).items()}
        assert ours == page[name, ROOMS[0]]["hues"], name
