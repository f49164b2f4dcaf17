"""`vram-forecast history` and `export` on a store of two runs."""

import json

import msgspec
import pytest
from typer.testing import CliRunner
from vram_forecast.estimator.cli import app
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.history.store import Store
from vram_forecast.estimator.report import history as report
from vram_forecast.estimator.units import Estimate

SETUP = Setup("NVIDIA GeForce RTX 3060", 12 << 30, "0.33.0", "2.9", "pytorch", True)
RUN = Run(
    id="first", began=1e9, graph="g", setup=SETUP, verdict="resident",
    forecast_seconds=Estimate(10, 12, 15, "modelled"),
)  # fmt: skip
DONE = Done(
    run="first", node="3", class_type="KSampler", law="flux:forward:cast:2", before=0, peak=500 << 20,
    after=100 << 20, beside=Estimate(100 << 20, 150 << 20, 200 << 20, "traced"), seconds=2.5,
)  # fmt: skip


@pytest.fixture
def user(tmp_path):
    store = Store(tmp_path / "__vram_forecast" / "history.sqlite")
    store.begin(RUN)
    store.add(DONE)
    store.end("first", "done", seconds=20.0)
    store.begin(msgspec.structs.replace(RUN, id="second", began=2e9, graph="h"))
    store.close()
    return tmp_path


def said(*words):
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception
    return done.stdout


def test_the_last_runs_are_newest_first(user):
    second, first = (
        line for line in said("history", "--user-dir", user).splitlines() if line.startswith("20")
    )
    assert second.startswith("2033")
    assert "12 s → 20 s" in first
    assert "fits" in first


def test_one_run_is_told_with_its_nodes_by_how_its_id_begins(user):
    text = said("history", "--user-dir", user, "--run", "fir")
    (line,) = [one for one in text.splitlines() if "KSampler" in one]
    assert "100.0 MiB to 200.0 MiB → 400.0 MiB" in line


def test_json_holds_the_runs_and_the_nodes_of_one(user):
    assert ["second"] == [
        one["id"] for one in json.loads(said("history", "--user-dir", user, "--graph", "h", "--json"))["runs"]
    ]
    (node,) = json.loads(said("history", "--user-dir", user, "--run", "first", "--json"))["nodes"]
    assert {"beside": "100% more", "seconds": ""} == node["differs"]


def test_no_past_runs_and_no_such_run_are_one_line(user, tmp_path):
    with pytest.raises(InputError, match="no past runs"):
        said("history", "--database", tmp_path / "none.sqlite")
    with pytest.raises(InputError, match="no such run"):
        said("history", "--user-dir", user, "--run", "third")


def test_comfyuis_user_folder_is_found_by_its_path(user, tmp_path, monkeypatch):
    comfy = tmp_path / "ComfyUI"
    comfy.mkdir()
    (user / "__vram_forecast").rename(tmp_path / "moved")
    (comfy / "user").mkdir()
    (tmp_path / "moved").rename(comfy / "user" / "__vram_forecast")
    monkeypatch.setenv("COMFYUI_PATH", str(comfy))
    assert "second" in said("history")


def test_export_writes_a_file_and_says_what_it_wrote(user, tmp_path):
    file = tmp_path / "rows.toml"
    assert "1 measured nodes written" in said("export", "--user-dir", user, "--out", file)
    assert "[[node]]" in file.read_text()
    with pytest.raises(InputError, match="a file of that name is there"):
        said("export", "--user-dir", user, "--out", file)


def test_no_line_is_wider_than_the_terminal_nor_steers_it():
    node = msgspec.structs.replace(DONE, class_type="\x1b[31mred")
    text = report.render([RUN], [node], 60)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 60
