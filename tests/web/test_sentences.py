"""What the server says in English is said in each language with the same facts, by node as by a browser."""

import json
import os
import re
import shutil
import subprocess

import pytest
from msgspec.structs import replace
from phrases import follows
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator import facts
from vram_forecast.estimator.advice import Checked
from vram_forecast.estimator.advice.rules import RULES
from vram_forecast.estimator.api import check
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.report.json import encode
from vram_forecast.estimator.report.words import SENTENCES
from vram_forecast.estimator.runtime.machine import Holder
from vram_forecast.estimator.units import GIB

OTHERS = ("ru", "zh", "ja")


def forecast(prompt, **more):
    more = {"ram": 64, "system": "linux", "comfy": "0.33.0"} | more
    return check(prompt, machine(**more), nowhere).forecast


def experts():
    prompt = wan(1280, 720, 81)
    for key, noise in (("1", "high"), ("11", "low")):
        prompt[key]["inputs"]["unet_name"] = f"wan2.2_t2v_{noise}_noise_14B_fp16.safetensors"
    return prompt


def thin(by):
    """A forecast whose sampler misses the card's end by so much."""
    found = forecast(checkpoint(), gpu="rtx-4090")
    step = next(one for one in found.steps if one.kind == "sample")
    best = round(found.device.total - by)
    close = replace(step, tight=True, need=replace(step.need, low=0, best=best, high=2 * best))
    return replace(found, tight=True, where=close, steps=(close,))


def held_by(*holders):
    """A forecast that fails beside other programs."""
    found = forecast(wan(1280, 720, 81), vram=6)
    return replace(found, device=replace(found.device, holders=holders))


def almost_all_ram():
    """A forecast that keeps nearly all of RAM."""
    return replace(forecast(checkpoint(), gpu="rtx-4090"), tight=True)


def roomy():
    """A forecast that reads from disk again since some of RAM is left free."""
    found = forecast(experts(), gpu="rtx-4090", ram=32)
    return replace(found, ram_peak=replace(found.ram_peak, low=0, best=31 * GIB), disk_bytes=0)


CASES = {
    "fits": lambda: forecast(checkpoint(), gpu="rtx-4090"),
    "no seconds are known": lambda: forecast(checkpoint(), vram=16),
    "nothing runs": lambda: forecast({"1": node("EmptyImage", width=64)}, vram=16),
    "on the processor": lambda: forecast(checkpoint(), gpu="rtx-4090", flags="--cpu"),
    "streams for nothing": lambda: forecast(flux(), gpu="rtx-3060-12gb"),
    "streams and is slower": lambda: forecast(flux(512, 512), gpu="rtx-4070"),
    "streams and is tight": lambda: forecast(flux(256, 256), gpu="rx-7900-xt", flags="--lowvram"),
    "streams on a card without a rate": lambda: forecast(flux(), vram=8),
    "reads from disk": lambda: forecast(experts(), gpu="rtx-4090", ram=32),
    "leaves RAM free": roomy,
    "spills": lambda: forecast(wan(1280, 720, 81), vram=6, system="windows"),
    "fails": lambda: forecast(wan(1280, 720, 81), vram=6),
    "fails beside programs": lambda: held_by(Holder("Chrome", 3 * GIB), Holder("the desktop (Xorg)", None)),
    "fails beside many": lambda: held_by(*(Holder(f"program {number}", GIB) for number in range(5))),
    "fails in RAM": lambda: forecast(wan(1280, 720, 81), gpu="rtx-4090", ram=2, swap=1),
    "fails in RAM without swap": lambda: forecast(wan(1280, 720, 81), gpu="rtx-4090", ram=2, swap=0),
    "fails nowhere": lambda: replace(held_by(), where=None),
    "goes to swap": lambda: forecast(wan(1280, 720, 81), gpu="rtx-4090", ram=4, swap=0),
    "is retried in tiles": lambda: forecast(flux(3072, 3072), vram=8),
    "has a thin margin": lambda: thin(GIB / 4),  # just between two digits
    "is over by a little": lambda: thin(-0.75 * GIB),
    "keeps nearly all RAM": almost_all_ram,
    "has an unknown node": lambda: forecast(flux() | {"77": node("MyThing", model=["1", 0])}, gpu="rtx-4090"),
    "has nothing else": lambda: forecast({"1": node("MyThing")}, gpu="rtx-4090"),
    "has an unknown step": lambda: unknown_step(),
    "has no nodes": lambda: replace(unknown_step(), where=None, steps=(), components=()),
}


