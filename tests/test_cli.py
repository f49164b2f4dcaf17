"""The command line: its answers, its exit codes, and one line for bad input."""

import json

import embedded
import pytest
from at_command_line import refused
from prompts import checkpoint, flux, node

KEYS = {
    "": "schema verdict tight where because device host policy vram_peak ram_peak ram_kept swapped "
    "disk_bytes cold_bytes seconds seconds_again resident_seconds slowdown coverage components steps "
    "suggestions",
    "device": "name total free taken holders",
    "host": "ram_total ram_free swap disk",
    "policy": "comfy dynamic_vram flags",
    "vram_peak": "low best high basis",
    "coverage": "nodes understood unknown assumed missing_files",
    "where": "node class_type kind step",
}
STEP = (
    "node class_type title kind components shape passes weights resident streamed_per_pass activations "
    "workspace comfy_reserves vram_peak need ram ram_kept seconds slowdown tiled tight verdict because"
)
COMPONENT = "key node file role family title storage_dtype compute_dtype bytes manager basis"
INSPECTED = (
    "path format role family variant tensor_count parameters file_bytes header_bytes weight_bytes by_dtype "
    "quantization largest_tensor_bytes problems rank"
)
SUGGESTION = (
    "code title why applicability edits saves verdict_after seconds_after downloads saves_ram tight_after "
    "seconds_again_after harm quality effects needs"
)


def test_check_says_the_verdict_first(cli, saved):
    done = cli("check", saved(flux()), "--gpu", "rtx-3060-12gb", "--ram", "64")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Runs, streaming ")


def test_check_as_json_has_the_keys_of_the_contract(cli, saved):
    # Before Ampere the VAE computes in 32 bits: this decode does not fit 6 GB whole; a suggestion mends it.
    answer = json.loads(
        cli("check", saved(checkpoint(side=1536)), "--gpu", "rtx-2060", "--ram", "64", "--json").stdout
    )
    for key, names in KEYS.items():
        assert names.split() == list(answer[key] if key else answer)
    assert {STEP} == {" ".join(step) for step in answer["steps"]}
    assert {COMPONENT} == {" ".join(one) for one in answer["components"]}
    assert {SUGGESTION} == {" ".join(one) for one in answer["suggestions"]}
    assert answer["coverage"]["understood"] == answer["coverage"]["nodes"] == 7


def test_bytes_in_json_are_whole_numbers(cli, saved):
    answer = json.loads(
        cli("check", saved(checkpoint()), "--gpu", "rtx-4090", "--ram", "64", "--json").stdout
    )
    for step in answer["steps"]:
        for key in ("activations", "workspace", "vram_peak"):
            assert [int] * 3 == [type(step[key][end]) for end in ("low", "best", "high")]


@pytest.mark.parametrize(("verdict", "code"), [("oom", 0), ("streamed", 1), ("resident", 1)])
def test_fail_on_is_an_exit_code(cli, saved, verdict, code):
    done = cli("check", saved(flux()), "--gpu", "rtx-3060-12gb", "--ram", "64", "--fail-on", verdict)
    assert done.returncode == code


def test_graph_prints_the_steps_that_a_workflow_comes_to(cli, saved):
    rows = json.loads(cli("graph", saved(flux()), "--steps", "--json").stdout)["steps"]
    assert [(row["kind"], row["shape"], row["passes"]) for row in rows] == [
        ("encode_text", [], 1),
        ("sample", [1, 16, 1, 128, 128], 20),
        ("decode", [1, 16, 1, 128, 128], 1),
    ]
    assert "1x16x1x128x128" in cli("graph", saved(flux()), "--steps").stdout


def test_graph_goes_by_the_node_definitions_of_a_server(cli, saved, tmp_path):
    drawing = {"nodes": [{"id": 1, "type": "Mine", "widgets_values": [7]}], "links": []}
    mine = {"Mine": {"input": {"required": {"count": ["INT", {}]}}, "output": []}}
    (tmp_path / "info.json").write_text(json.dumps(mine), encoding="utf-8")
    shown = cli("graph", saved(drawing), "--object-info", "info.json", "--json").stdout
    assert {"count": 7} == json.loads(shown)["1"]["inputs"]


