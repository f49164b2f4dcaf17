"""How a GGUF model is held and placed: raw blocks, the legacy manager beside the dynamic one."""

import gguf_files as made
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.models.variants import variant
from vram_forecast.estimator.runtime import (
    Ask,
    Device,
    DynamicManager,
    Held,
    Host,
    Layer,
    LegacyManager,
    Machine,
    MixedManager,
    Policy,
    gguf,
    hold,
    manager,
)
from vram_forecast.estimator.runtime.staging import Staged
from vram_forecast.estimator.units import GIB, MIB, ZERO


def machine(gib, dynamic=True):
    card = Device("card", "nvidia", round(gib * GIB), round(gib * GIB), ZERO, 8.9)
    return Machine(card, Host("linux", 64 * GIB, 64 * GIB), Policy("0.33.0", dynamic))


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """The component of a GGUF made from a header of `data/headers/`, or from given tensors."""
    folder = tmp_path_factory.mktemp("gguf")

    def component(source, dtype="Q8_0"):
        tensors = made.quantised(source, dtype) if isinstance(source, str) else source
        (found,) = identify(read(made.lay(folder / "m.gguf", tensors))).components
        return found

    return component


def test_a_diffusion_model_is_told_by_the_names_that_its_converter_keeps(part):
    flux = part("flux1-dev")
    assert (flux.id, flux.quantization, flux.parameters) == ("flux-dev", "gguf_q8_0", 11_901_408_320)


@pytest.mark.parametrize(
    ("tensors", "expected"),
    [(made.t5(), "t5-xxl"), (made.t5(256384, every_block=True), "umt5-xxl")],
)
def test_text_encoders_are_told_by_llama_cpp_s_names(part, tensors, expected):
    found = part(tensors)
    assert (found.family, found.hyper["layers"]) == (expected, 24)


def test_weights_are_held_as_the_file_has_them_and_the_largest_once_more(part):
    flux = part("flux1-dev")
    held = hold("m", flux, machine(24), "fp8_e4m3fn")
    assert (held.storage, held.compute, held.legacy, held.pinned) == ("Q8_0", "BF16", True, False)
    assert (held.bytes, held.counted) == (flux.file_bytes, flux.file_bytes + 21504 * 3072 * 2)


def test_a_streamed_layer_is_counted_once_where_the_card_computes_in_the_model_s_type(part):
    held = hold("m", part("flux1-dev"), machine(24))
    layer = next(one for one in held.layers if one.name == "double_blocks.0.img_attn.proj")
    blocks = 3072 * 3072 // 32 * 34
    assert (layer.bytes, layer.offload) == (blocks + 3072 * 4, blocks + 3072 * 4)


def test_an_encoder_s_streamed_layer_is_counted_with_its_bytes_as_numbers_of_32_bits(part):
    held = hold("m", part(made.t5()), machine(24))
    layer = next(one for one in held.layers if one.name == "enc.blk.0.attn_q")
    blocks = 4096 * 4096 // 32 * 34
    assert (layer.bytes, layer.offload) == (blocks, 5 * blocks)


def test_wide_token_embeddings_are_held_in_16_bits(part):
    wide, narrow = part(made.t5(256384, every_block=True)), part(made.t5())
    sizes = {one.name: one.bytes for one in hold("m", wide, machine(24)).layers}
    assert sizes["token_embd"] == 256384 * 4096 * 2
    assert [gguf.embeds_whole(one) for one in (wide, narrow)] == [False, True]
    assert hold("m", narrow, machine(24)).compute == "F32"


def test_short_bf16_tensors_are_widened(part):
    tensors = {name: ("BF16", shape) for name, (_, shape) in made.quantised("flux1-dev", "BF16").items()}
    sizes = {one.name: one.bytes for one in hold("m", part(tensors), machine(24)).layers}
    assert sizes["double_blocks.0.img_attn.proj"] == 3072 * 3072 * 2 + 3072 * 4


