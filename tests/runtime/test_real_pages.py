"""Our page manager beside comfy-aimdo itself, which runs on a pretended card (tests/aimdo/libcuda.c)."""

import importlib.util
import json
import os
import platform
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from vram_forecast.estimator.runtime import Ask, Device, Held, Host, Layer, Machine, Policy
from vram_forecast.estimator.runtime.dynamic import DynamicManager
from vram_forecast.estimator.runtime.staging import Staged
from vram_forecast.estimator.units import GIB, MIB, ZERO

AIMDO = Path(__file__).parent.parent / "aimdo"
PAGE, CASES, NAMES = 32 * MIB, 200, "abc"
SIZES = [1, 2, 8, 16, 20, 32, 50, 64, 100, 150]  # MiB of a layer


@pytest.fixture(scope="session")
def libcuda(tmp_path_factory):
    """The pretended driver, compiled; without a compiler or comfy-aimdo a skip, and under CI a failure."""
    stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("comfy-aimdo is pretended a driver on Linux alone, where libraries have sonames")
    if compiler is None:
        stop("no C compiler: install gcc")
    if importlib.util.find_spec("comfy_aimdo") is None:
        stop("comfy-aimdo is not installed: run `pip install comfy-aimdo==0.4.13`")
    built = tmp_path_factory.mktemp("aimdo") / "libcuda.so.1"
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-Wl,-soname,libcuda.so.1"]
    subprocess.run([compiler, *options, "-o", built, AIMDO / "libcuda.c"], check=True)
    return built


def prompts():
    """Prompts of one to five steps on cards of 4 to 24 GiB, each of up to three models that come back."""
    chance = random.Random(20261123)
    for seed in range(CASES):
        total = chance.randrange(4, 25) * GIB
        layers = {key: [chance.choice(SIZES) for _ in range(chance.randrange(5, 200))] for key in NAMES}
        units = {key: sorted((one * MIB for one in found), reverse=True) for key, found in layers.items()}
        steps = []
        for _ in range(chance.randrange(1, 6)):
            names = chance.sample(NAMES, chance.choice([1, 1, 2, 3]))
            models = [[key, units[key]] for key in names]
            steps.append({"models": models, "activations": chance.randrange(1, total // 2)})
        yield {
            "total": total,
            "others": chance.randrange(300, 1500) * MIB,
            "headroom": chance.choice([256 * MIB, GIB, 2 * GIB]),
            "extra": chance.choice([0, 0, 512 * MIB]),
            "seed": seed,
            "steps": steps,
        }


def held(key, units):
    """A model of these layers."""
    layers = tuple(
        Layer(f"{at:03}", one, 0, True, paged=Staged(one, one, one, 0)) for at, one in enumerate(units)
    )
    return Held(key, "diffusion_model", key, "Flux", "BF16", "BF16", layers, sum(units), sum(units))


def ours(case):
    """Pages of each model and bytes of buffers after each step, by our manager."""
    flags = ["--reserve-vram", str(case["headroom"] / GIB)] if case["headroom"] != 256 * MIB else []
    flags += ["--vram-headroom", str(case["extra"] / GIB)]
    card = Device("c", "nvidia", case["total"], case["total"] - case["others"], ZERO, 8.9)
    manager = DynamicManager(Machine(card, Host("linux", GIB, GIB), Policy("0.33.0", True, tuple(flags))))
    for step in case["steps"]:
        models = [held(key, units) for key, units in step["models"]]
        placed = manager.place(models, Ask(0, 0, step["activations"]))
        yield {one.held.key: (one.pages, one.kept) for one in manager.ranges}, placed[0].buffer


@pytest.fixture(scope="module")
def real(libcuda):
    """The same of aimdo's own, for all prompts."""
    asked = json.dumps(list(prompts()))
    done = subprocess.run(
        [sys.executable, AIMDO / "real_pages.py", libcuda], input=asked, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def pairs(real):
    """Each state after a step, ours and aimdo's: of each model, and the bytes of buffers."""
    for case, theirs in zip(prompts(), real, strict=True):
        assert len(theirs) == len(case["steps"])
    return [
        (found, buffer, own)
        for case, theirs in zip(prompts(), real, strict=True)
        for (found, buffer), own in zip(ours(case), theirs, strict=True)
    ]


def test_after_a_step_each_model_has_the_pages_that_aimdo_leaves_it(pairs):
    apart = [
        pages - own["models"][key]["pages"] for found, _, own in pairs for key, (pages, _) in found.items()
    ]
    assert apart.count(0) >= 0.92 * len(apart)
    # A layer that lies across the end of what fits leaves its pages empty, and so may one more.
    assert max(map(abs, apart)) <= 2 * -(-max(SIZES) * MIB // PAGE)


def test_and_the_same_layers_are_there_to_the_last_but_few(pairs):
    apart = [kept - own["models"][key]["kept"] for found, _, own in pairs for key, (_, kept) in found.items()]
    assert apart.count(0) >= 0.94 * len(apart)
    assert sum(abs(one) > 3 for one in apart) <= 0.01 * len(apart)


def test_and_layers_stream_through_as_large_a_buffer(pairs):
    apart = [buffer - own["buffer"] for _, buffer, own in pairs]
    assert apart.count(0) >= 0.96 * len(apart)
    assert max(map(abs, apart)) <= 64 * MIB


def test_a_model_gives_up_nothing_before_all_that_were_loaded_earlier_are_gone(pairs):
    for found, _, own in pairs:
        order = list(found)  # the last loaded first
        for place, key in enumerate(order):
            if own["models"][key]["kept"] < found[key][1]:
                assert not any(own["models"][older]["kept"] for older in order[place + 1 :])
