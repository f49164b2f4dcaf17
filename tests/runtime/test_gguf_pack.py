"""Our legacy manager beside ComfyUI-GGUF itself on ComfyUI's own: the same bytes and the same log lines.

What the pack made of each case was recorded (data/measurements/gguf.toml, by tests/gguf_cases.py), since the
pack is no part of a test environment.
"""

import re

import gguf_cases as cases
import pytest
from both_managers import changed
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, TensorTable, read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.runtime import Ask, Device, Host, Machine, Policy, hold
from vram_forecast.estimator.runtime.legacy import LegacyManager
from vram_forecast.estimator.units import GIB, MIB, ZERO

RECORDED = facts.table("measurements/gguf")["case"]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The component of a model of the cases, read once."""
    folder, found = tmp_path_factory.mktemp("gguf"), {}

    def component(name):
        if name not in found:
            model = cases.MODELS[name]
            vae = model.role == "vae"
            table = stand_in(model.source, model.source) if vae else read(cases.lay(model, folder))
            (found[name],) = (one for one in identify(table).components if one.role == model.role)
        return found[name]

    return component


def lora(name, within):
    """The LoRA of a case as we read it."""
    listed = cases.lora(name, cases.MODELS[name].tensors(), within)
    tensors = {key: Tensor(key, dtype, tuple(shape)) for key, (dtype, shape) in listed.items()}
    return identify(TensorTable(f"lora-{name}-{within}", "safetensors", 0, 0, {}, tensors)).components


@pytest.mark.parametrize("row", RECORDED, ids=lambda row: f"{row['prompt']}, {row['comfy']}")
def test_every_load_is_what_the_pack_made_of_it(known, row):
    total, system, uses = cases.CASES[row["prompt"]]
    free = total - cases.TAKEN[system]
    card = Device("card", "nvidia", total * MIB, free * MIB, ZERO, 8.9)
    here = Machine(card, Host(system, 64 * GIB, 64 * GIB), Policy(row["comfy"], False))
    manager, loras = LegacyManager(here), {}
    for use, own in zip(uses, row["loads"], strict=True):
        name = use["model"]
        if use["lora"] and name not in loras:
            loras[name] = lora(name, use["lora"])
        files = loras[name] if use["lora"] else ()
        held = hold(name, known(name), here, loras=tuple(files))
        manager.place([held], Ask(use["reserve"], use["minimum"], 0))
        log = [line for one in manager.known.values() for line in one.log]
        assert told(own["log"]) == pytest.approx(told(log), abs=0.1)
        assert words(own["log"]) == words(log)
        assert own["on_card"] == pytest.approx(manager.occupied(), abs=MIB / 10)
        assert own["backups"] == sum(changed(manager.known[name]))


def words(log):
    """The lines of a log without their numbers."""
    return sorted(re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", line) for line in log)


def told(log):
    """The numbers of a log, line by line."""
    return [float(number) for line in sorted(log) for number in re.findall(r"\d+(?:\.\d+)?", line)]
