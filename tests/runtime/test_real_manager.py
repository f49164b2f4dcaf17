"""Our legacy manager beside ComfyUI's own, run on a pretended card: the same split after every load."""

import json
import random
import subprocess
import sys

import pytest
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.runtime import Ask, Device, Host, Machine, Policy, hold
from vram_forecast.estimator.runtime.legacy import LegacyManager
from vram_forecast.estimator.units import GIB, MIB, ZERO

PROMPTS, CARD = 20, 24 * GIB
# header, storage, compute, weight_dtype
MODELS = [
    ("flux1-dev", "BF16", "BF16", ""),
    ("flux1-dev", "F8_E4M3", "BF16", "fp8_e4m3fn"),
    ("sd_xl_base_1.0", "F16", "F16", ""),
    ("sd_xl_refiner_1.0", "F16", "F16", ""),
    ("v1-5-pruned-emaonly-fp16", "F16", "F16", ""),
    ("wan2.2_t2v_high_noise_14B_bf16", "F16", "F16", ""),
    ("wan2.2_t2v_high_noise_14B_bf16", "F8_E4M3", "F16", "fp8_e4m3fn"),
]
# In a process of its own: it imports ComfyUI and pretends a card.
REAL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace.manager import Load, RealManager, driver
found = []
for free, loads in json.load(sys.stdin):
    manager = RealManager(int(sys.argv[3]), free)
    with driver(manager):
        done = [manager.load(Load(*load)) for load in loads]
    found.append([[one.counted, one.buffer, one.on_card] for one in done])
print(json.dumps([checkout.like, found]))
"""


def prompts():
    """Prompts of one to four loads with a model coming back now and then; free memory and needs at random."""
    chance = random.Random(20261122)
    for _ in range(PROMPTS):
        free, models = chance.randint(2 * GIB, 23 * GIB), chance.sample(MODELS, 2)
        minimums = [chance.randint(50 * MIB, 4 * GIB) for _ in range(chance.randint(1, 4))]
        yield free, [(chance.choice(models), minimum) for minimum in minimums]


def ours(comfy, free, loads):
    """The same after each load by our manager."""
    here = Machine(
        Device("c", "nvidia", CARD, free, ZERO, 8.9), Host("linux", GIB, GIB), Policy(comfy, False)
    )
    manager = LegacyManager(here)
    for model, minimum in loads:
        found = identify(stand_in(model[0], model[0])).components
        (part,) = [one for one in found if one.role == "diffusion_model"]
        held = hold(f"{model}", part, here, model[3])
        manager.place([held], Ask(2 * minimum, minimum, 0))
        (loaded,) = [one for one in manager.loaded if one.held.key == held.key]
        yield loaded.counted, loaded.buffer, manager.occupied()


def test_every_load_of_random_prompts_splits_as_comfyuis_own_manager_does(root, comfyui):
    cases = list(prompts())
    asked = [[free, [[*model[:3], 2 * least, least] for model, least in loads]] for free, loads in cases]
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(root), str(comfyui), str(CARD)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    version, real = json.loads(done.stdout.splitlines()[-1])
    for (free, loads), theirs in zip(cases, real, strict=True):
        found = list(ours(version, free, loads))
        for mine, own in zip(found, theirs, strict=True):
            # A schedule's buffers, some KiB that are no weights, are beside ours.
            assert own == pytest.approx(mine, abs=MIB / 8), (version, free / MIB, loads)
