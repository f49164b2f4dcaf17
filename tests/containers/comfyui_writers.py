"""Run in a process of its own: `comfyui_writers.py COMFYUI OUT PROMPT WORKFLOW`; ComfyUI writes what it can.

Each of its writers gets a few pixels or a moment of silence, and puts the prompt and the workflow into it.
"""

import importlib
import json
import sys
from fractions import Fraction
from pathlib import Path

comfyui, out, prompt, workflow = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
sys.path.insert(0, comfyui)
sys.argv = ["main.py", "--cpu"]

options = importlib.import_module("comfy.options")
options.enable_args_parsing()
folder_paths = importlib.import_module("folder_paths")
folder_paths.set_output_directory(out)
torch = importlib.import_module("torch")
nodes = importlib.import_module("nodes")
ui = importlib.import_module("comfy_api.latest._ui")
latest = importlib.import_module("comfy_api.latest")

EXTRA = {"workflow": workflow}
PICTURES = torch.rand(3, 16, 32, 3)
SOUND = {"waveform": torch.zeros(1, 2, 4800), "sample_rate": 48000}
OUT = ui.FolderType.output


class Called:
    """What a node class knows of the prompt that runs it."""

    class hidden:
        prompt, extra_pnginfo, unique_id = prompt, EXTRA, None


def node(cls):
    """A node class as it is when a prompt calls it."""
    return type(cls.__name__, (cls,), {"hidden": Called.hidden})


def module(*names):
    """The first of these extra modules that this ComfyUI has."""
    for name in names:
        try:
            return importlib.import_module(f"comfy_extras.{name}")
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(names)


def video():
    components = latest.Types.VideoComponents(images=PICTURES, audio=SOUND, frame_rate=Fraction(24))
    metadata = {**EXTRA, "prompt": prompt}
    latest.InputImpl.VideoFromComponents(components).save_to(f"{out}/video.mp4", metadata=metadata)


def glb():
    writer = module("nodes_save_3d", "nodes_hunyuan3d")
    metadata = {"prompt": json.dumps(prompt), "workflow": json.dumps(workflow)}
    triangle = torch.rand(3, 3), torch.tensor([[0, 1, 2]])
    writer.save_glb(*triangle, f"{out}/mesh.glb", metadata)


def exr():
    images = module("nodes_images")
    content = images._encode_image(PICTURES[0], "exr", "32-bit float", "sRGB")
    Path(out, "picture.exr").write_bytes(images.inject_exr_metadata(content, prompt, EXTRA, "sRGB"))


WRITERS = {
    "png": lambda: nodes.SaveImage().save_images(PICTURES[:1], "picture", prompt, EXTRA),
    "latent": lambda: nodes.SaveLatent().save({"samples": torch.zeros(1, 4, 2, 2)}, "latent", prompt, EXTRA),
    "webp": lambda: ui.ImageSaveHelper.save_animated_webp(
        PICTURES, "animation", OUT, Called, 6.0, lossless=True, quality=80, method=4
    ),
    "apng": lambda: ui.ImageSaveHelper.save_animated_png(PICTURES, "animation", OUT, Called, 6.0, 4),
    "webm": lambda: node(module("nodes_video").SaveWEBM).execute(PICTURES, "vp9", 24.0, "video", 32.0),
    "mp4": video,
    "glb": glb,
    "exr": exr,
    **{
        kind: lambda kind=kind: ui.AudioSaveHelper.save_audio(SOUND, "sound", OUT, Called, format=kind)
        for kind in ("flac", "mp3", "opus")
    },
}

written = []
for kind, write in WRITERS.items():
    try:
        write()
        written.append(kind)
    except (ImportError, AttributeError) as error:  # this version has no such writer
        sys.stderr.write(f"{kind}: {error}\n")
sys.stdout.write(f"{json.dumps(written)}\n")
