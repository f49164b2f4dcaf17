"""What comes of a prompt, for tests: its steps and their sizes, and what was assumed of its nodes."""

from prompts import node, nowhere
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read

SDXL = "sd_xl_base_1.0.safetensors"
SAMPLING = {"seed": 1, "steps": 20, "cfg": 7.0, "denoise": 0.5} | {
    "sampler_name": "euler",
    "scheduler": "normal",
}


def lowered(prompt):
    """A prompt's work on a machine without models."""
    return lower(read(prompt), Library(nowhere))


def steps(work, kind):
    """The steps of a kind."""
    return [step for step in work.steps if step.kind == kind]


def sizes(work, kind):
    """Frames, height and width in cells, and how often, of each step of a kind."""
    found = steps(work, kind)
    return [(one.shape.frames, one.shape.height, one.shape.width, one.repeats) for one in found]


def said(work):
    """What was assumed of a node of each type."""
    return {one.class_type: one.reason for one in work.assumed}


def sdxl(name=SDXL):
    """A checkpoint with both prompts."""
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name=name),
        "5": node("CLIPTextEncode", text="a lighthouse", clip=["1", 1]),
        "6": node("CLIPTextEncode", text="blurry", clip=["1", 1]),
    }


def sampled(model, latent, positive=("5", 0), negative=("6", 0)):
    """A KSampler with a decoder after it."""
    links = {"model": model, "positive": list(positive), "negative": list(negative), "latent_image": latent}
    return {
        "8": node("KSampler", **(SAMPLING | links)),
        "9": node("VAEDecode", samples=["8", 0], vae=["1", 2]),
        "10": node("SaveImage", images=["9", 0], filename_prefix="x"),
    }
