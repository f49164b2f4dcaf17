"""Writes data/headers/<slug>.json.gz: published checkpoints as headers, from ComfyUI's own classes.

`COMFYUI_PATH=... python tools/make_headers.py [SLUG...]`; what to make is in data/header_specs/.
No weights are read or made: modules are built on torch's meta device.
"""

from __future__ import annotations

import gzip
import importlib
import inspect
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATA = Path(__file__).resolve().parent.parent / "data"
SPECS = DATA / "header_specs"
COMFY = os.environ.get("COMFYUI_PATH") or sys.exit("make_headers: set COMFYUI_PATH to a ComfyUI checkout.")
sys.path.insert(0, COMFY)
sys.path.insert(0, str(DATA.parent))
sys.argv, SLUGS = [sys.argv[0], "--cpu"], sys.argv[1:]  # ComfyUI reads the command line when imported

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.ops  # noqa: E402
import torch  # noqa: E402

from estimator.trace.values import Values  # noqa: E402

TORCH = {
    "BF16": torch.bfloat16,
    "F16": torch.float16,
    "F32": torch.float32,
    "F8_E4M3": torch.float8_e4m3fn,
    "I64": torch.int64,
    "U8": torch.uint8,
    "I8": torch.int8,
}
NAMES = {value: name for name, value in TORCH.items()}
Tensors = dict[str, torch.Tensor]


def module_spec(name: str, modules: dict[str, Any]) -> dict[str, Any]:
    """One module's row, with what it takes over from the row it is `like`."""
    row = modules[name]
    if "like" not in row:
        return row
    base = module_spec(row["like"], modules)
    return {**base, **row, "arguments": {**base["arguments"], **row["arguments"]}}


