"""Edits of many kinds for any workflow, to be made in what the user saved: the rules' own come on top."""

from vram_forecast.estimator.workflow.edits import Edit, Feed, fresh
from vram_forecast.estimator.workflow.graph import Link

PARTS = {
    "CLIPLoader": {"clip_name": "parts_clip.safetensors", "type": "stable_diffusion", "device": "default"},
    "VAELoader": {"vae_name": "parts_vae.safetensors"},
    "UNETLoader": {"unet_name": "parts_unet.safetensors", "weight_dtype": "default"},
}


def literal(node, name, *kinds):
    """Whether an input is a value of such a kind."""
    return isinstance(node.inputs.get(name), kinds) and not isinstance(node.inputs.get(name), bool)


def smaller(graph):
    """Each width, wherever it is."""
    for key, node in graph.nodes.items():
        if literal(node, "width", int):
            yield f"width of {key}", [Edit("set", key, input="width", value=node.inputs["width"] + 64)]


def unlinked(graph):
    """A number that comes over a link, as a value of its own."""
    for key, node in graph.nodes.items():
        for name in ("width", "length", "steps", "seed"):
            if isinstance(node.inputs.get(name), Link):
                yield f"{name} of {key} by itself", [Edit("set", key, input=name, value=48)]


def gguf(graph):
    """Each diffusion model as GGUF."""
    for node in graph.of_type("UNETLoader"):
        made = {"unet_name": "lighter-Q4_K_M.gguf"}
        edit = Edit("replace", node.id, class_type="UnetLoaderGGUF", inputs=made, drops=("weight_dtype",))
        yield f"GGUF for {node.id}", [edit]


def files(graph):
    """Each file of a loader by another."""
    for name, kind in (
        ("unet_name", "UNETLoader"),
        ("clip_name", "CLIPLoader"),
        ("lora_name", "LoraLoaderModelOnly"),
    ):
        for node in graph.of_type(kind):
            yield (
                f"{name} of {node.id}",
                [Edit("set", node.id, input=name, value=f"other-{node.id}.safetensors")],
            )


def tiled(graph):
    """Each decoder in tiles."""
    sizes = {"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8}
    for node in graph.of_type("VAEDecode"):
        yield f"tiles for {node.id}", [Edit("replace", node.id, class_type="VAEDecodeTiled", inputs=sizes)]


def lora(graph):
    """A LoRA in front of each sampler."""
    for node in graph.of_type("KSampler", "KSamplerAdvanced", "CFGGuider", "BasicGuider"):
        model = node.inputs.get("model")
        if isinstance(model, Link):
            new = fresh(graph, node.id)
            made = {"model": model, "lora_name": "fast.safetensors", "strength_model": 0.5}
            feeds = (Feed(node.id, "model"),)
            yield (
                f"LoRA for {node.id}",
                [Edit("insert", new, class_type="LoraLoaderModelOnly", inputs=made, feeds=feeds)],
            )


def without_lora(graph):
    """Each LoRA gone, its users linked to what it took."""
    for node in graph.of_type("LoraLoaderModelOnly"):
        if isinstance(node.inputs.get("model"), Link):
            yield f"no LoRA {node.id}", [Edit("remove", node.id, instead={0: node.inputs["model"]})]


def cut(graph):
    """Each output node gone, and the decoder before it."""
    for node in graph.of_type("SaveImage", "PreviewImage", "VAEDecode")[:2]:
        yield f"no {node.id}", [Edit("remove", node.id)]


def split(graph):
    """Each checkpoint as three files."""
    for node in graph.of_type("CheckpointLoaderSimple"):
        slots = {0: "UNETLoader", 1: "CLIPLoader", 2: "VAELoader"}
        after, edits, instead = graph, [], {}
        for slot, kind in slots.items():
            new = fresh(after, node.id)
            feeds = tuple(
                Feed(user.id, name)
                for user, name in graph.users_of(node.id)
                if user.links()[name].slot == slot
            )
            edit = Edit("insert", new, class_type=kind, inputs=PARTS[kind], feeds=feeds)
            after = type(graph)({**after.nodes, new: node})
            edits.append(edit)
        yield f"three for {node.id}", [*edits, Edit("remove", node.id, instead=instead)]


KINDS = (smaller, unlinked, files, gguf, tiled, lora, without_lora, cut, split)


def suggestions(graph, most=99):
    """Names and edits, so many of each kind."""
    for kind in KINDS:
        yield from list(kind(graph))[:most]
