"""What ComfyUI-GGUF and our manager are both asked to load: files, cards, prompts.

`python tests/gguf_cases.py COMFYUI PACK` runs the pack itself (a checkout of city96/ComfyUI-GGUF) with that
ComfyUI on a pretended card and prints its rows of data/measurements/gguf.toml; with `--unpacking`, those of
`[unpacking]` in data/managers/constants.toml.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    import conftest  # noqa: F401  (names the checkout `vram_forecast`)

import gguf_files as made
from vram_forecast.estimator.units import MIB

CARDS = (8188, 12282, 16380, 24564, 32607)  # MiB: RTX 4060, 4070, 4060 Ti, 4090, 5090
TAKEN = {"linux": 500, "windows": 1100}  # MiB of a context and a desktop


@dataclass(frozen=True)
class Model:
    """A model: its GGUF tensors by what makes them, their architecture, and a text encoder's use."""

    role: str
    source: str
    arch: str = ""
    type: str = ""

    def tensors(self):
        """Name to (type, shape)."""
        return SOURCES[self.source]()


def mixed(slug):
    """A mix as `Q4_K_S` files are: a few layers in more bits, the first ones in 16, parameters in 32."""
    kinds = {"linear2": "Q8_0", "ffn.2": "Q8_0", "mod": "Q5_K", "_in.": "BF16", "embedding": "BF16"}
    tensors = made.quantised(slug, "Q4_K")
    for name, (dtype, shape) in tensors.items():
        if name.endswith("modulation"):
            tensors[name] = ("F32", shape)
        elif dtype == "Q4_K":
            tensors[name] = (next((kind for part, kind in kinds.items() if part in name), dtype), shape)
    return tensors


WAN_FILE = "wan2.2_t2v_high_noise_14B_bf16"
SOURCES = {
    "flux-q8_0": lambda: made.quantised("flux1-dev", "Q8_0"),
    "flux-q4_k_s": lambda: mixed("flux1-dev"),
    "flux-bf16": lambda: made.quantised("flux1-dev", "BF16"),
    "wan-q4_k_s": lambda: mixed(WAN_FILE),
    "t5-q8_0": made.t5,
    "umt5-q5_k": lambda: made.t5(256384, "Q5_K", every_block=True),
    "ae": None,
}
SAMPLER, TEXT = "diffusion_model", "text_encoder"
MODELS = {
    "FLUX Q8_0": Model(SAMPLER, "flux-q8_0", "flux"),
    "FLUX Q4_K_S": Model(SAMPLER, "flux-q4_k_s", "flux"),
    "FLUX BF16": Model(SAMPLER, "flux-bf16", "flux"),
    "Wan Q4_K_S": Model(SAMPLER, "wan-q4_k_s", "wan"),
    "T5 Q8_0": Model(TEXT, "t5-q8_0", "t5encoder", "sd3"),
    "UMT5 Q5_K": Model(TEXT, "umt5-q5_k", "t5encoder", "wan"),
    "VAE": Model("vae", "ae"),
}
NEEDS = {"FLUX Q8_0": 1016, "FLUX Q4_K_S": 1016, "FLUX BF16": 1016, "Wan Q4_K_S": 6039}  # MiB for a pass


def use(name, lora=""):
    """One load: a model, ComfyUI's reservations in bytes, and which layers a LoRA changes."""
    need = NEEDS.get(name, 0)
    reserve = 4356 * MIB if name == "VAE" else 2 * need * MIB
    return {"model": name, "reserve": reserve, "minimum": need * MIB if need else None, "lora": lora}


FLUX = [use("T5 Q8_0"), use("FLUX Q4_K_S"), use("VAE")]
WAN = [use("UMT5 Q5_K"), use("Wan Q4_K_S"), use("VAE")]
LORA = [use("FLUX Q8_0", "img"), use("VAE"), use("FLUX Q8_0", "img"), use("FLUX Q8_0")]
PROMPTS = {"FLUX twice": FLUX * 2, "Wan twice": WAN * 2, "a LoRA on FLUX": LORA}
ALONE = {name: [use(name)] for name in MODELS if name != "VAE"}
CASES = {
    f"{name} on {card} MiB, {system}": (card, system, uses)
    for name, uses in (ALONE | PROMPTS).items()
    for card in CARDS
    for system in TAKEN
}


def lora(name, tensors, within, rank=16):
    """A LoRA's tensors for the matrices of a diffusion model whose names hold `within`."""
    found = {}
    for weight, (_, shape) in tensors.items():
        if within in weight and len(shape) == 2:
            start = "diffusion_model." + weight.removesuffix(".weight")
            found[f"{start}.lora_B.weight"] = ["F16", [shape[0], rank]]
            found[f"{start}.lora_A.weight"] = ["F16", [rank, shape[1]]]
    return found


def lay(model, folder):
    """The model's GGUF file in a folder, made once."""
    path = folder / f"{model.source}.gguf"
    if not path.exists():
        name = made.entry("general.architecture", made.STRING, made.text(model.arch))
        made.lay(path, model.tensors(), [name])
    return path


def main():
    """Print what the pack made of each case."""
    given, flags = sys.argv[1:3], sys.argv[3:]
    sys.argv = sys.argv[:1]  # ComfyUI reads its flags there
    from vram_forecast.estimator.trace.checkout import open_checkout

    version = open_checkout(given[0]).like
    from vram_forecast.estimator.trace import gguf
    from vram_forecast.estimator.trace.manager import Card

    nodes = gguf.open_pack(given[1])
    if flags == ["--unpacking"]:
        for kind, taken in gguf.unpacking(nodes):
            sys.stdout.write(
                f'    {{ type = "{kind}", ' + ", ".join(f"{a} = {b:g}" for a, b in taken.items()) + " },\n"
            )
        return
    with tempfile.TemporaryDirectory() as scratch:
        cases = [
            (
                Card(card * MIB, (card - TAKEN[system]) * MIB, system == "windows"),
                tuple(asked(gguf, one, Path(scratch)) for one in uses),
            )
            for card, system, uses in CASES.values()
        ]
        for name, loads in zip(CASES, gguf.Pack(nodes).replay(cases), strict=True):
            sys.stdout.write(row(version, name, loads) + "\n")


def asked(gguf, one, folder):
    """A load as the pack's side takes it."""
    model = MODELS[one["model"]]
    paths = (model.source,) if model.role == "vae" else (str(lay(model, folder)),)
    tensors = lora(one["model"], model.tensors(), one["lora"]) if one["lora"] else {}
    return gguf.Ask(gguf.File(model.role, paths, model.type), one["reserve"], one["minimum"], tensors)


def row(version, name, loads):
    """A row of data/measurements/gguf.toml."""
    each = ",\n".join(
        f"    {{ on_card = {one.on_card}, backups = {one.backups[0]}, log = {json.dumps(list(one.log))} }}"
        for one in loads
    )
    return f'[[case]]\ncomfy = "{version}"\nprompt = "{name}"\nloads = [\n{each},\n]\n'


if __name__ == "__main__":
    main()