def unknown_step():
    found = forecast(checkpoint(), gpu="rtx-4090")
    step = replace(found.steps[-1], verdict="unknown", because="its model is not known")
    return replace(found, verdict="unknown", where=step, steps=(*found.steps[:-1], step))


@pytest.fixture(scope="module")
def tell(root):
    """A function that has node say something in each language."""

    def ask(**asked):
        if not shutil.which("node"):
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("needs node 20 or newer")
        script = ["node", str(root / "tests" / "web" / "tell.mjs")]
        ran = subprocess.run(script, input=json.dumps(asked), capture_output=True, text=True, timeout=60)
        assert (0, "") == (ran.returncode, ran.stderr)
        return json.loads(ran.stdout)

    return ask


@pytest.fixture(scope="module")
def forecasts():
    """All cases, as the server answers them."""
    return {name: json.loads(encode(Checked(made()))) for name, made in CASES.items()}


def numbers(said):
    """The numbers of a sentence, in any order."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", said))


def test_the_cases_are_all_verdicts(forecasts):
    assert set(SENTENCES) == {one["verdict"] for one in forecasts.values()}


def test_a_sentence_from_the_facts_is_the_servers_own_in_english(tell, forecasts):
    said = tell(forecasts=list(forecasts.values()))["en"]["sentences"]
    assert {name: one["because"] for name, one in forecasts.items()} == dict(
        zip(forecasts, said, strict=True)
    )


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_has_the_same_numbers_in_each_language(tell, forecasts, language):
    said = tell(forecasts=list(forecasts.values()))[language]["sentences"]
    for one, words in zip(forecasts.values(), said, strict=True):
        assert numbers(one["because"]) == numbers(words), words
        assert "{" not in words and "sentence." not in words


def test_every_rule_has_a_recorded_change_to_be_said(root):
    recorded = json.loads((root / "tests/web/recorded/changes.json").read_text(encoding="utf-8"))
    assert {rule.CODE for rule in RULES} == {one["code"] for one in recorded}


def words_of(value, keys):
    """All texts that a table of data has under some keys."""
    if isinstance(value, list):
        return [said for one in value for said in words_of(one, keys)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in keys if key in value]
    flat = [
        said for one in own for said in (one if isinstance(one, list) else [one]) if isinstance(said, str)
    ]
    return flat + [said for one in value.values() for said in words_of(one, keys)]


@pytest.mark.parametrize(
    ("room", "table", "keys"),
    [
        ("quality", "precisions", ("words",)),
        ("quality", "setup", ("quality",)),
        ("quality", "swaps", ("quality", "fast_quality", "words")),
        ("quality", "distilled", ("quality",)),
        ("effect", "setup", ("without",)),
        ("effect", "swaps", ("widened", "lora_gguf")),
        ("effect", "distilled", ("effects", "no_guidance")),
        *(
            ("effect", f"variants/{name}", ("effects", "asks"))
            for name in ("encoders", "flux", "image", "qwen", "video", "wan")
        ),
    ],
)
def test_the_words_of_data_can_be_said_in_each_language(room, table, keys):
    said = set(words_of(facts.table(table), keys)) - {"another seed changes a picture more"}
    assert set() == {one for one in said if not follows(room, one)}
