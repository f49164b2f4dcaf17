"""Seconds: what a pass takes on which card, in which types, and with how much of its weights streaming."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import checkpoint, flux, nowhere, wan
from vram_forecast.estimator.api import check
from vram_forecast.estimator.forecast import passes, speed, timing
from vram_forecast.estimator.forecast.result import Beside, ratio
from vram_forecast.estimator.forecast.timing import Moved, Moves, Spent, pair
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.models.published import published
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.report.words import sentence
from vram_forecast.estimator.runtime import rates
from vram_forecast.estimator.runtime.cards import card, cards, device_of
from vram_forecast.estimator.runtime.patches import Patch
from vram_forecast.estimator.units import ZERO, Estimate


def here(gpu, **more):
    """That card in an ordinary computer."""
    return machine(gpu=gpu, **({"ram": 64, "system": "linux", "comfy": "0.33.0"} | more))


def steps(prompt, gpu, kind, **more):
    """The steps of a kind."""
    return [one for one in check(prompt, here(gpu, **more), nowhere).forecast.steps if one.kind == kind]


def device(gpu):
    """A card by its id."""
    return device_of(card(gpu))


@pytest.mark.parametrize(
    ("gpu", "dtype", "share"),
    [
        ("rtx-4090", "F16", 165.2),
        ("rtx-4090", "BF16", 165.2),
        ("rtx-4090", "F8", 330.4),
        ("rtx-4090", "F32", 82.6),
        ("rtx-3090", "F32", 35.6),
        ("rtx-3090", "F8", 35.6),  # no kernel: never asked for, and no faster than the slowest
        ("rtx-2080-ti", "F16", 53.8),
        ("rtx-2080-ti", "BF16", 13.45),
        ("rtx-5090", "F4", 1676),
        ("gtx-1070", "F16", 6.46),
        ("gtx-1070", "F32", 6.46),
        ("rx-7900-xtx", "F32", 61.4),
    ],
)
def test_a_card_multiplies_each_type_at_the_rate_that_its_maker_states(gpu, dtype, share):
    assert rates.tflops(device(gpu), dtype) == pytest.approx(share, rel=0.01)


def test_every_card_with_a_size_has_a_rate_or_is_known_to_have_none():
    missing = {row["id"] for row in cards() if not rates.listed(row)[0]}
    assert missing <= {
        *("a10g", "b300", "gb10", "h100-nvl-94", "l40", "titan-rtx", "rtx-5090-d", "rtx-5090-d-v2"),
        *("rtx-5070-super", "rtx-5070-ti-super", "rtx-5080-super", "rx-5700-xt", "rx-7900m", "mi210"),
        *("arc-a310", "arc-pro-a60", "apple-m5", "apple-m5-max", "apple-m5-pro"),
    }


SCALED = "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors"


def model(name):
    """The diffusion model of a published file."""
    (part,) = identify(published("diffusion_models", name)).components
    return part


@pytest.mark.parametrize(
    ("gpu", "multiplied"), [("rtx-4090", "F8"), ("rtx-3090", ""), ("rtx-5090", "F8"), ("rx-9070-xt", "")]
)
def test_scaled_fp8_is_multiplied_as_such_where_the_card_can(gpu, multiplied):
    assert rates.multiplied(model(SCALED), "F8_E4M3", here(gpu)) == multiplied


def test_scaled_fp8_whose_file_asks_for_full_precision_is_not():
    marks = [one for one in model(SCALED).tensors if one.name == "scaled_fp8"]
    full = msgspec.structs.replace(model(SCALED), tensors=(msgspec.structs.replace(marks[0], shape=(2,)),))
    assert marks and rates.full_precision(full) and not rates.full_precision(model(SCALED))


def test_plain_fp8_is_multiplied_as_such_only_when_asked_to():
    plain = model("flux1-dev.safetensors")
    assert rates.multiplied(plain, "F8_E4M3", here("rtx-4090"), "fp8_e4m3fn") == ""
    assert rates.multiplied(plain, "F8_E4M3", here("rtx-4090"), "fp8_e4m3fn_fast") == "F8"
    assert rates.multiplied(plain, "F8_E4M3", here("rtx-3090"), "fp8_e4m3fn_fast") == ""


def test_16_bits_that_add_up_in_16_are_twice_as_fast_where_the_card_halves_the_other():
    fast, plain = (
        steps(checkpoint(), "rtx-4090", "sample", flags=flags)[0].seconds.best
        for flags in ("--fast fp16_accumulation", "")
    )
    assert plain / 2 < fast < plain * 0.7


def test_the_first_rocm_of_rdna_4_is_slow():
    old, new = (
        steps(checkpoint(), "rx-9070-xt", "sample", torch=torch)[0].seconds.best
        for torch in ("2.7.0+rocm6.3", "2.9.0+rocm7.1")
    )
    assert old > 3 * new


def test_the_fast_widget_saves_time():
    plain, fast = (
        steps(flux(dtype=dtype), "rtx-4090", "sample")[0].seconds.best
        for dtype in ("fp8_e4m3fn", "fp8_e4m3fn_fast")
    )
    assert plain / 2 < fast < plain * 0.8


def test_attention_by_other_kernels_is_faster_or_slower():
    flags = ("--use-sage-attention", "", "--use-split-cross-attention")
    seconds = [steps(wan(), "rtx-4090", "sample", flags=flag)[0].seconds.best for flag in flags]
    assert seconds == sorted(seconds) and seconds[0] < seconds[1] < seconds[2]


def test_a_text_encoder_on_the_processor_takes_seconds_that_the_card_would_not():
    prompt = flux()
    prompt["2"]["inputs"]["device"] = "cpu"
    (off,) = steps(prompt, "rtx-4090", "encode_text")
    (on,) = steps(flux(), "rtx-4090", "encode_text")
    assert off.because == "runs on the processor"
    assert 3 < off.seconds.best < 15  # public: about 8 s
    assert off.slowdown.best > 10
    assert off.resident_seconds.best <= on.resident_seconds.best


def test_slower_cards_take_longer():
    order = ("rtx-5090", "rtx-4090", "rtx-4070", "rtx-3060-12gb", "gtx-1070")
    seconds = [steps(checkpoint(), gpu, "sample")[0].resident_seconds.best for gpu in order]
    assert seconds == sorted(seconds)


def test_a_chip_that_works_in_ram_moves_weights_at_its_memorys_rate():
    unified = msgspec.structs.replace(device("rtx-4090"), unified=True, pcie_gbs=None, bandwidth_gbs=400.0)
    assert speed.transfer(unified, 10e9, "pinned").best == pytest.approx(10 / 200 / 0.78, rel=0.01)


def test_a_card_whose_rate_is_not_known_has_no_seconds():
    assert all(step.seconds is None for step in steps(flux(), "", "sample", vram=24))


def test_a_slowdown_is_one_where_all_weights_stay_and_unknown_where_one_step_is():
    same = Beside((4.0, 4.0), (2.0, 2.0), (1.0, 1.0))
    assert ratio([same]) == Estimate(1.0, 1.0, 1.0, "modelled")
    slower = Beside((4.0, 4.0), (6.0, 2.0), (9.0, 1.0))
    assert ratio([slower]) == Estimate(1.0, 3.0, 9.0, "modelled")
    assert ratio([same, slower]) == Estimate(1.0, 2.0, 5.0, "modelled")
    assert ratio([same, None]) is None and ratio([]) is None


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 50), st.floats(0.01, 50), st.floats(1, 4), st.floats(1, 4), st.integers(1, 40))
def test_a_slowdown_holds_each_card_with_each_link_within_their_bands(card_s, link_s, card, link, passes):
    one, slow = (
        Estimate(best / doubt, best, best * doubt, "modelled")
        for best, doubt in ((card_s, card), (link_s, link))
    )
    spent, there = Spent(ZERO, one, one, slow, slow, ZERO), here("rtx-4070")
    least, most = (
        pair(spent.at(*ends).total(Estimate.exact(passes), there))
        for ends in (("high", "low"), ("low", "high"))
    )
    found = ratio([Beside(least, pair(spent.at("best", "best").total(Estimate.exact(passes), there)), most)])
    for computing in ("low", "best", "high"):
        for moving in ("low", "best", "high"):
            ours, ideal = pair(spent.at(computing, moving).total(Estimate.exact(passes), there))
            assert found.low <= max(1.0, ours / ideal) * 1.000001
            assert found.high >= ours / ideal * 0.999999


def test_a_streaming_workflow_says_how_much_slower_it_is():
    tight, roomy = (
        check(flux(), here(gpu, comfy="0.3.75"), nowhere).forecast for gpu in ("rtx-3060-12gb", "rtx-5090")
    )
    assert roomy.slowdown.high == pytest.approx(1.0)
    assert tight.slowdown.low >= 1.0 and tight.slowdown.best >= roomy.slowdown.best


def placed(prompt, gpu, kind="sample"):
    """A step as it was placed, before its time is told."""
    from vram_forecast.estimator.forecast.keeper import Keeper
    from vram_forecast.estimator.forecast.step import Worker
    from vram_forecast.estimator.runtime import manager
    from vram_forecast.estimator.workflow import lower, read

    there = here(gpu)
    work = lower(read(prompt), Library(nowhere))
    parts = {key: one.component for key, one in work.loaded.items() if one.component}
    held = {key: Keeper(work, there).held(key) for key in parts}
    worker = Worker(there, manager(there, held.values()), parts)
    found = [worker.place(one, [held[key] for key in one.components]) for one in work.steps]
    return next(one for one in found if one.step.kind == kind), there


STEP = placed(flux(dtype="fp8_e4m3fn"), "rtx-4070")
BYTES = st.integers(0, 40 * 10**9)


def seconds(moves, there):
    """The step's times with so much to move."""
    return timing.Clock(there).timed(STEP[0], moves)


