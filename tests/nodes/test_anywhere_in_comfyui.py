"""The pack loads where much is against it: in an odd folder that is read-only, without network, NVML and
matplotlib, beside packs in the same places and a copy of itself. All in one ComfyUI, as starts are dear.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import neighbours
import pytest
from prompts import node
from tiny import picture

ODD = "VRAM Forecast – прогноз, 予測 (v2.1) ü"
SECOND = "vram-forecast"
ROOM = Path(__file__).parents[1] / "rooms"
CHECK = "/vram_forecast/check"
NODES = json.loads((Path(__file__).parents[2] / "locales/en/nodeDefs.json").read_text(encoding="utf-8"))
MOST_SECONDS = 0.1  # of ComfyUI's start


@pytest.fixture(scope="module")
def lacking(tmp_path_factory):
    """A folder of modules that cannot be imported."""
    folder = tmp_path_factory.mktemp("lacking")
    for name in ("pynvml", "matplotlib"):
        (folder / f"{name}.py").write_text(f"raise ImportError('no {name} here')\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def anywhere(start, copy_checkout, lacking, tmp_path_factory):
    """That ComfyUI."""
    base = tmp_path_factory.mktemp("mit Leerzeichen ü")
    packs = {"greeter": neighbours.GREETER, "breaker": neighbours.BREAKER, "failing": neighbours.FAILING}
    neighbours.move_in(base / "custom_nodes", packs)
    second = copy_checkout(base / "custom_nodes" / SECOND)
    return start(
        base,
        pack=ODD,
        flags=("--cpu",),
        PYTHONPATH=os.pathsep.join((str(ROOM), str(lacking))),
        ROOM_READ_ONLY=os.pathsep.join((str(base / "custom_nodes" / ODD), str(second))),
        ROOM_OFFLINE="1",
        ROOM_TIMED="1",
        ROOM_LOG=str(base / "room.jsonl"),
        VRAM_FORECAST_TRACING="off",
    )


@pytest.mark.parametrize(
    "attempt",
    [
        "open(FOLDER + '/x', 'w')",
        "__import__('os').mkdir(FOLDER + '/x')",
        "socket.create_connection(('192.0.2.1', 9))",
    ],
    ids=["a file", "a folder", "the network"],
)
def test_the_room_refuses_and_notes_what_it_says(attempt, tmp_path):
    code = f"import os, socket; FOLDER = {str(tmp_path)!r}; {attempt}"
    shut = {"ROOM_READ_ONLY": str(tmp_path), "ROOM_OFFLINE": "1", "ROOM_LOG": str(tmp_path) + ".jsonl"}
    environment = {**os.environ, **shut, "PYTHONPATH": str(ROOM)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "PermissionError" in done.stderr or "ConnectionError" in done.stderr
    assert Path(shut["ROOM_LOG"]).read_text(encoding="utf-8")


def noted(server, event=""):
    """What the room noted: attempts at what is shut, or how packs were loaded."""
    path = server.base / "room.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    notes = [json.loads(line) for line in lines]
    return [one for one in notes if one["event"] == event or (not event and one["event"] != "loaded")]


def ours(server):
    """How our copies were loaded."""
    return [one for one in noted(server, "loaded") if Path(one["what"]).name in (ODD, SECOND)]


def test_the_pack_and_its_second_copy_load(anywhere):
    assert f"IMPORT FAILED): {anywhere.pack.parent / 'failing'}" in anywhere.log
    assert 1 == anywhere.log.count(f"IMPORT FAILED): {anywhere.pack.parent}")
    assert {ODD, SECOND} == {Path(one["what"]).name for one in ours(anywhere)}
    _, known = anywhere.ask("/object_info")
    assert {*NODES, "NeighbourGreeter"} <= set(known)


def test_loading_costs_little_and_does_no_work(anywhere):
    for one in ours(anywhere):
        assert (0, []) == (one["torch"], one["estimator"])
        assert one["seconds"] <= MOST_SECONDS


def test_one_copy_is_used_and_the_log_names_the_other(anywhere):
    (told,) = [line for line in anywhere.log.splitlines() if "VRAM Forecast is installed twice" in line]
    used = {name for name in (ODD, SECOND) if f"{anywhere.pack.parent / name} is used" in told}
    removed = {name for name in (ODD, SECOND) if told.endswith(f"remove {anywhere.pack.parent / name}")}
    assert (1, {ODD, SECOND}) == (len(used), used | removed)
    assert 1 == anywhere.log.count("VRAM Forecast is ready")


def test_the_frontend_gets_its_files_once_whatever_the_folder_is_called(anywhere):
    listed = [one for one in anywhere.ask("/extensions")[1] if one.endswith("/node_text.js")]
    (used,) = {name for name in (ODD, SECOND) if f"{anywhere.pack.parent / name} is used" in anywhere.log}
    folder = SECOND if used == SECOND else "vram-forecast-web"
    assert [f"/extensions/{folder}/node_text.js"] == listed
    assert anywhere.fetch(listed[0])
    assert anywhere.fetch(f"/extensions/{folder}/docs/VRAMForecast.md").startswith(b"# VRAM Forecast")


def test_a_prompt_through_all_packs_is_checked_sampled_and_saved(anywhere):
    prompt = picture(1)
    prompt["2"] = node("NeighbourGreeter", name="lighthouse")
    prompt["5"] = node("CLIPTextEncode", text=["2", 0], clip=["1", 1])
    prompt["20"] = node("VRAMForecast")
    status, forecast = anywhere.ask(CHECK, {"prompt": prompt})
    assert (200, [], []) == (status, forecast["coverage"]["unknown"], forecast["coverage"]["missing_files"])
    anywhere.ask("/settings/VRAMForecast.Guard", b'"block"')
    before = len(anywhere.log)
    entry = anywhere.run(prompt, ["10", "20"], seconds=120)
    assert "success" == entry["status"]["status_str"], entry["status"]
    assert 1 == anywhere.log[before:].count("the neighbour saw a prompt begin")
    assert 1 == anywhere.log[before:].count("the neighbour saw a prompt end")


def test_a_broken_neighbour_breaks_its_own_requests_alone(anywhere):
    prompt = {"1": node("NeighbourGreeter", name="you"), "2": node("PreviewAny", source=["1", 0])}
    for path, body in ((CHECK, {"prompt": prompt}), ("/prompt", {"prompt": prompt})):
        assert 500 == anywhere.ask(path, body, Neighbour_Break="1")[0]
        assert 200 == anywhere.ask(path, body)[0]


def test_nothing_was_written_to_the_pack_and_nobody_outside_was_asked(anywhere):
    anywhere.run(picture(2) | {"20": node("VRAMForecast")}, ["10", "20"], seconds=120)
    assert [] == [one for one in noted(anywhere) if "__pycache__" not in one["what"]]
    changed = [path for path in anywhere.pack.rglob("*") if "__pycache__" in path.name]
    assert [] == changed


def test_without_matplotlib_the_text_is_there_and_the_picture_is_grey_and_small(anywhere):
    prompt = {
        "1": node("VRAMForecast", card="GeForce RTX 4070"),
        "2": node("VRAMForecastGPUCompare", first="GeForce RTX 3060 12 GB", second="GeForce RTX 4090"),
        "3": node("PreviewImage", images=["1", 4]),
        "4": node("PreviewImage", images=["2", 1]),
    }
    shown = anywhere.run(prompt, list(prompt))["outputs"]
    assert "GeForce RTX 4070" in shown["1"]["text"][0]
    assert shown["2"]["text"][0].startswith("RTX 4090 over RTX 3060 12 GB")
    for name in ("3", "4"):
        (image,) = shown[name]["images"]
        png = anywhere.fetch(f"/view?filename={image['filename']}&subfolder={image['subfolder']}&type=temp")
        assert (512, 64) == (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big"))
    assert 1 == anywhere.log.count("no pictures without matplotlib")
