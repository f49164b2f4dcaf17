"""A suggestion is made on the canvas: it stands for the edited prompt then, and one Ctrl+Z takes it back."""

import json

import pytest
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import Edit, apply
from workflow.drawing import EMPTY, node, sampler, subgraph, workflow

EXAMPLE = "flux_dev_text_to_image.json"
DOWNLOAD = {
    "file": "flux1-dev-Q4_0.gguf",
    "url": "https://huggingface.co/city96/FLUX.1-dev-gguf/resolve/main/flux1-dev-Q4_0.gguf",
    "directory": "diffusion_models",
}
GGUF = {
    "op": "replace",
    "class_type": "UnetLoaderGGUF",
    "inputs": {"unet_name": DOWNLOAD["file"]},
    "drops": ["weight_dtype"],
}
LORA = {"lora_name": "fast.safetensors", "strength_model": 0.125}


def suggested(*edits, **more):
    """A suggestion of edits."""
    return {"code": "test", "applicability": "lossless", "edits": edits, "downloads": [], "needs": []} | more


def nested(times=1):
    """A loader two subgraphs deep whose file is shown by each host, so many of the outer one.

    It has a title and a colour of its own, and its link goes over a reroute.
    """
    loader = node(5, "UNETLoader", ["flux1-dev.safetensors", "default"], outputs=["MODEL"], _unet_name="in.0")
    loader |= {"title": "My own", "color": "#432", "bgcolor": "#653", "pos": [40, 60]}
    loader["properties"] = {"models": [DOWNLOAD | {"name": "flux1-dev.safetensors"}]}
    ends = {"inputs": [("unet_name", "COMBO")], "outputs": [("LATENT", "LATENT")]}
    drawn = sampler(6, **EMPTY | {"model": "5.0"}) | {"pos": [400, 60]}
    inner = subgraph("inner", loader, drawn, ends=["6.0"], **ends)
    (link,) = [one for one in inner["links"] if one["target_id"] == 6]
    link["parentId"] = 1
    inner["reroutes"] = [{"id": 1, "pos": [320, 100], "linkIds": [link["id"]]}]
    host = node(7, "inner", [], outputs=["LATENT"], _unet_name="in.0")
    outer = subgraph("outer", host, ends=["7.0"], **ends)
    file = ["flux1-dev.safetensors"]
    hosts = [node(one, "outer", file, outputs=["LATENT"], _unet_name=None) for one in range(1, times + 1)]
    decoders = [
        node(one + 10, "VAEDecode", samples=f"{one}.0", outputs=["IMAGE"]) for one in range(1, times + 1)
    ]
    savers = [
        node(one + 20, "SaveImage", ["x"], images=f"{one + 10}.0", outputs=[]) for one in range(1, times + 1)
    ]
    return workflow(*hosts, *decoders, *savers, subgraphs=[inner, outer])


@pytest.fixture
def flux(page, root):
    page.load(root / "example_workflows" / EXAMPLE)
    return page


def inputs(prompt):
    return {key: (one["class_type"], one["inputs"]) for key, one in prompt.items()}


def wanted(prompt, edits):
    """The prompt after the edits, by `estimator/workflow/edits.py`."""
    given = [Edit(**edit | {"drops": tuple(edit.get("drops", ()))}) for edit in edits]
    return apply(read(prompt), given).prompt()


# Nodes 2.0 measures nodes as it draws them, whatever was saved: there all but their sizes is to be the same.
SAME = """([text, measured]) => {
    const told = saved => JSON.stringify(saved, (key, one) => (measured && key === "size" ? 0 : one));
    return told(app.rootGraph.serialize()) === told(JSON.parse(text));
}"""


def press(page, keys, until):
    """Press keys on the canvas, and wait until the workflow is so again: byte for byte on the canvas."""
    measured = page.tab.evaluate("() => app.extensionManager.setting.get('Comfy.VueNodes.Enabled')")
    page.tab.keyboard.press(keys)
    page.tab.wait_for_function(SAME, arg=[until, measured], timeout=10_000)


def made(page, edits, **more):
    """Apply edits: the canvas stands for what they ask, in one step; it is taken back and made again."""
    page.set(
        "NodeBadges", False
    )  # in Nodes 2.0 they are a part of a node's height, which Vue notes by itself
    before, prompt, steps = page.saved(), page.prompt(), page.undo_steps()
    assert {"done": True} == page.apply(suggested(*edits, **more))
    after, sent = page.saved(), page.prompt()
    assert steps + 1 == page.undo_steps()
    press(page, "Control+z", before)
    assert inputs(prompt) == inputs(page.prompt())
    press(page, "Control+y", after)
    assert inputs(sent) == inputs(page.prompt())
    return prompt, sent, json.loads(after)