@settings(max_examples=60, deadline=None)
@given(BYTES, BYTES, BYTES, BYTES)
def test_streaming_is_never_faster_than_staying(up, pinned, pageable, disk):
    found = seconds(Moves(Moved(pageable=up), Moved(pinned, pageable, disk)), STEP[1])
    for end in ("low", "best", "high"):
        assert getattr(found.seconds, end) >= getattr(found.resident_seconds, end)
    assert found.slowdown.low >= 1.0


@settings(max_examples=60, deadline=None)
@given(BYTES, BYTES, BYTES, st.floats(1.0, 8.0))
def test_more_bandwidth_is_never_slower(pinned, pageable, disk, more):
    moves = Moves(Moved(pageable=pageable), Moved(pinned, pageable, disk))
    slow = STEP[1].device
    fast = msgspec.structs.replace(
        slow,
        pcie_gbs=slow.pcie_gbs * more,
        bandwidth_gbs=slow.bandwidth_gbs * more,
        tflops=slow.tflops * more,
    )
    before = seconds(moves, STEP[1]).seconds
    after = seconds(moves, msgspec.structs.replace(STEP[1], device=fast)).seconds
    assert (after.low, after.best, after.high) <= (before.low, before.best, before.high)
    assert after.low <= after.best <= after.high


