"""Drawn workflows with nodes of cg-use-everywhere in them."""

from workflow.drawing import EMPTY, node, sampler, workflow

A = node(1, "CheckpointLoaderSimple", ["a.safetensors"], outputs=["MODEL", "CLIP", "VAE"])
B = node(2, "CheckpointLoaderSimple", ["b.safetensors"], outputs=["MODEL", "CLIP", "VAE"])
NUMBER = node(3, "PrimitiveInt", [9, "fixed"], outputs=["INT"])
PLUS = node(5, "CLIPTextEncode", ["p"], outputs=["CONDITIONING"], clip="1.1")
MINUS = node(6, "CLIPTextEncode", ["n"], outputs=["CONDITIONING"], clip="1.1")
SIX = {"properties": {"group_restricted": False, "color_restricted": False, "widget_ue_connectable": {}}}
FRAMES = [{"title": "A", "bounding": [0, 0, 400, 600]}, {"title": "Bee", "bounding": [800, 0, 800, 900]}]


def marked(one, **rules):
    """A node as version 7 saves it."""
    marks = {"version": "7.8", "widget_ue_connectable": {}, "input_ue_unconnectable": {}}
    return one | {"properties": one["properties"] | {"ue_properties": marks | rules}}


def everywhere(number=10, kind="Anything Everywhere", rules=None, mode=0, **takes):
    return marked(node(number, kind, mode=mode, **takes), **(rules or {}))


def target(number=20, *widgets, title=None, **takes):
    """A sampler with nothing linked to it; `widgets` are marked as open to what is sent."""
    one = marked(sampler(number, **(EMPTY | takes)), widget_ue_connectable=dict.fromkeys(widgets, True))
    return one | ({"title": title} if title else {})


def decoder(number=21, samples="20.0"):
    return marked(node(number, "VAEDecode", samples=samples, vae=None))


def lora(mode=0, model=None):
    return marked(node(4, "LoraLoaderModelOnly", ["l", 1], mode=mode, outputs=["MODEL"], model=model))


def sending(rules, *nodes, **takes):
    """A workflow with one node that sends, by default the model of checkpoint 1."""
    return workflow(A, B, PLUS, MINUS, everywhere(rules=rules, **(takes or {"anything": "1.0"})), *nodes)


def relabelled(drawing, number, name, label):
    for one in drawing["nodes"]:
        for slot in one["inputs"] if one["id"] == number else ():
            slot |= {"label": label} if slot["name"] == name else {}
    return drawing


BOTH = {"20.positive": ["5", 0], "20.negative": ["6", 0]}
INSIDE = {"inputs": [("model", "MODEL")], "outputs": [("LATENT", "LATENT")]}
SENDERS = ("5", "6", "10", "11")  # and the two texts, whose links are drawn


def links(prompt):
    """The links of the nodes that take what is sent."""
    return {
        f"{key}.{name}": one
        for key, inputs in prompt.items()
        for name, one in inputs.items()
        if isinstance(one, list) and (key == "30:5" or key.split(":")[-1] not in SENDERS)
    }
