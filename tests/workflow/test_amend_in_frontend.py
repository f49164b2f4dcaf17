"""Amended workflows in ComfyUI's real frontend: it loads them, and sends what the edits ask for."""

import json
import os

import frontend as real
import pytest
from prompts import checkpoint
from vram_forecast.estimator.advice import Download
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.amend import amend
from vram_forecast.estimator.workflow.edits import Edit, Feed, apply
from vram_forecast.estimator.workflow.graph import Link
from workflow.amending import KINDS
from workflow.drawing import as_version_1, node, sampler, subgraph, workflow
from workflow.edited import CHAIN, FAST, NEW_UNET, TILES, set_to
from workflow.test_templates import FILES, UNSAVED, need

# Promoted widgets, subgraphs in subgraphs, two experts, primitives, checkpoints, LoRAs.
TEMPLATES = (
    "video_wan2_2_14B_t2v",
    "flux_dev_checkpoint_example",
    "image_netayume_lumina_t2i",
    "video_ltx2_i2v_lora",
    "flux1_dev_uso_reference_image_gen",
    "sdxl_simple_example",
)
NUMBER = node(1, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
INNER = subgraph(
    "two",
    node(5, "UNETLoader", ["a.safetensors", "default"], outputs=["MODEL"]),
    sampler(6, model="5.0", _seed="in.0"),
    inputs=[("seed", "INT")],
    outputs=[("MODEL", "MODEL"), ("LATENT", "LATENT")],
    ends=["5.0", "6.0"],
)
OTHER = subgraph("other", sampler(8, model="in.0"), inputs=[("model", "MODEL")])
HOST = node(3, "two", [99], outputs=["MODEL", "LATENT"], _seed=None)
LOADER = node(1, "UNETLoader", ["flux.safetensors", "default"], outputs=["MODEL"])
INSERTED = Edit(
    "insert",
    "3:9",
    class_type="LoraLoaderModelOnly",
    inputs={"model": Link("3:5", 0)} | FAST,
    feeds=(Feed("3:6", "model"),),
)
DRAWN = {
    "a value": (CHAIN, [set_to("3", "steps", 4)]),
    "a value in version 1": (as_version_1(CHAIN), [set_to("3", "steps", 4)]),
    "a promoted value": (workflow(HOST, subgraphs=[INNER]), [set_to("3:6", "seed", 7)]),
    "a link that gives way": (workflow(NUMBER, sampler(3, _seed="1.0")), [set_to("3", "seed", 5)]),
    "another class": (CHAIN, [NEW_UNET]),
    "a node that goes": (CHAIN, [Edit("remove", "2", instead={0: Link("1", 0)})]),
    "a node that goes in version 1": (
        as_version_1(CHAIN),
        [Edit("remove", "2", instead={0: Link("1", 0)})],
    ),
    "a node in a subgraph": (workflow(HOST, subgraphs=[INNER]), [INSERTED]),
    "a link into a subgraph": (
        workflow(LOADER, HOST, subgraphs=[INNER]),
        [set_to("3:6", "model", Link("1", 0))],
    ),
    "a link out of a subgraph": (
        workflow(LOADER, sampler(4, model="1.0"), HOST, subgraphs=[INNER]),
        [set_to("4", "model", Link("3:5", 0))],
    ),
    "a link from one subgraph into another": (
        workflow(LOADER, node(4, "other", model="1.0"), HOST, subgraphs=[OTHER, INNER]),
        [set_to("4:8", "model", Link("3:5", 0))],
    ),
}


@pytest.fixture(scope="module")
def frontend():
    """The frontend in a browser; where something is lacking the test is skipped, and under CI it fails."""
    lacking = real.lacking()
    if lacking:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(lacking)
    yield from real.opened()


def sent(loaded):
    """The inputs that a loaded workflow sends, less what no file holds."""
    return {
        key: {name: value for name, value in one["inputs"].items() if name not in UNSAVED}
        for key, one in loaded["sent"].items()
    }


def inputs(graph):
    return {key: one["inputs"] for key, one in graph.prompt().items()}


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_sent_as_it_was_edited(frontend, name):
    drawing, edits = DRAWN[name]
    found = amend(drawing, edits)
    assert inputs(read(found)) == sent(frontend.load(found))
    if all(edit.op != "insert" for edit in edits):
        assert inputs(apply(read(drawing), edits)) == inputs(read(found))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_sent_as_it_was_edited(frontend, name):
    need(FILES, "no templates: pip install comfyui-workflow-templates-json==0.1.123")
    document = json.loads(FILES[name].read_bytes())
    graph = read(document)
    before, tried = sent(frontend.load(document)), 0
    alike = {key for key, one in inputs(graph).items() if one == before.get(key)}
    assert len(alike) >= len(before) * 0.9
    for kind in KINDS:
        for _, edits in list(kind(graph))[:1]:
            found = amend(document, edits)
            after = sent(frontend.load(found))
            new = after.keys() - before.keys()
            wanted = inputs(read(found))
            assert after.keys() - wanted.keys() <= before.keys() - alike
            assert {key: wanted[key] for key in alike & after.keys() | new} == {
                key: after[key] for key in alike & after.keys() | new
            }
            tried += 1
    assert tried >= 3


@pytest.mark.parametrize("name", ["video_wan2_2_14B_t2v", "image_netayume_lumina_t2i"])
def test_its_own_dialog_offers_what_has_to_be_downloaded(frontend, name):
    need(FILES, "no templates")
    document = json.loads(FILES[name].read_bytes())
    key, name, old = next(
        (key, name, value)
        for key, one in read(document).nodes.items()
        for name, value in one.inputs.items()
        if one.class_type in ("UNETLoader", "CheckpointLoaderSimple") and str(value).endswith(".safetensors")
    )
    folder = {"unet_name": "diffusion_models", "ckpt_name": "checkpoints"}[name]
    file = Download("new.safetensors", "https://huggingface.co/a/b/resolve/main/new.safetensors", folder, 5)
    missing = frontend.missing(amend(document, [set_to(key, name, file.file)], [file]))
    offered = [(one["name"], one.get("url"), one.get("directory")) for one in missing]
    assert (file.file, file.url, file.directory) in offered
    assert old not in [one["name"] for one in missing]


def test_a_prompt_is_loaded_again(frontend):
    edits = [set_to("4", "width", 512), Edit("replace", "9", class_type="VAEDecodeTiled", inputs=TILES)]
    found = amend(checkpoint(), edits)
    after = sent(frontend.load(found))
    assert {key: one["inputs"] for key, one in found.items()} == after