@pytest.mark.parametrize("content", ["[]", "{", "7"])
def test_node_definitions_of_another_form_are_refused_in_one_line(cli, saved, tmp_path, content):
    (tmp_path / "info.json").write_text(content, encoding="utf-8")
    refused = cli("graph", saved(flux()), "--object-info", "info.json")
    assert (2, 1) == (refused.returncode, len(refused.stderr.splitlines()))
    assert "not a server's node definitions" in refused.stderr


def test_graph_prints_the_prompt_alone(cli, saved):
    assert json.loads(cli("graph", saved(flux()), "--json").stdout) == flux()


def test_graph_prints_what_one_output_needs(cli, saved):
    answer = json.loads(cli("graph", saved(flux()), "--output", "6", "--json").stdout)
    assert ["2", "5", "6"] == list(answer)


def test_check_forecasts_what_one_output_needs(cli, saved):
    workflow = flux() | {"20": node("PreviewImage", images=["21", 0]), "21": node("NoSuchNode")}
    arguments = ("check", saved(workflow), "--gpu", "rtx-4090", "--ram", "64", "--json")
    assert ["21"] == [one["node"] for one in json.loads(cli(*arguments).stdout)["coverage"]["unknown"]]
    assert [] == json.loads(cli(*arguments, "--output", "10").stdout)["coverage"]["unknown"]


def test_graph_reads_a_picture(cli, tmp_path):
    (tmp_path / "a.webp").write_bytes(embedded.webp({"prompt": json.dumps(flux())}))
    assert flux() == json.loads(cli("graph", tmp_path / "a.webp", "--json").stdout)


def test_inspect_says_what_a_file_holds(cli, sparse_model, tmp_path):
    path = sparse_model("flux1-dev-fp8-checkpoint", tmp_path / "x.safetensors")
    (one,) = json.loads(cli("inspect", path, "--json").stdout)["files"]
    assert (one["role"], one["family"], one["variant"]) == ("checkpoint", "flux", "dev")
    assert one["weight_bytes"] == sum(part["bytes"] for part in one["by_dtype"].values())
    assert "flux dev checkpoint" in cli("inspect", path).stdout


def test_inspect_reports_a_broken_file_as_a_problem(cli, saved):
    done = cli("inspect", saved("<!DOCTYPE html><html></html>", "m.safetensors"), "--json")
    assert done.returncode == 2
    assert [one["code"] for one in json.loads(done.stdout)["files"][0]["problems"]] == ["html"]


@pytest.fixture
def models(sparse_model, tmp_path):
    """A models folder of two files; the second is remarked on, since it is in 32 bits."""
    sparse_model("clip_l", tmp_path / "models" / "text_encoders" / "clip_l.safetensors")
    sparse_model("ae", tmp_path / "models" / "vae" / "ae.safetensors")
    return tmp_path / "models"


def test_inspect_of_a_folder_gives_totals_and_a_remark_is_no_failure(cli, models):
    done = cli("inspect", models, "--no-cache")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{models / 'vae'}: 1 file, 319.8 MiB" in done.stdout.splitlines()
    assert "stored in 32 bits" in done.stdout


def test_inspect_as_json_has_the_keys_of_the_contract(cli, models):
    answer = json.loads(cli("inspect", models, "--sort", "size", "--no-cache", "--json").stdout)
    assert ["schema", "files", "folders"] == list(answer)
    assert {INSPECTED} == {" ".join(one) for one in answer["files"]}
    assert ["vae", "text_encoder"] == [one["role"] for one in answer["files"]]
    assert {"path files file_bytes weight_bytes"} == {" ".join(one) for one in answer["folders"]}


def test_inspect_of_nothing_and_in_no_known_order_is_one_line(cli, models, tmp_path):
    (tmp_path / "none").mkdir()
    assert "holds no model files" in refused(cli("inspect", tmp_path / "none"))
    assert "--sort" in refused(cli("inspect", models, "--sort", "colour"))


def test_gpus_lists_what_is_known(cli):
    assert "RTX 3060 12 GB" in cli("gpus").stdout
    (row,) = json.loads(cli("gpus", "RTX 4090", "--json").stdout)["gpus"]
    assert row["vram_gb"] == 24.0


