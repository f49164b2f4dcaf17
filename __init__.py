"""VRAM Forecast: says how a ComfyUI workflow will run on a graphics card before it is queued.

ComfyUI loads this folder and awaits `comfy_entrypoint`; the library is `vram_forecast.estimator`.
"""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    """Called by ComfyUI only: from here alone are its classes imported."""
    from pathlib import Path

    from .nodes.extension import begin

    return begin(Path(__file__).parent)