@settings(max_examples=60, deadline=None)
@given(BYTES, BYTES)
def test_more_to_move_is_never_faster(some, more):
    small, large = sorted((some, more))
    for way in ("pinned", "pageable", "disk"):
        moves = (Moves(Moved(), Moved(**{way: size})) for size in (small, large))
        one, other = (seconds(each, STEP[1]).seconds for each in moves)
        assert one.best <= other.best and one.high <= other.high


def test_pinned_weights_stream_beside_computing_and_others_before_it():
    size = 2 * 10**9
    alone = seconds(Moves(), STEP[1]).seconds.best
    pinned = seconds(Moves(Moved(), Moved(pinned=size)), STEP[1]).seconds.best
    pageable = seconds(Moves(Moved(), Moved(pageable=size)), STEP[1]).seconds.best
    disk = seconds(Moves(Moved(), Moved(disk=size)), STEP[1]).seconds.best
    assert alone == pytest.approx(pinned, rel=0.01) and pinned < pageable < disk


def test_lora_is_added_anew_to_what_streams():
    held, numbers = STEP[0].models[0], 1_000_000
    first, *others = held.layers
    changed = msgspec.structs.replace(first, patch=Patch(1, numbers, 2 * numbers, 2 * numbers, 0))
    patched = msgspec.structs.replace(held, layers=(changed, *others), loras=("one",))
    assert passes.preparing(patched, STEP[0], 0) == passes.preparing(held, STEP[0], 0)
    half = held.bytes // 2
    more = passes.preparing(patched, STEP[0], half) - passes.preparing(held, STEP[0], half)
    assert more == pytest.approx(10 * numbers, rel=0.01)  # 20 bytes of each number, of half of them


@pytest.mark.parametrize(("dtype", "more"), [("Q8_0", 1), ("Q4_K", 2)])
def test_gguf_is_unpacked_in_every_pass(dtype, more):
    held = msgspec.structs.replace(STEP[0].models[0], storage=dtype, pinned=False)
    bytes_each = passes.preparing(held, STEP[0], 0) / passes.elements(held)
    assert (more - 1) * 11 < bytes_each < more * 15


def test_a_step_that_spills_has_no_seconds_and_neither_has_its_prompt():
    big = checkpoint(side=4096, batch=8)
    found = check(big, here("rtx-3060-12gb", system="windows", comfy="0.3.75"), nowhere).forecast
    spilled = [one for one in found.steps if one.verdict == "spill"]
    assert spilled and all(one.seconds is None and one.slowdown is None for one in spilled)
    assert found.verdict == "spill"
    assert found.seconds is None and found.seconds_again is None and found.slowdown is None
    assert "expect minutes, not seconds" in sentence(found)
