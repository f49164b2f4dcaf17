"""Asks ComfyUI what each header is: `COMFYUI_PATH=... python tools/make_corpus.py [SLUG...]`.

Writes tests/corpus/<slug>/expected.json (one entry per version) for the tests to hold our own answers
against, and data/managers/factors.toml: what ComfyUI multiplies its own estimate with, per component.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import facts  # noqa: E402
from estimator.errors import InputError  # noqa: E402
from estimator.models import identify  # noqa: E402
from estimator.models.published import stand_in  # noqa: E402
from estimator.trace.checkout import Checkout, open_checkout  # noqa: E402

CORPUS = ROOT / "tests" / "corpus"
FACTORS = facts.DATA / "managers" / "factors.toml"
HEAD = """# What ComfyUI multiplies its own estimate of a forward with, by component and version.
# Written by tools/make_corpus.py: `memory_usage_factor` of the class that ComfyUI detects.
source = "ComfyUI of the versions named, comfy/supported_models.py, asked of the headers in data/headers/"
"""


def diffusion(header: dict[str, Any]) -> dict[str, Any]:
    """The class that ComfyUI detects, and what its module holds."""
    from estimator.trace import samplers

    config, own = samplers.detected(header, "cpu")
    said = {
        "comfy_class": type(config).__name__,
        "latent": type(config.latent_format).__name__.lower(),
        "channels": config.latent_format.latent_channels,
        "factor": round(config.memory_usage_factor, 6),
    }
    weight = Counter[Any]()
    for tensor in own.values():
        weight[tensor.dtype] += tensor.numel()
    storage = weight.most_common(1)[0][0]
    try:
        model = samplers.of_header(header, storage, storage, "cpu")
    except Exception as error:  # detected, but not to be built of fake tensors
        return {**said, "unbuilt": f"{type(error).__name__}: {error}".splitlines()[0][:120]}
    return {**said, "bytes": held(model.diffusion_model)}


def vae(header: dict[str, Any]) -> dict[str, Any]:
    """The model in the VAE that ComfyUI makes of a header."""
    import torch

    from estimator.trace import autoencoders

    made = autoencoders.of_header(header, torch.bfloat16)
    model = made.first_stage_model
    return {
        "comfy_class": type(model).__name__,
        "bytes": held(model),
        "channels": made.latent_channels,
        "dimensions": made.latent_dim,
    }


def text_encoder(tensors: dict[str, Any]) -> dict[str, Any]:
    """The kind that ComfyUI tells a text encoder for."""
    from estimator.trace.checkout import comfy
    from estimator.trace.models import state_dict

    found = comfy("sd").detect_te_model(state_dict(tensors, "cpu"))
    return {"te_model": found.name if found else ""}


ASK = {"diffusion_model": diffusion, "vae": vae, "text_encoder": text_encoder}


def held(module: Any) -> int:
    """Bytes of a module's parameters and buffers that it saves."""
    return sum(value.numel() * value.itemsize for value in module.state_dict().values())


def case(slug: str) -> dict[str, Any]:
    """ComfyUI's answer for each component that we see in the header, by our component's id."""
    from estimator.trace.models import METADATA, of_slug

    header = of_slug(slug)
    told = {METADATA: header[METADATA]} if METADATA in header else {}
    found: dict[str, Any] = {}
    for one in identify(stand_in(slug, slug)).components:
        ask = ASK.get(one.role)
        if ask is None:
            continue
        own = {n[len(one.prefix) :]: t for n, t in header.items() if n.startswith(one.prefix)} | told
        own = header if one.role == "diffusion_model" else own
        try:
            found[one.id] = {"role": one.role, **ask(own)}
        except InputError as error:
            found[one.id] = {"role": one.role, "problem": error.what}
        except Exception as error:
            found[one.id] = {"role": one.role, "problem": f"{type(error).__name__}: {error}"[:200]}
    return found


def write(slug: str, version: str, answer: dict[str, Any]) -> None:
    """The answer beside those of other versions."""
    file = CORPUS / slug / "expected.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**known, version: answer}, indent=1, sort_keys=True) + "\n")


def factor_row(name: str, known: dict[str, Any]) -> str:
    """The row of one component; a version that takes it for another class does not know it."""
    versions = sorted(known, key=lambda version: [int(part) for part in version.split(".")])
    of = known[versions[-1]]["comfy_class"]
    factors = {
        version: known[version]["factor"] for version in versions if known[version]["comfy_class"] == of
    }
    listed = ", ".join(f"{json.dumps(version)} = {factor}" for version, factor in factors.items())
    return (
        f"\n[[factor]]\nid = {json.dumps(name)}\ncomfy_class = {json.dumps(of)}\nversions = {{ {listed} }}\n"
    )


def write_factors() -> None:
    """The factors of all cases and versions."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(CORPUS.glob("*/expected.json")):
        for version, answer in json.loads(file.read_text()).items():
            for name, one in answer.items():
                if "factor" in one:
                    found.setdefault(name, {})[version] = one
    rows = [factor_row(name, known) for name, known in sorted(found.items())]
    FACTORS.write_text(HEAD + "".join(rows))


def main() -> None:
    """Ask about every header, or those named."""
    from estimator.trace.device import pretendable, pretended

    try:
        checkout: Checkout = open_checkout(os.environ.get("COMFYUI_PATH", "COMFYUI_PATH is not set"))
    except InputError as error:
        sys.exit(f"make_corpus: {error}")
    slugs = sys.argv[1:] or sorted(
        path.name.split(".json")[0] for path in (facts.DATA / "headers").glob("*.gz")
    )
    with pretended(pretendable()):
        for slug in slugs:
            answer = case(slug)
            write(slug, checkout.version, answer)
            said = ", ".join(
                f"{k}: {v.get('comfy_class') or v.get('te_model') or v.get('problem')}"
                for k, v in answer.items()
            )
            print(f"{slug}: {said}", flush=True)
    write_factors()


if __name__ == "__main__":
    main()