def nothing(value: Any) -> Any:
    """An argument with what TOML cannot say: inside it, "none" stands for None."""
    if isinstance(value, dict):
        return {key: nothing(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nothing(item) for item in value]
    return None if value == "none" else value


def build(row: dict[str, Any]) -> Tensors:
    """The state dict of a module, on the meta device; a row names another `device` to be built on."""
    file, name = row["class"].split(":")
    made = getattr(importlib.import_module(file), name)
    made = made(**row["of"]) if "of" in row else made  # a function that gives the class of a size
    arguments = dict.fromkeys(row.get("none", ())) | {
        k: nothing(v) for k, v in row.get("arguments", {}).items()
    }
    if "config" in row:
        config = json.loads((Path(COMFY) / row["config"]).read_text())
        arguments["config_dict"] = {**config, **row.get("config_with", {})}
    operations = comfy.ops.disable_weight_init
    given = {"operations": operations, "ops": operations, "device": "meta", "dtype": torch.float32}
    if "metadata" in row:  # some classes are told their shape by what the file says of itself
        given |= {"metadata": row["metadata"], "config": json.loads(row["metadata"]["config"]).get("vae")}
    takes = inspect.signature(made).parameters
    takes_params = "Flux" in name  # it gathers its arguments in **kwargs
    takes_all = takes_params or "args" in takes  # or hands all on
    usual = ("operations", "device", "dtype") if takes_all else ()
    arguments |= {key: value for key, value in given.items() if key in takes or key in usual}
    if takes_params:  # and grows: an argument that a version does not know is at its only value there
        known = inspect.signature(importlib.import_module("comfy.ldm.flux.model").FluxParams).parameters
        arguments = {key: value for key, value in arguments.items() if key in known or key in takes}
    with torch.device(row.get("device", "meta")), Values():  # some look at numbers when made
        return {name: value.to("meta") for name, value in made(**arguments).state_dict().items()}


def part_tensors(part: dict[str, Any], modules: dict[str, Any]) -> Tensors:
    """The tensors of one part under their names in the file, in their stored dtypes.

    Tensors that are renamed to one name are one in the file, joined along their first side.
    """
    found: Tensors = {}
    for name, value in build(module_spec(part["module"], modules)).items():
        if any(re.search(pattern, name) for pattern in part.get("drop", ())):
            continue
        dtype = next(dtype for pattern, dtype in part["dtypes"] if re.search(pattern, name))
        for pattern, new in part.get("rename", ()):
            name = re.sub(pattern, new, name)
        name = part.get("prefix", "") + name
        parts = [found[name]] if name in found else []
        found[name] = torch.cat([*parts, value.to(TORCH[dtype])]) if parts else value.to(TORCH[dtype])
    if "diffusers" in part:
        return as_diffusers(found, part["diffusers"], module_spec(part["module"], modules))
    return found


def as_diffusers(tensors: Tensors, rule: str, module: dict[str, Any]) -> Tensors:
    """A model under diffusers' names, by ComfyUI's own table ("comfy.utils:flux_to_diffusers") backwards.

    Where ComfyUI joins several tensors in one, each of them is a part of it along one side.
    """
    file, name = rule.split(":")
    found: Tensors = {}
    taken: dict[str, set[Any]] = {}
    names = getattr(importlib.import_module(file), name)(module["arguments"])
    for new, old in sorted(names.items()):  # ComfyUI's table is in no order
        old, offset = (old, None) if isinstance(old, str) else old[:2]
        parts = taken.setdefault(old, set())
        if old in tensors and offset not in parts and (offset or not parts):  # else another name for the same
            parts.add(offset)
            found[new] = tensors[old].narrow(*offset) if offset else tensors[old]
    return found | {name: value for name, value in tensors.items() if name not in taken}


def with_scales(tensors: Tensors, prefix: str, kinds: list[str]) -> Tensors:
    """ComfyUI's first scaled fp8 under `prefix`: scales of these `kinds` by each fp8 weight, and a mark."""
    scales = {
        re.sub("weight$", kind, name): torch.empty([], dtype=torch.float32, device="meta")
        for name, value in tensors.items()
        for kind in kinds
        if value.dtype == torch.float8_e4m3fn and name.startswith(prefix) and name.endswith("weight")
    }
    mark = torch.empty([0], dtype=torch.float8_e4m3fn, device="meta")
    return tensors | scales | {f"{prefix}scaled_fp8": mark}


def with_marks(tensors: Tensors, mark: str) -> Tensors:
    """ComfyUI's int8: beside each such weight a scale per row, and what says how it is packed."""
    weights = {
        re.sub("weight$", "", name): value for name, value in tensors.items() if value.dtype == TORCH["I8"]
    }
    scales = {
        f"{layer}weight_scale": value.new_empty([len(value), 1], dtype=TORCH["F32"])
        for layer, value in weights.items()
    }
    marks = {
        f"{layer}comfy_quant": torch.empty([len(mark)], dtype=TORCH["U8"], device="meta") for layer in weights
    }
    return tensors | scales | marks


def as_saved(tensors: Tensors, saved_by: str) -> Tensors:
    """Text encoders under the names of the checkpoint, by ComfyUI's own rule for saving."""
    file, name = saved_by.split(":")
    rule = getattr(importlib.import_module(file), name)({"in_channels": 4})
    text = {key: value for key, value in tensors.items() if key.startswith("clip_")}
    rest = {key: value for key, value in tensors.items() if key not in text}
    return rest | rule.process_clip_state_dict_for_saving(text)


def numbered(pattern: str) -> list[str]:
    """The names that "layers.{24}.weight" stands for, one for each layer; a name without is itself."""
    before, _, rest = pattern.partition("{")
    count, _, after = rest.partition("}")
    return [f"{before}{at}{after}" for at in range(int(count))] if rest else [pattern]


def file_tensors(row: dict[str, Any], modules: dict[str, Any]) -> Tensors:
    """All tensors of one file, on the meta device."""
    tensors: Tensors = {}
    for part in row["parts"]:
        tensors |= part_tensors(part, modules)
    for pattern, (dtype, shape) in row.get("tensors", {}).items():
        for name in numbered(pattern):
            tensors[name] = torch.empty(shape, dtype=TORCH[dtype], device="meta")
    scales = row.get("scales", {})  # kinds, of the whole file or by what its models' names start with
    for prefix, kinds in (scales if isinstance(scales, dict) else {"": scales}).items():
        tensors = with_scales(tensors, prefix, kinds)
    if "mark" in row:
        tensors = with_marks(tensors, row["mark"])
    return as_saved(tensors, row["saved_by"]) if "saved_by" in row else tensors


def said_of_layers(tensors: Tensors, kind: str) -> dict[str, str]:
    """The metadata in which later files say that their fp8 layers are of this kind, in place of a mark."""
    tensors.pop("scaled_fp8", None)
    fp8 = [name for name, value in tensors.items() if value.dtype == torch.float8_e4m3fn]
    layers = {name.removesuffix(".weight"): {"format": kind} for name in sorted(fp8)}
    return {"_quantization_metadata": json.dumps({"format_version": "1.0", "layers": layers})}


def file_metadata(row: dict[str, Any], modules: dict[str, Any]) -> dict[str, str]:
    """What the file says of itself: its row's words and those that its modules are told by."""
    told = [module_spec(part["module"], modules).get("metadata", {}) for part in row["parts"]]
    return {key: text for words in (*told, row.get("metadata", {})) for key, text in words.items()}


def file_bytes(tensors: Tensors, metadata: dict[str, str]) -> tuple[int, int]:
    """Tensor bytes, and the bytes of the safetensors header that names them."""
    at, header = 0, {"__metadata__": metadata} if metadata else {}
    for name, value in sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0])):
        end = at + value.numel() * value.itemsize
        header[name] = {"dtype": NAMES[value.dtype], "shape": list(value.shape), "data_offsets": [at, end]}
        at = end
    length = len(json.dumps(header, separators=(",", ":")))
    return at, 8 + (length + 7) // 8 * 8


def write(row: dict[str, Any], tensors: Tensors, metadata: dict[str, str]) -> str:
    """The case's file, and one line that compares it with the published size."""
    metadata = {**metadata, **(said_of_layers(tensors, row["layers"]) if "layers" in row else {})}
    found = {name: [NAMES[value.dtype], list(value.shape)] for name, value in sorted(tensors.items())}
    text = json.dumps({"tensors": found, "metadata": metadata}, separators=(",", ":")).encode()
    (DATA / "headers" / f"{row['slug']}.json.gz").write_bytes(gzip.compress(text, mtime=0))
    weights, header = file_bytes(tensors, metadata)
    published = row.get("bytes")
    beside = (
        f"published {published}, differs by {published - weights - header:+d}"
        if published
        else "size unpublished"
    )
    return f"{row['slug']:40} {len(found):5} tensors {weights:12} bytes + header {header:7}  {beside}"


def main() -> None:
    """Make every case, or those named."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(SPECS.glob("*.toml"))]
    modules = {name: row for table in tables for name, row in table["modules"].items()}
    for row in (row for table in tables for row in table["files"]):
        if not SLUGS or row["slug"] in SLUGS:
            print(write(row, file_tensors(row, modules), file_metadata(row, modules)))


if __name__ == "__main__":
    main()
