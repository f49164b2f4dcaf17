"""The pack in a real ComfyUI: it loads, its node and its route answer, and bad input is one sentence."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHECK = "/vram_forecast/check"
# As the frontend's "queue selected output nodes": the sampler of a sparse model had better not run.
NODE = ["20", "21"]
# Section 8 of the design: the same for the command line, the route and the frontend.
KEYS = {
    *("schema", "verdict", "tight", "where", "because", "device", "host", "policy"),
    *(
        "vram_peak",
        "ram_peak",
        "ram_kept",
        "swapped",
        "disk_bytes",
        "cold_bytes",
        "seconds",
        "seconds_again",
        "resident_seconds",
        "slowdown",
    ),
    *("coverage", "components", "steps", "suggestions"),
}


def text_to_image(checkpoint: str = "sdxl/sd_xl_base_1.0.safetensors") -> dict:
    """SDXL at 1024x1024 as the frontend posts it, of core nodes alone."""

    def encode(text):
        return {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}}

    sampler = {
        "seed": 1,
        "steps": 20,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
    }
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}
    return {
        "3": {"class_type": "KSampler", "inputs": {**sampler, **links}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": checkpoint}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
        "6": encode("a lighthouse"),
        "7": encode(""),
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
    }


def with_the_node(prompt: dict) -> dict:
    """The node added to a prompt, with its report linked on."""
    return {
        **prompt,
        "20": {"class_type": "VRAMForecast", "inputs": {}},
        "21": {"class_type": "PreviewAny", "inputs": {"source": ["20", 0]}},
    }


def test_the_pack_loads_and_says_so_in_one_line(server):
    (told,) = [line for line in server.log.splitlines() if str(server.pack) in line]
    assert "IMPORT FAILED" not in told
    assert 1 == server.log.count("VRAM Forecast is ready")


def test_the_pack_costs_comfyuis_start_less_than_a_tenth_of_a_second(server):
    took = re.search(rf"([0-9.]+) seconds: {re.escape(str(server.pack))}", server.log)
    assert float(took[1]) <= 0.1


def test_the_node_is_described_to_the_frontend(server):
    _, answer = server.ask("/object_info/VRAMForecast")
    node = answer["VRAMForecast"]
    assert ("VRAM Forecast", "VRAM Forecast") == (node["display_name"], node["category"])
    assert (["STRING", "STRING", "FLOAT", "FLOAT", "IMAGE"], True) == (node["output"], node["output_node"])
    assert {"prompt", "unique_id"} <= set(node["input"]["hidden"])


def test_comfyui_serves_the_help_and_the_words_of_the_node(server):
    names = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))
    for name in names:
        status, page = server.ask(f"/extensions/{server.pack.name}/docs/{name}.md")
        assert (200, f"# {names[name]['display_name']}") == (status, page.splitlines()[0])
    _, words = server.ask("/i18n")
    assert names == {name: words["en"]["nodeDefs"][name] for name in names}


def words_of(node: dict) -> dict:
    """What a node's definition says in words, as a locale has it."""
    widgets = {**node["input"].get("required", {}), **node["input"].get("optional", {})}
    outputs = zip(node["output_name"], node["output_tooltips"], strict=True)
    return {
        "display_name": node["display_name"],
        "description": node["description"],
        "inputs": {
            name: {"name": more.get("display_name") or name, "tooltip": more["tooltip"]}
            for name, (_, more) in widgets.items()
        },
        "outputs": {str(at): {"name": name, "tooltip": tip} for at, (name, tip) in enumerate(outputs)},
    }


def test_the_words_of_the_locale_are_those_of_the_nodes(server):
    names = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))
    _, definitions = server.ask("/object_info")
    own = {name: words_of(one) for name, one in definitions.items() if one.get("category") == "VRAM Forecast"}
    assert names == own


@pytest.mark.parametrize("path", [CHECK, f"/api{CHECK}"])
def test_the_route_answers_with_the_json_of_the_command_line(server, path):
    status, answer = server.ask(path, {"prompt": text_to_image(), "client_id": "x", "extra_data": {}})
    assert (200, KEYS) == (status, set(answer))
    assert [] == answer["coverage"]["missing_files"]
    assert [] == answer["coverage"]["unknown"]