@pytest.mark.parametrize(
    ("workflow", "says"),
    {
        "no JSON": ("{", "JSON"),
        "an unknown shape": ("[1, 2]", "no object"),
        "a number": ("7", "no object"),
        "a node without a class": ({"1": {"inputs": {}}}, "neither a workflow nor a prompt"),
        "a link to nowhere": ({"1": node("VAEDecode", samples=["9", 0], vae=["9", 1])}, "9"),
        "a cycle": ({"1": node("VAEDecode", samples=["1", 0], vae=["1", 0])}, "circle"),
    }.values(),
    ids=["no JSON", "an unknown shape", "a number", "a node without a class", "a link to nowhere", "a cycle"],
)
def test_a_workflow_that_cannot_be_used_is_one_line(cli, saved, workflow, says):
    path = saved(workflow)
    line = refused(cli("check", path, "--vram", "12"))
    assert says in line
    assert str(path) in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--gpu", "rtx-9999"], "Did you mean"),
        (["--gpu", "rtx-3060-12gb", "--os", "amiga"], "--os"),
        (["--gpu", "rtx-3060-12gb", "--fail-on", "bad"], "--fail-on"),
        (["--gpu", "rtx-3060-12gb", "--models-dir", "/nowhere"], "/nowhere"),
        (["--gpu", "rtx-3060-12gb", "--input-dir", "/nowhere"], "--input-dir"),
        (["--gpu", "rtx-3060-12gb", "--output", "99"], "The workflow ends in 10 (SaveImage)"),
        (["--vram", "-3"], "--vram"),
        (["--vram", "nan"], "--vram"),
        (["--vram", "twelve"], "--vram"),
        (["--gpu"], "--gpu"),
        (["--no-such-option"], "--no-such-option"),
        (["--gpu", "rtx-4090", "--free", "-1"], "--free"),
        (["--gpu", "rtx-4090", "--ram", "inf"], "--ram"),
        (["--gpu", "rtx-4090", "--swap", "-1"], "--swap"),
        (["--gpu", "rtx-4090", "--disk", "floppy"], "Use nvme, ssd, hdd"),
        (["--gpu", "m2-max"], "--ram"),
        (["--device", "99"], "no card 99"),
        (["--gpu", "rtx-4090", "--flags", "'unclosed"], "--flags"),
        (["--gpu", "rtx-4090", "--comfy", "newest"], "--comfy"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_line(cli, saved, arguments, says):
    assert says in refused(cli("check", saved(flux()), *arguments))


def test_a_workflow_that_is_not_there_is_one_line(cli):
    assert "nowhere.json" in refused(cli("check", "nowhere.json", "--vram", "12"))


def test_a_model_file_that_is_cut_short_is_one_line(cli, saved, sparse_model, tmp_path):
    path = sparse_model("flux1-dev", tmp_path / "models" / "diffusion_models" / "flux1-dev.safetensors")
    with path.open("r+b") as file:
        file.truncate(1 << 20)
    line = refused(cli("check", saved(flux()), "--vram", "12", "--models-dir", tmp_path / "models"))
    assert line == f"{path}: is cut short: 1.0 MiB of 22.2 GiB. Download it again."


def test_a_file_on_disk_wins_over_the_published_one_of_its_name(cli, saved, sparse_model, tmp_path):
    sparse_model("flux1-dev-fp8-kijai", tmp_path / "models" / "unet" / "flux1-dev.safetensors")
    answer = json.loads(
        cli("check", saved(flux()), "--gpu", "rtx-4090", "--models-dir", tmp_path / "models", "--json").stdout
    )
    bases = {one["file"]: (one["storage_dtype"], one["basis"]) for one in answer["components"]}
    assert bases["flux1-dev.safetensors"] == ("F8_E4M3", "exact")
    assert bases["ae.safetensors"] == ("BF16", "assumed")


def test_extra_model_paths_name_more_folders(cli, saved, sparse_model, tmp_path):
    sparse_model("ae", tmp_path / "else" / "vae" / "ae.safetensors")
    yaml = tmp_path / "extra.yaml"
    yaml.write_text("mine:\n  base_path: else\n  vae: vae\n", encoding="utf-8")
    answer = json.loads(
        cli("check", saved(flux()), "--gpu", "rtx-4090", "--extra-model-paths", yaml, "--json").stdout
    )
    assert {"ae.safetensors": "exact"}.items() <= {
        one["file"]: one["basis"] for one in answer["components"]
    }.items()
