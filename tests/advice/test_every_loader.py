"""No rule fails for a loader that it did not think of: each one of every pack, in a small workflow."""

import pytest
from advising import case_of
from prompts import flux
from vram_forecast.estimator.advice.rules import RULES
from vram_forecast.estimator.workflow.acts.load import Load
from vram_forecast.estimator.workflow.definitions import definition
from vram_forecast.estimator.workflow.edits import apply
from vram_forecast.estimator.workflow.rules import rules

# A file for each role, so that there is something to put in its place.
FILES = {
    "diffusion_model": "flux1-dev.safetensors",
    "text_encoder": "t5xxl_fp16.safetensors",
    "vae": "ae.safetensors",
}
LOADERS = sorted(name for name, rule in rules().items() if any(isinstance(act, Load) for act in rule.acts))


def defaults(class_type):
    """A node's widgets at their defaults."""
    row = definition(class_type) or {}
    return {
        one["name"]: one["default"] for one in row.get("inputs", ()) if one.get("widget") and "default" in one
    }


def with_loader(class_type):
    """FLUX with one loader of a class, whose outputs take the place of ComfyUI's own where they can."""
    rule, prompt = rules()[class_type], flux()
    named = {
        file.name: FILES.get(file.roles[0], "x.safetensors")
        for act in rule.acts
        if isinstance(act, Load)
        for file in act.files
    }
    prompt["100"] = {"class_type": class_type, "inputs": defaults(class_type) | named}
    for slot, gives in enumerate(rule.gives):
        for node in prompt.values():
            for name, old in (("model", "1"), ("clip", "2"), ("vae", "3")):
                if str(gives) == name and node["inputs"].get(name) == [old, 0]:
                    node["inputs"][name] = ["100", slot]
    return prompt


@pytest.mark.parametrize("class_type", LOADERS)
@pytest.mark.parametrize("comfy", ["0.3.75", "0.33.0"])
def test_every_rule_gives_changes_that_can_be_made(class_type, comfy):
    case = case_of(with_loader(class_type), gpu="rtx-4060", ram=16, comfy=comfy)
    for rule in RULES:
        for change in rule.changes(case):
            assert apply(case.graph, change.edits).order()
