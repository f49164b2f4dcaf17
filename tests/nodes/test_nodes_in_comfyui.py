"""Each node in a real ComfyUI: it runs in a prompt and gives what it says, and never fails the prompt."""

import json
import math
import re
import shutil
import time
from pathlib import Path

import pytest
from prompts import checkpoint, node
from vram_forecast.estimator.workflow import read
from workflow.test_templates import FILES, is_workflow, need

ROOT = Path(__file__).resolve().parents[2]
SDXL = "sdxl/sd_xl_base_1.0.safetensors"
INSPECTED = f"checkpoints/{SDXL}"


def previewed(class_type, outputs, **inputs):
    """A prompt of one node, with each of its outputs previewed; and the ids to run it for."""
    prompt = {"1": node(class_type, **inputs)}
    for slot, kind in enumerate(outputs):
        name = str(10 + slot)
        shown = (
            node("PreviewImage", images=["1", slot])
            if kind == "IMAGE"
            else node("PreviewAny", source=["1", slot])
        )
        prompt[name] = shown
    return prompt, list(prompt)


def ran(server, prompt, outputs):
    """What a prompt's nodes showed; it must succeed."""
    finished = server.run(prompt, outputs)
    assert "success" == finished["status"]["status_str"], finished["status"]
    return finished["outputs"]


def size_of(server, image):
    """Width and height of a picture that ComfyUI serves."""
    query = f"filename={image['filename']}&subfolder={image['subfolder']}&type={image['type']}"
    png = server.fetch(f"/view?{query}")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def text(shown, node_id):
    """What a node shows as text."""
    (found,) = shown[node_id]["text"]
    return found


FORECAST = ["STRING", "STRING", "FLOAT", "FLOAT", "IMAGE"]


def forecast(server, workflow, **inputs):
    """The node VRAM Forecast in a workflow, run alone: all that it gives."""
    prompt, outputs = previewed("VRAMForecast", FORECAST, **inputs)
    renamed = {f"n{name}": one for name, one in workflow.items()}
    for one in renamed.values():
        for key, value in one["inputs"].items():
            if isinstance(value, list):
                one["inputs"][key] = [f"n{value[0]}", value[1]]
    return ran(server, prompt | renamed, outputs)


def test_the_forecast_gives_text_verdict_peak_seconds_and_picture(server):
    shown = forecast(server, checkpoint(SDXL), card="GeForce RTX 4090")
    report = text(shown, "10")
    assert report.startswith("Fits: peak")
    assert "GeForce RTX 4090" in report
    assert "resident" == text(shown, "11")
    assert 5 < float(text(shown, "12")) < 24
    assert 0 < float(text(shown, "13")) < 60
    assert 2400 == size_of(server, shown["14"]["images"][0])[0]


def test_the_forecast_shows_text_and_picture_on_itself(server):
    shown = forecast(server, checkpoint(SDXL), card="GeForce RTX 4090")["1"]
    assert 1 == len(shown["text"]) == len(shown["images"])
    assert 2400 == size_of(server, shown["images"][0])[0]


def test_a_small_card_says_what_does_not_fit_and_has_no_time(server):
    shown = forecast(server, checkpoint(SDXL, side=4096, batch=8), card="GeForce RTX 3050 6 GB")
    assert ("oom", "nan") == (text(shown, "11"), text(shown, "13"))
    assert text(shown, "10").startswith("Runs out of memory")


def test_without_suggestions_none_are_looked_for(server):
    changed = checkpoint(SDXL, side=4096, batch=8)
    with_some = forecast(server, changed, card="GeForce RTX 3050 6 GB", suggestions=True)
    without = forecast(server, changed, card="GeForce RTX 3050 6 GB", suggestions=False)
    assert ("→" in text(with_some, "10"), "→" in text(without, "10")) == (True, False)


def test_the_forecast_of_this_machine_is_the_routes(server):
    shown = forecast(server, checkpoint(SDXL))
    _, answer = server.ask("/vram_forecast/check", {"prompt": checkpoint(SDXL)})
    assert answer["verdict"] == text(shown, "11")
    assert "Runs on the processor" in text(shown, "10")


