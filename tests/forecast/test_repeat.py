"""The next run of a prompt, and what its results take in RAM."""

import pytest
from msgspec.structs import replace
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator.forecast import run
from vram_forecast.estimator.forecast.plan import Plan
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime.cache import result_cache
from vram_forecast.estimator.units import GIB
from vram_forecast.estimator.workflow.lifetime import Cache
from vram_forecast.estimator.workflow.lower import lower
from vram_forecast.estimator.workflow.order import order
from vram_forecast.estimator.workflow.read import read


def workload(prompt):
    """A lowered prompt with the order of its nodes."""
    graph = read(prompt)
    return replace(lower(graph, Library(nowhere)), graph=graph, order=tuple(order(graph)))


def here(gpu="rtx-4090", ram=64, comfy="0.33.0", flags=""):
    return machine(gpu=gpu, ram=ram, system="linux", comfy=comfy, flags=flags)


def forecast(prompt, **more):
    return run(workload(prompt), here(**more))


def kinds(steps):
    return [step.kind for step in steps]


def test_the_next_run_samples_and_decodes_and_encodes_no_text():
    plan = Plan(workload(flux()), Cache("ram"))
    assert ["encode_text", "sample", "decode"] == sorted(kinds(plan.first()), key=kinds(plan.first()).index)
    assert ["sample", "decode"] == kinds(plan.next())


def test_without_a_cache_the_next_run_is_whole():
    plan = Plan(workload(flux()), Cache("none"))
    assert kinds(plan.first()) == kinds(plan.next())


def test_two_equal_prompts_are_encoded_once():
    same = checkpoint() | {"6": checkpoint()["5"]}
    assert 2 == kinds(Plan(workload(checkpoint()), Cache("ram")).first()).count("encode_text")
    assert 1 == kinds(Plan(workload(same), Cache("ram")).first()).count("encode_text")
    assert 2 == kinds(Plan(workload(same), Cache("none")).first()).count("encode_text")


def test_the_steps_stand_in_comfyuis_order():
    found = workload(wan())
    places = [found.order.index(step.node) for step in Plan(found, Cache("ram")).first()]
    assert sorted(places) == places


@pytest.mark.parametrize("prompt", [flux(), wan(), checkpoint()], ids=["flux", "wan", "sdxl"])
@pytest.mark.parametrize("gpu", ["rtx-3060-12gb", "rtx-4090"])
def test_the_next_run_takes_no_longer_than_the_first(prompt, gpu):
    found = forecast(prompt, gpu=gpu)
    assert 0 < found.seconds_again.best < found.seconds.best


def test_without_a_cache_it_takes_as_long():
    found = forecast(flux(), flags="--cache-none")
    assert found.seconds_again == found.seconds


def test_a_resident_model_needs_no_disk_where_only_the_seed_is_new():
    """FLUX.1 stays on a card of 24 GB; with no cache the text encoder drives it out each time."""
    kept, whole = (forecast(flux(), ram=16, flags=flags) for flags in ("", "--cache-none"))
    assert ("resident", 0) == (kept.verdict, kept.disk_bytes)
    assert "disk" == whole.verdict


def pictures(count):
    """A prompt whose picture is scaled up and written, over and over; each result is 2 GiB and more."""
    prompt = checkpoint(side=1024, batch=64)
    for number in range(count):
        prompt[f"s{number}"] = node("SaveImage", images=["9", 0], filename_prefix=str(number))
    return prompt


def test_results_count_by_what_the_cache_keeps():
    found = workload(pictures(1))
    size = 64 * 1024 * 1024 * 3 * 4
    room = 100 * GIB
    images = [step.output for step in found.steps if step.kind == "decode"]
    assert [size] == images
    assert size <= Plan(found, Cache("ram")).hold(room).peak
    plain, three = (Plan(found, Cache("lru", size=count)).hold(room).peak for count in (1, 30))
    assert three > plain  # older runs' pictures pile up
    assert frozenset() == Plan(found, Cache("ram")).hold(room).lost


def test_where_ram_is_short_a_picture_that_nothing_takes_any_more_goes():
    found = workload(pictures(0))
    held = Plan(found, Cache("ram", large=GIB // 2)).hold(0)
    assert {step.node for step in found.steps if step.kind == "decode"} == held.lost


def test_a_workload_without_a_graph_runs_whole_each_time():
    bare = replace(workload(flux()), graph=None, order=())
    plan = Plan(bare, result_cache(here()))
    assert bare.steps == plan.first() == plan.next()
    assert sum(step.output for step in bare.steps) == plan.hold(0).peak