@pytest.mark.parametrize(("compute", "each"), [("BF16", 2), ("F16", 0), ("F32", 2)])
def test_unpacking_takes_what_was_traced_for_the_layer_that_takes_most(part, compute, each):
    found, elements = gguf.temporaries(part("flux1-dev"), compute), 21504 * 3072
    assert (found.low, found.best, found.high) == (0, each * elements, each * elements)


def model(size, key, legacy=False, layers=64):
    own = -(-round(size) // layers)
    paged = Staged(own, own, -(-own // 1024) * 1024, 0)
    each = tuple(Layer(f"blocks.{n}", own, 0, True, paged=paged) for n in range(layers))
    total = sum(layer.bytes for layer in each)
    return Held(key, "diffusion_model", key, "Flux", "BF16", "BF16", each, total, total, legacy=legacy)


def asked(activations=GIB):
    return Ask(0, None, round(activations))


@pytest.mark.parametrize(
    ("dynamic", "legacy", "expected"),
    [(True, False, DynamicManager), (True, True, MixedManager), (False, True, LegacyManager)],
)
def test_a_prompt_with_a_legacy_model_has_both_managers(dynamic, legacy, expected):
    models = [model(GIB, "a"), model(GIB, "b", legacy)]
    assert type(manager(machine(24, dynamic), models)) is expected


def test_legacy_weights_do_not_give_way_and_dynamic_pages_do():
    both = MixedManager(machine(24))
    both.place([model(8 * GIB, "gguf", legacy=True)], asked())
    both.place([model(4 * GIB, "pages")], asked())
    assert (both.fixed(), both.occupied()) == (8 * GIB, 12 * GIB)
    assert both.free() == 16 * GIB


def test_a_dynamic_model_that_needs_the_room_evicts_a_legacy_one():
    both = MixedManager(machine(12))
    both.place([model(8 * GIB, "gguf", legacy=True)], asked())
    (placed,) = both.place([model(10 * GIB, "pages")], asked())
    assert (both.fixed(), placed.streamed) == (0, 0)


def test_a_legacy_model_takes_the_pages_of_a_dynamic_one():
    both = MixedManager(machine(12))
    both.place([model(10 * GIB, "pages")], asked())
    (placed,) = both.place([model(8 * GIB, "gguf", legacy=True)], asked())
    assert placed.streamed == 0
    assert both.occupied() <= 12 * GIB - GIB


@given(
    st.lists(st.tuples(st.integers(1, 20), st.booleans(), st.integers(0, 3)), min_size=1, max_size=6),
    st.integers(6, 32),
)
def test_the_card_never_holds_more_than_it_has(loads, total):
    both = MixedManager(machine(total))
    for index, (size, legacy, activations) in enumerate(loads):
        (placed,) = both.place([model(size * GIB, f"m{index}", legacy)], asked(activations * GIB))
        assert 0 <= placed.resident <= placed.weights
        assert both.fixed() <= both.occupied() <= total * GIB


@pytest.mark.parametrize(
    ("header", "recipe", "printed"),
    [  # MiB that ComfyUI printed for public files ("loaded completely"): shared data evidence.jsonl
        ("flux-2-klein-4b", "Q8_0", 4209.39),  # the most bytes are those of a modulation in BF16
        ("qwen_image_edit_2511_bf16", "Q4_K_M-edges", 12738.98),
        ("z_image_turbo_bf16", "Q8_0", 6973.32),
        ("qwen_3_4b", "Q8_0", 4424.19),  # the embedding would be copied, but is widened at load
        ("umt5_xxl_fp16", "Q6_K", 5626.45),
    ],
)
def test_the_copy_that_is_counted_is_of_the_tensor_with_most_bytes(header, recipe, printed):
    (found,) = identify(variant(stand_in("x", header), f"gguf-{recipe}")).components
    assert printed == pytest.approx(hold("x", found, machine(24)).counted / MIB, abs=1.1)