def test_a_saved_node_without_inputs_still_runs(server):
    shown = ran(server, {"1": node("VRAMForecast"), "2": node("PreviewAny", source=["1", 0])}, ["1", "2"])
    assert text(shown, "1") == text(shown, "2")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ({"1": node("VRAMForecast", card="GeForce RTX 9999")}, "No forecast: no card is named"),
        ({"1": node("VRAMForecast"), "4": node("VAELoader", vae_name=["99", 0])}, "No forecast: "),
        ({"1": node("VRAMForecastModelInspector", file="vae/gone.safetensors")}, "Not read: vae/gone"),
        ({"1": node("VRAMForecastModelInspector", file="vae/../../x")}, "Not read: "),
        ({"1": node("VRAMForecastModelInspector")}, "Not read: No file"),
        (
            {"1": node("VRAMForecastGPUCompare", first="x", second="y")},
            "No comparison: no card is named `x`",
        ),
        ({"1": node("VRAMForecastGPUCompare", second="GeForce RTX 4090")}, "No comparison: CPU is no card"),
        ({"1": node("VRAMForecastModelTable", card="x")}, "No table: no card is named `x`"),
        ({"1": node("VRAMForecastModelTable")}, "No table: ComfyUI runs on the processor here"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_cannot_be_said_is_one_sentence_and_the_prompt_goes_on(server, prompt, said):
    shown = ran(server, prompt | {"9": node("PreviewAny", source=["1", 0])}, ["1", "9"])
    found = text(shown, "9")
    assert said == found[: len(said)]
    assert 1 == len(found.splitlines())


def test_the_inspector_lists_comfyuis_files_and_reads_one(server):
    _, answer = server.ask("/object_info/VRAMForecastModelInspector")
    options = answer["VRAMForecastModelInspector"]["input"]["optional"]["file"][1]["options"]
    assert INSPECTED in options
    prompt, outputs = previewed("VRAMForecastModelInspector", ["STRING"] * 4, file=INSPECTED)
    shown = ran(server, prompt, outputs)
    assert text(shown, "10").startswith(f"{INSPECTED}: sdxl base checkpoint, 3.47 B parameters")
    assert ("sdxl", "F16") == (text(shown, "11"), text(shown, "13"))
    assert math.isclose(6.46, float(text(shown, "12")), abs_tol=0.01)


def test_a_new_file_is_there_after_a_refresh(server, sparse_model):
    models = server.pack.parent.parent / "models"
    path = sparse_model("sd_xl_base_1.0", models / "checkpoints" / "new" / "later.safetensors")
    try:
        _, answer = server.ask("/object_info")
        options = answer["VRAMForecastModelInspector"]["input"]["optional"]["file"][1]["options"]
        assert "checkpoints/new/later.safetensors" in [one.replace("\\", "/") for one in options]
    finally:
        path.unlink()
        path.parent.rmdir()


def test_a_thousand_files_are_listed_at_once(server):
    folder = server.pack.parent.parent / "models" / "loras" / "many"
    folder.mkdir(parents=True)
    try:
        for at in range(1000):
            (folder / f"{at}.safetensors").touch()
        began = time.monotonic()
        _, answer = server.ask("/object_info/VRAMForecastModelInspector")
        took = time.monotonic() - began
        options = answer["VRAMForecastModelInspector"]["input"]["optional"]["file"][1]["options"]
        assert (1000, True) == (len([one for one in options if "many" in one]), took < 1)
    finally:
        shutil.rmtree(folder)


def test_a_file_that_changes_is_read_again(server, sparse_model):
    models = server.pack.parent.parent / "models"
    path = sparse_model("sd_xl_base_1.0", models / "checkpoints" / "cut.safetensors")
    prompt = {"1": node("VRAMForecastModelInspector", file="checkpoints/cut.safetensors")}
    try:
        assert "sdxl" in text(ran(server, prompt, ["1"]), "1")
        with path.open("r+b") as file:
            file.truncate(1_000_000_000)
        assert text(ran(server, prompt, ["1"]), "1").startswith("Not read: checkpoints/cut.safetensors")
    finally:
        path.unlink()


def test_two_cards_are_compared_in_text_and_picture(server):
    cards = {"first": "GeForce RTX 3060 12 GB", "second": "GeForce RTX 4090"}
    prompt, outputs = previewed("VRAMForecastGPUCompare", ["STRING", "IMAGE"], **cards)
    shown = ran(server, prompt, outputs)
    assert text(shown, "10").startswith("RTX 4090 over RTX 3060 12 GB: 12 GB more VRAM")
    assert 2400 == size_of(server, shown["11"]["images"][0])[0]


def test_the_table_says_what_a_card_unlocks_in_text_and_picture(server):
    prompt, outputs = previewed("VRAMForecastModelTable", ["STRING", "IMAGE"], card="GeForce RTX 4070")
    shown = ran(server, prompt, outputs)
    assert re.match(r"What GeForce RTX 4070 unlocks\n", text(shown, "10"))
    assert "run well" in text(shown, "10")
    assert 2400 == size_of(server, shown["11"]["images"][0])[0]


def test_the_cards_that_can_be_chosen_are_those_that_were_sold(server):
    _, answer = server.ask("/object_info/VRAMForecast")
    options = answer["VRAMForecast"]["input"]["optional"]["card"][1]["options"]
    rows = json.loads((ROOT / "data" / "gpus.json").read_text(encoding="utf-8"))["gpu"]
    sold = {row["name"] for row in rows if row["status"] == "released"}
    assert ("this machine", sold) == (options[0], set(options[1:]))


def test_our_own_nodes_make_no_workflow_unknown(server):
    own = {
        f"own{at}": node(class_type)
        for at, class_type in enumerate(
            one for one in server.ask("/object_info")[1] if one.startswith("VRAMForecast")
        )
    }
    assert len(own) >= 4
    _, answer = server.ask("/vram_forecast/check", {"prompt": checkpoint(SDXL) | own})
    assert [] == answer["coverage"]["unknown"]


def largest_template(known):
    """The official template with the most nodes of those whose node types are all `known`, as a prompt."""
    need(FILES, "no templates: pip install comfyui-workflow-templates-json==0.1.123")
    prompts = [read(path).prompt() for path in FILES.values() if is_workflow(path)]
    return max((one for one in prompts if {node["class_type"] for node in one.values()} <= known), key=len)


def test_the_node_costs_little_time_on_the_largest_template(server, record_testsuite_property):
    known = set(server.ask("/object_info")[1])
    prompt = largest_template(known) | {"own": node("VRAMForecast", card="GeForce RTX 4070")}
    took = []
    for _ in range(3):
        began = time.monotonic()
        shown = ran(server, prompt, ["own"])
        took.append(time.monotonic() - began)
        assert 1 == len(shown["own"]["images"])
    record_testsuite_property("seconds of VRAM Forecast", took)
    assert min(took) < 5