def by_id(sheet, key):
    (found,) = [one for one in sheet["nodes"] if str(one["id"]) == str(key)]
    return found


def test_at_the_root_a_loader_becomes_another_with_a_file_to_download(flux):
    edits = [GGUF | {"node": "1"}, {"op": "set", "node": "8", "input": "steps", "value": 8}]
    prompt, sent, saved = made(flux, edits, downloads=[DOWNLOAD])
    assert inputs(wanted(prompt, edits)) == inputs(sent)
    loader = by_id(saved, 1)
    assert [DOWNLOAD["file"]] == [one["name"] for one in loader["properties"]["models"]]
    assert "UnetLoaderGGUF" == loader["type"]
    flux.load(saved)
    assert inputs(sent) == inputs(flux.prompt())


def test_a_new_node_lies_between_two_others_and_over_none(flux):
    link = {"node": "1", "slot": 0}
    feeds = [{"node": "8", "input": "model", "slot": 0}]
    insert = {"op": "insert", "node": "12", "class_type": "LoraLoaderModelOnly", "feeds": feeds}
    _, sent, saved = made(flux, [insert | {"inputs": LORA | {"model": link}}])
    (new,) = [one["id"] for one in saved["nodes"] if one["type"] == "LoraLoaderModelOnly"]
    assert LORA | {"model": ["1", 0]} == sent[str(new)]["inputs"]
    assert [str(new), 0] == sent["8"]["inputs"]["model"]
    assert [] == over(saved["nodes"], by_id(saved, new))


def over(nodes, new):
    """The nodes that lie under another."""

    def box(one):
        (x, y), (wide, high) = one["pos"], one["size"]
        return x, y - 30, x + wide, y + high

    left, top, right, bottom = box(new)
    rest = [(one["id"], box(one)) for one in nodes if one["id"] != new["id"]]
    return [key for key, (x, y, end, low) in rest if x < right and end > left and y < bottom and low > top]


def test_in_subgraphs_the_host_that_shows_the_file_gets_the_new_one(page):
    page.load(nested())
    edits = [GGUF | {"node": "1:7:5"}]
    prompt, sent, saved = made(page, edits, downloads=[DOWNLOAD])
    assert inputs(wanted(prompt, edits)) == inputs(sent)
    inner = next(one for one in saved["definitions"]["subgraphs"] if one["name"] == "inner")
    loader = by_id(inner, 5)
    assert ("My own", "#432", "#653") == (loader["title"], loader["color"], loader["bgcolor"])
    assert [40, 60] == list(loader["pos"])
    assert [1] == [one.get("parentId") for one in inner["links"] if str(one["target_id"]) == "6"]
    assert [DOWNLOAD["file"]] == [one["name"] for one in loader["properties"]["models"]]
    assert DOWNLOAD["file"] in by_id(saved, 1)["widgets_values"]
    page.load(saved)
    assert inputs(sent) == inputs(page.prompt())


def test_of_two_uses_of_a_subgraph_one_has_another_file_and_both_another_loader(page):
    page.load(nested(2))
    edit = {"op": "set", "node": "2:7:5", "input": "unet_name", "value": "other.safetensors"}
    prompt, sent, _ = made(page, [edit])
    assert inputs(wanted(prompt, [edit])) == inputs(sent)
    page.fresh()
    both = [GGUF | {"node": "1:7:5"}, GGUF | {"node": "2:7:5"}]
    prompt, sent, _ = made(page, both)
    assert inputs(wanted(prompt, both)) == inputs(sent)


def test_what_cannot_be_made_is_refused_in_a_sentence_and_changes_nothing(page):
    page.load(nested(2))
    before, steps = page.saved(), page.undo_steps()
    gguf = GGUF | {"node": "1:7:5"}
    told = {
        "the graph has changed": page.apply(suggested(gguf), "{}"),
        "one use of two": page.apply(suggested(gguf)),
        "a pack": page.apply(suggested(gguf | {"class_type": "Nobody"}, needs=["ComfyUI-Nobody"])),
        "a node": page.apply(suggested(gguf | {"class_type": "Nobody"})),
        "no such node": page.apply(suggested(gguf | {"node": "99"})),
        # The new type has no such widget, which shows only once it is there: all is taken back.
        "half way": page.apply(
            suggested(
                *({**GGUF, "node": f"{one}:7:5", "inputs": {"weight_dtype": "fp8_e4m3fn"}} for one in (1, 2))
            )
        ),
    }
    assert (before, steps) == (page.saved(), page.undo_steps())
    assert not any(one["done"] for one in told.values())
    whys = {name: one["why"] for name, one in told.items()}
    assert "ComfyUI-Nobody" in whys["a pack"]
    assert "changed" in whys["the graph has changed"]
    assert "more than once" in whys["one use of two"]
    assert all(one.endswith(".") and "apply." not in one for one in whys.values()), whys
