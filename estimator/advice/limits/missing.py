"""Why a workflow has no limit of something, in words."""

from __future__ import annotations

from ... import facts
from ...workflow.latents import latent_format
from ..case import Case
from .dial import samples
from .made import VIDEO, Made
from .setting import Name

OPENED = {
    "size": "its size is that of what it opens",
    "frames": "it has as many frames as what it opens",
    "seconds": "it is as long as what it opens",
}


def unfit(case: Case) -> str:
    """Why nothing can be promised of a workflow at any size; empty where something can."""
    forecast, most = case.forecast, facts.table("limits")["search"]["nodes"]
    if len(case.graph.nodes) > most:
        return f"a workflow of more than {most} nodes is not searched"
    if not forecast.steps:
        return "nothing in it runs on the card"
    if forecast.unknown:
        one = forecast.unknown[0]
        return f"{one.class_type} (node {one.node}) is not understood"
    if forecast.verdict == "unknown" and forecast.where:
        where = forecast.where
        return f"{where.title} (node {where.node}) is not known: {where.because}"
    return ""


def why(case: Case, name: Name, now: Made) -> str:
    """Why a workflow has no dial of a quantity."""
    if name == "batch":
        return "no node of it sets a batch"
    if now.sound:
        return "it makes sound"
    if name == "frames" and (now.frames == 1 or not takes_video(case)):
        return "it makes pictures, not video" if now.longer else "it makes no video"
    if not now.longer:
        return "what it makes is not counted in pixels"
    if name == "size" and (chosen := case.graph.of_type(*facts.table("limits")["chosen"]["classes"])):
        return f"{chosen[0].title or chosen[0].class_type} (node {chosen[0].id}) chooses its size"
    if opened(case):
        return OPENED[name]
    return f"no number of it sets its {name}"


def takes_video(case: Case) -> bool:
    """Whether it samples video."""
    steps = [step for step in case.workload.steps if samples(step, case.workload)]
    parts = [case.workload.loaded[step.components[0]].component for step in steps]
    return any(part and latent_format(part.latent).dimensions == VIDEO for part in parts)


def opened(case: Case) -> bool:
    """Whether it begins with a file of pictures or sound."""
    return any(
        node.class_type.startswith(("Load", "VHS_Load")) and media(node.inputs)
        for node in case.graph.nodes.values()
    )


def media(inputs: dict[str, object]) -> bool:
    """Whether a loader's inputs name a picture, a video or a sound."""
    return bool({"image", "file", "video", "audio"} & set(inputs))
