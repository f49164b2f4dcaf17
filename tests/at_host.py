"""A ComfyUI on a card, as recorded, and questions to it without a server."""

import asyncio
import json
from pathlib import Path

from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import NoForecast, forecast, steady
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.serving import routes

SEEN = host.Seen(
    device="NVIDIA GeForce RTX 3060",
    vendor="nvidia",
    vram_total=12 * GIB,
    vram_free=11 * GIB,
    compute_capability=8.6,
    os="linux",
    ram_total=32 * GIB,
    ram_free=20 * GIB,
    comfy="0.33.0",
    torch="2.14.1",
    flags=("--lowvram",),
    dynamic_vram=True,
)
SDXL = "sd_xl_base_1.0.safetensors"


def recorded(models: Path, **told) -> RecordedHost:
    """A host with this machine, and the models under a folder laid out as ComfyUI's."""
    seen = SEEN._asdict() | told.pop("seen", {})
    user = str(models.parent / "user")
    return RecordedHost({"seen": seen, "models": [str(models)], "user_folder": user, "busy": False} | told)


def forget() -> None:
    """Give up what answers were kept, and by what states of memory."""
    forecast.kept.cache_clear()
    steady.steady.cache_clear()


def ask(name: str, body=b"", **query) -> tuple[int, dict]:
    """What a route answers to a body, an object or bytes: its status and its JSON."""
    (route,) = [one for one in routes.ROUTES if one.name == name]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = tuple((key, str(value)) for key, value in query.items())
    try:
        return 200, json.loads(routes.answer(route, asked, content))
    except NoForecast as why:
        return why.status, {"error": str(why)}


def run(coroutine):
    """The result of a coroutine."""
    return asyncio.run(coroutine)


def text_to_image(checkpoint: str = SDXL, **latent) -> dict:
    """SDXL at 1024x1024, of core nodes alone."""
    size = {"width": 1024, "height": 1024, "batch_size": 1} | latent
    sampler = {
        "seed": 1,
        "steps": 20,
        "cfg": 7.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
    }
    links = {"model": ["4", 0], "positive": ["6", 0], "negative": ["6", 0], "latent_image": ["5", 0]}
    return {
        "3": {"class_type": "KSampler", "inputs": {**sampler, **links}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": checkpoint}},
        "5": {"class_type": "EmptyLatentImage", "inputs": size},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lighthouse", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}},
    }
