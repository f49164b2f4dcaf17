"""Group nodes as old workflows have them: a checkpoint, and a group of a sampler and a decoder."""

from workflow.drawing import EMPTY, group, node, sampler, workflow

CHECKPOINT = node(1, "CheckpointLoaderSimple", ["sd.safetensors"], outputs=["MODEL", "CLIP", "VAE"])
LATENT = node(4, "EmptyLatentImage", [512, 512, 1])
SAVE = node(9, "SaveImage", ["out"], images="8.0")
SENT = {
    "1": {"ckpt_name": "sd.safetensors"},
    "4": {"width": 512, "height": 512, "batch_size": 1},
    "9": {"filename_prefix": "out", "images": ["12:11", 0]},
}
VALUES = [5, "fixed", 30, 7, "dpmpp_2m", "karras", 0.5]
LINKS = {"model": "1.0", "positive": None, "negative": None, "latent_image": "4.0", "vae": "1.2"}
SOCKETS = dict.fromkeys(["_seed", "_steps", "_cfg", "_sampler_name", "_scheduler", "_denoise"])


def drawn(*nodes, groups, **extra):
    """A workflow with group nodes in it."""
    return workflow(CHECKPOINT, LATENT, *nodes, extra={"groupNodes": groups}, **extra)


def use(kind="workflow>Mine", values=VALUES, number=8, mode=0, **links):
    """A group node; 8 unless said."""
    return node(number, kind, values, mode=mode, **(LINKS | links))


def decoder(number, samples):
    return node(number, "VAEDecode", outputs=["IMAGE"], samples=samples, vae=None)


def mine(**given):
    """A group of a sampler and a decoder."""
    return group(sampler(0, **EMPTY, **given.pop("sampler", {})), decoder(1, "0.0"), **given)


def inside(host=12, **changed):
    """What the sampler and the decoder of `mine` send."""
    one = {
        "seed": 5,
        "steps": 30,
        "cfg": 7,
        "sampler_name": "dpmpp_2m",
        "scheduler": "karras",
        "denoise": 0.5,
    }
    links = {"model": ["1", 0], "latent_image": ["4", 0]}
    found = one | links | changed
    return {
        f"{host}:{host - 2}": {key: value for key, value in found.items() if value is not None},
        f"{host}:{host - 1}": {"samples": [f"{host}:{host - 2}", 0], "vae": ["1", 2]},
    }
