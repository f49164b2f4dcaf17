"""Text encoders that ComfyUI loads as one model: none has more on the card than it weighs."""

from prompts import checkpoint, flux, node, nowhere
from vram_forecast.estimator.forecast import run
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime import legacy
from vram_forecast.estimator.workflow import lower, read


def split(prompt, monkeypatch, **where):
    """How each load of several encoders is told apart: bytes on the card, and of the parts."""
    found, told = [], legacy.on_card

    def seen(model, parts):
        found.append((told(model, parts), [one.bytes for one in parts], model.bytes))
        return found[-1][0]

    monkeypatch.setattr(legacy, "on_card", seen)
    run(lower(read(prompt), Library(nowhere)), machine(**{"ram": 64, "system": "linux"} | where))
    return [one for one in found if len(one[1]) > 1]


def packed():
    """FLUX.1 with T5 as GGUF, which dynamic VRAM leaves to the legacy manager."""
    names = {
        "clip_name1": "clip_l.safetensors",
        "clip_name2": "t5-v1_1-xxl-encoder-Q8_0.gguf",
        "type": "flux",
    }
    return flux() | {"2": node("DualCLIPLoaderGGUF", **names)}


def test_no_part_has_more_on_the_card_than_it_weighs(monkeypatch):
    loads = split(packed(), monkeypatch, gpu="rtx-4070", ram=16)
    loads += split(checkpoint(), monkeypatch, gpu="rtx-2060", comfy="0.3.75")
    assert len(loads) > 3
    for here, sizes, whole in loads:
        assert all(one <= size for one, size in zip(here, sizes, strict=True))
        assert sum(here) == min(whole, sum(sizes))
