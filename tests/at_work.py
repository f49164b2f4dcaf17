"""One node at work on pictures, latents and sounds of given sizes: what it gives, and what it has done."""

from prompts import node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.lower import visit
from vram_forecast.estimator.workflow.state import State

BOTH = {"positive": "prompt", "negative": "prompt"}


def image(count, height, width):
    return node("EmptyImage", batch_size=count, height=height, width=width, color=0)


def latent(batch, frames, height, width):
    """A latent whose cells have 8 pixels along a side, and 4 frames each."""
    sides = {"height": height * 8, "width": width * 8, "length": (frames - 1) * 4 + 1}
    return node("EmptyHunyuanLatentVideo", batch_size=batch, **sides)


def sound(seconds, rate=44100):
    return node("EmptyAudio", duration=seconds, sample_rate=rate, channels=2)


def vae(name):
    return node("VAELoader", vae_name=name)


def work(class_type, inputs=None, **widgets):
    """What a node gives, and its steps; `inputs`: nodes, slots of nodes (node, slot), or "prompt"."""
    prompt = {
        "clip": node("CLIPLoader", clip_name="umt5_xxl_fp16.safetensors", type="wan", device="default"),
        "prompt": node("CLIPTextEncode", text="x", clip=["clip", 0]),
    }
    links = {}
    for name, given in (inputs or {}).items():
        if given == "prompt":
            links[name] = ["prompt", 0]
        else:
            prompt[f"given {name}"], slot = given if isinstance(given, tuple) else (given, 0)
            links[name] = [f"given {name}", slot]
    return whole(prompt | {"it": node(class_type, **widgets, **links)}, "it")


def whole(prompt, name):
    """What one node of a prompt gives, and its steps."""
    graph = read(prompt)
    state = State(graph, Library(nowhere))
    for node_id in graph.order():
        visit(state, graph.nodes[node_id])
    return state.outputs[name], state.steps.get(name, [])


def sides(one):
    """Batch, frames, height and width of a latent or of a step."""
    return (one.batch, one.frames, one.height, one.width)


def encoded(steps):
    """Frames, height and width of all that a VAE encodes."""
    found = [one for one in steps if one.law == "encode"]
    return [(*sides(one.shape)[1:],) for one in found for _ in range(one.repeats)]
