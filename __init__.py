"""VRAM Forecast: says how a ComfyUI workflow will run on a graphics card before it is queued.

ComfyUI loads this folder and awaits `comfy_entrypoint`; the library is `vram_forecast.estimator`.
"""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    """Called by ComfyUI only: from here alone are its classes imported."""
    from .nodes.extension import Extension
    from .nodes.record import register_recorder
    from .nodes.serving.guard import register_guard
    from .nodes.serving.routes import register_routes

    register_routes()  # not in Extension.on_load, which ComfyUI 0.8 never calls
    register_guard()
    register_recorder()
    return Extension()
