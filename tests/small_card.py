"""A card of 4 GiB for tests, as a recording of the host has it."""

from vram_forecast.estimator.units import GIB

SEEN = {
    "device": "NVIDIA GeForce RTX 3050",
    "vendor": "nvidia",
    "vram_total": 4 * GIB,
    "vram_free": 7 * GIB // 2,
    "compute_capability": 8.6,
    "os": "linux",
    "ram_total": 32 * GIB,
    "ram_free": 24 * GIB,
    "comfy": "0.33.0",
    "torch": "2.14.1",
    "flags": [],
    "dynamic_vram": False,
}
