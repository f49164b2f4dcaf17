"""The legacy manager against lines of ComfyUI's own log, to the hundredth of a MiB.

The lines were printed by ComfyUI 0.33.0's `load_models_gpu` on a pretended card (shared reference
comfyui-memory.md 14; design section 6). Sizes in MiB.
"""

import pytest
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.runtime import Ask, Device, Host, Machine, Policy, hold
from vram_forecast.estimator.runtime.legacy import LegacyManager
from vram_forecast.estimator.units import GIB, MIB, ZERO


def machine(total, free, system="linux", comfy="0.33.0"):
    card = Device("card", "nvidia", round(total * MIB), round(free * MIB), ZERO, 8.9)
    return Machine(card, Host(system, 64 * GIB, 64 * GIB), Policy(comfy, False))


@pytest.fixture(scope="session")
def models(sparse_model, tmp_path_factory):
    """Diffusion models by the name of their header, read once."""
    folder, known = tmp_path_factory.mktemp("models"), {}

    def model(slug):
        if slug not in known:
            found = identify(read(sparse_model(slug, folder / f"{slug}.safetensors"))).components
            known[slug] = next(one for one in found if one.role == "diffusion_model")
        return known[slug]

    return model


def asked(minimum, **more):
    return Ask(round(2 * minimum * MIB), round(minimum * MIB), 0, **more)


FLUX, FLUX8, SDXL = ("flux1-dev", ""), ("flux1-dev", "fp8_e4m3fn"), ("sd_xl_base_1.0", "")
WAN8 = ("wan2.2_t2v_high_noise_14B_bf16", "fp8_e4m3fn")
PARTIAL = [
    # model, card, free, system, ComfyUI's reservation -> loaded, offloaded, buffer
    (FLUX, 24576, 24100, "linux", 1015.8, 22628.1, 72.0, 54.0),
    (FLUX, 24576, 24076, "linux", 1015.8, 22605.60, 94.54, 54.02),
    (FLUX, 24576, 23500, "linux", 1015.8, 22030.2, 670.0, 54.0),
    (FLUX, 24576, 23000, "linux", 1015.8, 21415.7, 1284.4, 162.1),
    (FLUX, 24576, 23300, "windows", 1015.8, 21415.7, 1284.4, 162.1),
    (FLUX8, 12288, 11800, "linux", 1015.8, 10248.7, 1101.4, 135.0),
    (FLUX8, 12288, 11500, "linux", 1015.8, 9949.2, 1400.9, 135.0),
    (FLUX8, 12288, 10900, "windows", 1015.8, 9148.8, 2201.2, 135.0),
    (WAN8, 16384, 15884, "linux", 6038.9, 9305.49, 4320.84, 125.02),
    (SDXL, 8192, 6000, "linux", 262.1, 4773.3, 123.7, 7.5),
]


@pytest.mark.parametrize(
    ("model", "total", "free", "system", "reserve", "loaded", "offloaded", "buffer"), PARTIAL
)
def test_a_partial_load_splits_as_the_log_says(
    models, model, total, free, system, reserve, loaded, offloaded, buffer
):
    here = machine(total, free, system)
    manager = LegacyManager(here)
    (placed,) = manager.place([hold("m", models(model[0]), here, model[1])], asked(reserve))
    words = placed.log.replace(";", "").replace(",", "").split()
    numbers = [float(word) for word in words if word.replace(".", "").isdigit()]
    assert [loaded, offloaded, buffer, 0] == pytest.approx(numbers[1:], abs=0.06)


@pytest.mark.parametrize(("system", "enough"), [("linux", 24_116), ("windows", 24_416)])
def test_flux_fits_whole_from_the_free_memory_that_the_reference_names(models, system, enough):
    placed = []
    for free in (enough - 1, enough + 1):
        here = machine(24576, free, system)
        placed += LegacyManager(here).place([hold("m", models("flux1-dev"), here)], asked(1015.8))
    assert [True, False] == [one.streamed > 0 for one in placed]


def test_a_large_model_evicts_the_small_one_that_was_there(models):
    here = machine(24576, 24100)
    manager = LegacyManager(here)
    manager.place([hold("sdxl", models("sd_xl_base_1.0"), here)], asked(262.1))
    manager.place([hold("flux", models("flux1-dev"), here)], asked(1015.8))
    assert [one.held.key for one in manager.loaded] == ["flux"]


def test_a_model_that_is_loaded_is_not_copied_again(models):
    here = machine(24576, 24100)
    manager, held = LegacyManager(here), hold("sdxl", models("sd_xl_base_1.0"), here)
    uploads = [manager.place([held], asked(262.1))[0].uploaded for _ in range(2)]
    assert uploads == [held.bytes, 0]


def test_a_vae_takes_room_from_the_model_and_the_next_run_brings_it_back(models):
    here = machine(24576, 24100)
    manager, flux = LegacyManager(here), hold("flux", models("flux1-dev"), here)
    before = manager.place([flux], asked(1015.8))[0].resident
    vae = hold("vae", models("sd_xl_base_1.0"), here)
    manager.place([vae], Ask(4356 * MIB, None, 0))
    assert manager.occupied() - vae.bytes < before
    again = manager.place([flux], asked(1015.8))[0]
    assert 0 < again.uploaded < before


@pytest.mark.parametrize("comfy", ["0.3.64", "0.3.75", "0.8.0", "0.33.0"])
def test_no_version_loads_more_than_its_budget(models, comfy):
    here = machine(12288, 11500, comfy=comfy)
    (placed,) = LegacyManager(here).place([hold("m", models("flux1-dev"), here)], asked(1015.8))
    assert 0 < placed.resident + placed.buffer <= (11500 - 1415.8) * MIB


def test_novram_streams_everything_that_can_be(models):
    here = Machine(
        machine(12288, 11500).device, Host("linux", GIB, GIB), Policy("0.33.0", False, ("--novram",))
    )
    (placed,) = LegacyManager(here).place([hold("m", models("flux1-dev"), here)], asked(1015.8))
    assert placed.resident == 0


def test_directml_loads_whole_and_evicts_all_others_whatever_the_card_has(models):
    card = machine(12288, 11500).device
    here = Machine(card, Host("windows", 64 * GIB, 64 * GIB), Policy("0.33.0", False, ("--directml",)))
    manager = LegacyManager(here)
    manager.place([hold("sdxl", models("sd_xl_base_1.0"), here)], asked(262.1))
    flux = hold("flux", models("flux1-dev"), here)
    (placed,) = manager.place([flux], asked(1015.8))
    assert placed.streamed == 0 and placed.resident == flux.bytes > card.total
    assert manager.occupied() == flux.bytes and manager.free() == here.total == GIB


def test_where_the_card_is_the_computers_ram_models_load_whole(models):
    card = Device("M3", "apple", 24 * GIB, 8 * GIB, ZERO, unified=True)
    here = Machine(card, Host("macos", 24 * GIB, 8 * GIB), Policy("0.33.0", False))
    (placed,) = LegacyManager(here).place([hold("flux", models("flux1-dev"), here)], asked(1015.8))
    assert here.vram_state == "shared" and placed.streamed == 0