def test_the_route_reads_the_files_of_comfyuis_folders(server):
    _, answer = server.ask(CHECK, {"prompt": text_to_image()})
    (unet,) = [part for part in answer["components"] if part["role"] == "diffusion_model"]
    assert ("sdxl", "exact") == (unet["family"], unet["basis"])


def test_the_route_takes_a_prompt_alone(server):
    _, wrapped = server.ask(CHECK, {"prompt": text_to_image()})
    status, alone = server.ask(CHECK, text_to_image())
    # Not the peaks: they count what other programs hold just then.
    steps = [
        [(step["node"], step["kind"], step["shape"]) for step in one["steps"]] for one in (wrapped, alone)
    ]
    assert (200, steps[0]) == (status, steps[1])
    assert ["encode_text", "encode_text", "sample", "decode"] == [kind for _, kind, _ in steps[0]]


def test_the_route_takes_a_saved_workflow(server):
    saved = {"nodes": [{"id": 1, "type": "EmptyLatentImage", "mode": 0}], "links": [], "version": 0.4}
    status, answer = server.ask(CHECK, saved)
    assert (200, 1) == (status, answer["coverage"]["nodes"])


def test_a_prompt_on_the_cpu_is_forecast_for_the_cpu(server):
    _, stats = server.ask("/system_stats")
    _, answer = server.ask(CHECK, {"prompt": text_to_image()})
    assert ("CPU", stats["system"]["ram_total"]) == (answer["device"]["name"], answer["device"]["total"])
    assert stats["system"]["comfyui_version"] == answer["policy"]["comfy"]
    assert (False, True) == (answer["policy"]["dynamic_vram"], "--cpu" in answer["policy"]["flags"])


def test_a_missing_file_is_named_and_nothing_fails(server):
    status, answer = server.ask(CHECK, {"prompt": text_to_image("gone.safetensors")})
    assert (200, True) == (status, "gone.safetensors" in json.dumps(answer["coverage"]["missing_files"]))


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"prompt": 3}',
        b'{"3": {"class_type": "KSampler", "inputs": {"model": ["3", 0]}}}',
        b'{"3": {"class_type": "VAEDecode", "inputs": {"samples": ["9", 0]}}}',
        b"[" * 100_000,
    ],
    ids=["no JSON", "no text", "a list", "empty", "no prompt", "a cycle", "a missing node", "deep nesting"],
)
def test_bad_input_is_refused_in_one_sentence(server, body):
    before = server.log
    status, answer = server.ask(CHECK, body)
    assert (400, {"error"}) == (status, set(answer))
    assert 1 == len(answer["error"].splitlines())
    assert "Traceback" not in server.log[len(before) :]


def test_the_node_gives_the_report_of_the_whole_prompt_as_text(server):
    finished = server.run(with_the_node(text_to_image()), NODE)
    assert "success" == finished["status"]["status_str"]
    (shown,) = finished["outputs"]["20"]["text"]
    assert finished["outputs"]["21"]["text"] == [shown]
    assert "KSampler" in shown
    assert "VRAMForecast" not in shown


def test_the_node_runs_again_each_time(server):
    prompt = with_the_node(text_to_image())
    for _ in range(2):
        finished = server.run(prompt, NODE)
        (cached,) = [data for event, data in finished["status"]["messages"] if event == "execution_cached"]
        assert "20" not in cached["nodes"]
        assert finished["outputs"]["20"]["text"]


def test_the_node_does_not_make_its_own_prompt_unknown(server):
    _, answer = server.ask(CHECK, {"prompt": with_the_node(text_to_image())})
    assert [] == answer["coverage"]["unknown"]


def test_a_prompt_that_cannot_be_forecast_still_runs(server):
    prompt = with_the_node({"4": {"class_type": "VAELoader", "inputs": {"vae_name": ["99", 0]}}})
    finished = server.run(prompt, NODE)
    assert "success" == finished["status"]["status_str"]
    assert finished["outputs"]["20"]["text"][0].startswith("No forecast: ")
