"""What tests of amended documents share: a small drawing, edits of it, and what comes of them."""

from copy import deepcopy

from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.amend import amend
from vram_forecast.estimator.workflow.edits import Edit, apply
from workflow.drawing import EMPTY, node, sampler, workflow

UNET = node(1, "UNETLoader", ["flux.safetensors", "default"], outputs=["MODEL"])
LORA = node(2, "LoraLoaderModelOnly", ["style.safetensors", 0.8], outputs=["MODEL"], model="1.0")
CHAIN = workflow(UNET, LORA, sampler(3, **EMPTY | {"model": "2.0"}))
FAST = {"lora_name": "fast.safetensors", "strength_model": 1.0}
TILES = {"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8}
NEW_UNET = Edit(
    "replace",
    "1",
    class_type="UnetLoaderGGUF",
    inputs={"unet_name": "flux-Q4_0.gguf"},
    drops=("weight_dtype",),
)


def differences(one, other, at=()):
    """Where two documents differ: paths of keys and places."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [*one, *(key for key in other if key not in one)]
        found = [differences(one.get(key, ...), other.get(key, ...), (*at, key)) for key in keys]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = [differences(a, b, (*at, place)) for place, (a, b) in enumerate(zip(one, other, strict=True))]
    else:
        found = [] if one == other else [[at]]
    return [path for paths in found for path in paths]


def changed(document, *edits, **more):
    """The amended document, and where it differs; it reads as the edited graph, and the given one stays."""
    before = deepcopy(document)
    found = amend(document, edits, **more)
    assert before == document
    return found, differences(document, found)


def reads_as_edited(document, *edits):
    found = amend(document, edits)
    assert apply(read(document), edits).prompt() == read(found).prompt()
    return found


def set_to(key, name, value):
    return Edit("set", key, input=name, value=value)


def by_id(sheet, number):
    (found,) = [one for one in sheet["nodes"] if one["id"] == number]
    return found
