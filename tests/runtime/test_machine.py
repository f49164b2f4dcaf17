"""Cards by name, ComfyUI's versions, and the types that a card's ComfyUI holds weights in."""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.runtime import Host, Machine, hold
from vram_forecast.estimator.runtime.cards import card, card_here, device_of
from vram_forecast.estimator.runtime.policy import policy, version
from vram_forecast.estimator.units import GIB, MIB


@pytest.mark.parametrize(
    "name", ["rtx-4090", "RTX 4090", "NVIDIA GeForce RTX 4090", "GeForce RTX 4090", "rtx_4090"]
)
def test_a_card_is_found_however_its_name_is_written(name):
    assert card(name)["id"] == "rtx-4090"


@pytest.mark.parametrize(
    ("name", "offered"), [("rtx-4909", "rtx-4090"), ("rtx-3060", "rtx-3060-12gb"), ("", "")]
)
def test_a_card_that_is_not_known_offers_the_nearest(name, offered):
    with pytest.raises(InputError, match="Did you mean") as caught:
        card(name)
    assert offered in str(caught.value)


@pytest.mark.parametrize(
    ("name", "mib", "expected"),
    [
        ("NVIDIA GeForce RTX 3060", 12288, "rtx-3060-12gb"),
        ("NVIDIA GeForce RTX 3060", 8192, "rtx-3060-8gb"),
        ("NVIDIA GeForce RTX 3060 Ti", 8192, "rtx-3060-ti"),
        ("NVIDIA GeForce RTX 3080", 12288, "rtx-3080-12gb"),
        ("NVIDIA GeForce RTX 4060 Ti", 16380, "rtx-4060-ti-16gb"),
        ("NVIDIA GeForce RTX 4090", 24564, "rtx-4090"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", 16376, "rtx-4090-laptop"),
        ("NVIDIA A100-SXM4-80GB", 81920, "a100-sxm-80"),
        ("NVIDIA H100 PCIe", 81559, "h100-pcie-80"),
        ("NVIDIA GeForce RTX 4090", 49140, None),  # a modified card of twice the memory: another card
        ("Voodoo 2", 12288, None),
    ],
)
def test_a_driver_names_a_card_without_its_size(name, mib, expected):
    row = card_here(name, mib * MIB)
    assert expected == (row and row["id"])


def test_free_memory_that_is_given_leaves_only_the_context_to_assume():
    assumed, known = device_of(card("rtx-4090")), device_of(card("rtx-4090"), free=20 * GIB)
    assert assumed.total == known.total == 24564 * MIB
    assert known.free == 20 * GIB - 450 * MIB
    assert known.taken.high - known.taken.low == 300 * MIB
    assert assumed.free < assumed.total


def test_versions_compare_by_number():
    assert version("0.10.0") > version("0.9.9-rc1")


FP8 = "F8_E4M3"


@pytest.mark.parametrize(
    ("slug", "gpu", "widget", "expected"),
    [
        ("flux1-dev", "rtx-4090", "", ("BF16", "BF16")),
        ("flux1-dev", "rtx-2080-ti", "", ("F16", "F16")),
        ("flux1-dev", "rtx-3060-12gb", "fp8_e4m3fn", (FP8, "BF16")),
        ("flux1-dev-fp8-kijai", "rtx-4090", "", (FP8, "BF16")),
        ("flux1-dev-fp8-kijai", "rtx-3060-12gb", "", (FP8, "BF16")),  # 16-bit weights would not fit
        ("flux1-dev-fp8-kijai", "rtx-a6000", "", ("BF16", "BF16")),  # they fit: widened, twice the file
        ("sd_xl_base_1.0", "rtx-3060-12gb", "", ("F16", "F16")),
        ("wan2.2_t2v_high_noise_14B_fp8_scaled", "rtx-3060-12gb", "", (FP8, "F16")),
        ("ae", "rtx-3060-12gb", "", ("BF16", "BF16")),
        ("ae", "rtx-2080-ti", "", ("F32", "F32")),
        ("t5xxl_fp16", "rtx-4090", "", ("F16", "F32")),
        ("t5xxl_fp8_e4m3fn", "rtx-4090", "", (FP8, "F32")),
        ("clip_l", "rtx-4090", "", ("F16", "F32")),
    ],
)
def test_weights_are_held_and_computed_in_the_types_that_comfyui_chooses(
    slug, gpu, widget, expected, sparse_model, tmp_path
):
    component = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components[0]
    here = Machine(
        device_of(card(gpu)), Host("linux", 64 * GIB, 64 * GIB), policy("0.33.0", "2.9", "linux", "nvidia")
    )
    held = hold("m", component, here, widget)
    assert expected == (held.storage, held.compute)


@pytest.mark.parametrize(
    ("slug", "widget", "mib"),
    [
        ("flux1-dev", "fp8_e4m3fn", 11_350.07),
        ("ae", "", 159.9),
        ("wan2.2_t2v_high_noise_14B_bf16", "", 27_253.8),
    ],
)
def test_bytes_on_the_card_are_those_of_comfyuis_own_modules(slug, widget, mib, sparse_model, tmp_path):
    component = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components[0]
    here = Machine(
        device_of(card("rtx-4090")),
        Host("linux", 64 * GIB, 64 * GIB),
        policy("0.33.0", "2.9", "linux", "nvidia"),
    )
    assert mib == pytest.approx(hold("m", component, here, widget).bytes / MIB, abs=0.06)
