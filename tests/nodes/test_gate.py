"""What the gate goes by, without a ComfyUI: which steps it checks, and what it says of them."""

import pytest
from prompts import checkpoint, node
from small_card import SEEN
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.shown import gating


def gated(side=1024, batch=1):
    """SDXL with one gate before sampling and one before decoding."""
    prompt = checkpoint(side=side, batch=batch)
    prompt["20"] = node("VRAMForecastGate", value=["4", 0], when_short="stop")
    prompt["21"] = node("VRAMForecastGate", value=["8", 0], when_short="stop")
    prompt["8"]["inputs"]["latent_image"] = ["20", 0]
    prompt["9"]["inputs"]["samples"] = ["21", 0]
    return prompt


@pytest.fixture
def comfy(tmp_path, sparse_model, monkeypatch):
    """A card of 4 GiB and SDXL on disk."""
    sparse_model("sd_xl_base_1.0", tmp_path / "checkpoints" / "sd_xl_base_1.0.safetensors")
    made = RecordedHost({"seen": dict(SEEN), "models": [str(tmp_path)]})
    monkeypatch.setattr(host, "host", lambda: made)
    return made


def test_a_gate_checks_up_to_the_next_gates():
    prompt = gated()
    assert {"4"} == gating.before(prompt, "20")
    assert {"8"} == gating.behind(prompt, "20")
    assert {"1", "5", "6", "8", "20"} == gating.before(prompt, "21")
    assert {"9", "10"} == gating.behind(prompt, "21")


def test_a_gate_hands_on_what_it_is_given(comfy):
    from vram_forecast.nodes.answers import checked

    with_gates, without = checked(gated()).forecast, checked(checkpoint()).forecast
    assert () == with_gates.unknown == with_gates.assumed
    shapes = [[(one.node, one.shape, one.need) for one in f.steps] for f in (with_gates, without)]
    assert shapes[0] == shapes[1]


def test_what_fits_is_not_short(comfy):
    prompt = gated(side=512)
    assert gating.settled(prompt, gating.behind(prompt, "21"), 0, False) is None


def test_the_heaviest_step_that_does_not_fit_is_named_with_what_it_needs_and_what_is_free(comfy):
    prompt = gated(side=8192, batch=8)
    said = str(gating.settled(prompt, gating.behind(prompt, "20"), 0, False))
    assert said.startswith("KSampler (node 8) needs ")
    assert said.endswith(" GiB at once, and 3.5 GiB of 4.0 GiB are free.")


def test_programs_that_hold_the_card_are_named(comfy):
    held = {"Blender": GIB // 2, "Discord": None}
    comfy.told["seen"] |= {"holders": [{"name": name, "bytes": held[name]} for name in held]}
    prompt = gated(side=8192, batch=8)
    said = str(gating.settled(prompt, gating.behind(prompt, "20"), 0, False))
    assert said.endswith(" 3.5 GiB of 4.0 GiB are free (Blender 0.5 GiB, Discord).")


def test_a_reserve_is_kept_free(comfy):
    prompt = gated(side=512)
    nodes = gating.behind(prompt, "21")
    found = gating.settled(prompt, nodes, 4 * GIB, False)
    assert "and 4.0 GiB are to stay free" in str(found)


def test_models_are_unloaded_only_where_that_is_asked_for_and_something_is_short(comfy):
    prompt, small = gated(side=8192, batch=8), gated(side=512)
    gating.settled(prompt, gating.behind(prompt, "20"), 0, False)
    gating.settled(small, gating.behind(small, "20"), 0, True)
    assert 0 == comfy.released
    assert gating.settled(prompt, gating.behind(prompt, "20"), 0, True)
    assert 1 == comfy.released


def test_memory_that_unloading_gives_back_lets_the_run_go_on(comfy, monkeypatch):
    comfy.told["seen"]["vram_free"] = GIB // 8
    prompt = gated()
    nodes = gating.behind(prompt, "20")
    assert gating.settled(prompt, nodes, 0, False)
    monkeypatch.setattr(comfy, "release", lambda: comfy.told["seen"].update(vram_free=7 * GIB // 2))
    assert gating.settled(prompt, nodes, 0, True) is None


def test_an_unknown_node_on_the_way_never_stops_a_run(comfy):
    prompt = gated(side=8192, batch=8)
    prompt["30"] = node("NobodyKnowsThis", samples=["4", 0], model=["1", 0])
    prompt["20"]["inputs"]["value"] = ["30", 0]
    assert gating.settled(prompt, gating.behind(prompt, "20"), 0, False) is None


def test_the_example_with_a_gate_is_understood_without_a_server(root):
    from prompts import nowhere
    from vram_forecast.estimator import check
    from vram_forecast.estimator.options import machine

    on = machine(gpu="rtx-3060-12gb", ram=32, system="linux", comfy="0.33.0", torch="2.9")
    examples = [
        root / "example_workflows" / name for name in ("vram_gate.json", "flux_dev_text_to_image.json")
    ]
    gate, plain = (check(path, on, nowhere, suggestions=0).forecast for path in examples)
    assert plain.unknown == gate.unknown
    assert [(one.title, one.shape) for one in plain.steps] == [(one.title, one.shape) for one in gate.steps]
    assert "decode" in [one.kind for one in gate.steps]
