"""How fast files are read, beside the libraries that also read them: `python benchmarks/speed.py [--json]`.

Each with its target: Qwen-Image's header against `safetensors.safe_open`, a GGUF text encoder with 250 000
tokens against `gguf.GGUFReader`, 1 000 sparse checkpoints, cold and cached, a check of the largest template,
and the limits of all templates that run local models. A time is the best of several, since everything else on
the machine only adds to it. Exit code 1 where a target is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from math import prod
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import templates
from estimator import check, facts, limits
from estimator.errors import FormatError
from estimator.formats import read
from estimator.options import machine
from estimator.report import tree
from estimator.runtime import Machine
from estimator.workflow import read as read_workflow

TOKENS = 250_000
LIMITS = 0.1  # seconds
FILES = 1000


def seconds(work: Callable[[], Any], times: int) -> float:
    """The best time of several."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def lay(slug: str, path: Path, title: str = "") -> Path:
    """A header of data/headers/ as the safetensors library writes it, and a hole for the weights."""
    kept, widths = facts.header(slug), facts.table("dtypes")["bits"]
    header: dict[str, Any] = {"__metadata__": {"format": "pt", **kept["metadata"], "title": title}}
    end = 0
    for name, (dtype, shape) in sorted(kept["tensors"].items(), key=lambda one: (-widths[one[1][0]], one[0])):
        begin, end = end, end + prod(shape) * widths[dtype] // 8
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    return path


def safe_list(path: Path) -> dict[str, Any]:
    """Names, types and shapes by the safetensors library."""
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        slices = ((name, file.get_slice(name)) for name in file.keys())  # noqa: SIM118
        return {name: (part.get_dtype(), part.get_shape()) for name, part in slices}


def qwen_image(folder: Path) -> dict[str, Any]:
    """Qwen-Image's header of 1 933 tensors: ours against `safe_open`."""
    path = lay("qwen_image_bf16", folder / "qwen.safetensors")
    table = read(path)
    assert {name: (t.dtype, list(t.shape)) for name, t in table.tensors.items()} == safe_list(path)
    theirs, ours = seconds(lambda: safe_list(path), 50), seconds(lambda: read(path), 50)
    return row(
        "header of Qwen-Image, share of safe_open's time", ours / theirs, 0.5, ours=ours, theirs=theirs
    )


def gguf_encoder(folder: Path) -> dict[str, Any]:
    """A GGUF text encoder with a large tokenizer, by gguf's own writer: ours against `GGUFReader`."""
    import gguf
    import numpy

    path = folder / "encoder.gguf"
    writer = gguf.GGUFWriter(path, "t5")
    writer.add_token_list([f"token{n}".encode() for n in range(TOKENS)])
    writer.add_token_scores([0.0] * TOKENS)
    writer.add_token_types([1] * TOKENS)
    for block in range(24):
        writer.add_tensor(f"enc.blk.{block}.attn_q.weight", numpy.zeros((64, 64), dtype=numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    name = "GGUF encoder of 250 000 tokens, share of GGUFReader's time"
    try:
        assert len(read(path).tensors) == 24
    except FormatError as error:
        return {"name": name, "target": 0.05, "value": None, "met": None, "why": error.what}
    theirs, ours = seconds(lambda: gguf.GGUFReader(path), 2), seconds(lambda: read(path), 5)
    return row(name, ours / theirs, 0.05, ours=ours, theirs=theirs)


def many_files(folder: Path) -> list[dict[str, Any]]:
    """1 000 sparse files of all headers that we have: cold, cold where no two list the same, and cached."""
    root, cache = folder / "models", folder / "cache.json"
    slugs = sorted(path.name.removesuffix(".json.gz") for path in (facts.DATA / "headers").glob("*.gz"))
    for number, slug in enumerate(islice(cycle(slugs), FILES)):
        (root / f"folder{number % 10}").mkdir(parents=True, exist_ok=True)
        lay(slug, root / f"folder{number % 10}" / f"{number:04}.safetensors", title=str(number))
    listed = sum(len(facts.header(slug)["tensors"]) for slug in islice(cycle(slugs), FILES))

    def cold() -> None:
        cache.unlink(missing_ok=True)
        assert len(tree.inspect([root], cache=cache)) == FILES

    said = {"files": FILES, "tensors": listed, "different_headers": len(slugs)}
    return [
        row("1 000 checkpoints cold, seconds", seconds(cold, 3), 1.0, **said),
        {**row("1 000 headers read, no two alike, seconds", seconds(lambda: each(root), 3), None), **said},
        row(
            "1 000 checkpoints from the cache, seconds", seconds(lambda: again(root, cache), 5), 0.05, **said
        ),
    ]


def each(root: Path) -> None:
    """Read and describe every file for itself, as where all list different tensors."""
    from estimator.report.files import read_and_describe

    for path in root.rglob("*.safetensors"):
        read_and_describe(path)


def again(root: Path, cache: Path) -> None:
    """Inspect what is in the cache."""
    assert len(tree.inspect([root], cache=cache)) == FILES


def largest_template() -> dict[str, Any]:
    """A warm check of the official template with the most nodes, suggestions included."""
    graphs = {path: read_workflow(path) for path in templates.all_of(templates.folder())}
    found = max(graphs, key=lambda path: len(graphs[path].nodes))
    document, here = json.loads(found.read_bytes()), machine(gpu="rtx-4090", ram=64, system="linux")

    def work() -> None:
        check(document, here, templates.nowhere)

    work()
    name = "seconds of a warm check of the largest template"
    return row(name, seconds(work, 15), 0.02, nodes=len(graphs[found].nodes))


def limits_of_templates() -> dict[str, Any]:
    """The search for limits in each template that runs local models: median, worst, those in time."""
    here = machine(gpu="rtx-3060-12gb", ram=64, system="linux")
    documents = [
        json.loads((templates.folder() / f"{name}.json").read_bytes())
        for name in templates.local(templates.folder())
    ]
    taken = sorted(limits_taken(document, here) for document in documents)
    said = {
        "templates": len(taken),
        "worst": taken[-1],
        "share_in_100_ms": sum(one <= LIMITS for one in taken) / len(taken),
    }
    return row("seconds of a warm search for limits, median template", taken[len(taken) // 2], LIMITS, **said)


def limits_taken(document: dict[str, Any], here: Machine) -> float:
    """The best time of one template's search, its files being known."""

    def work() -> None:
        limits(document, here, templates.nowhere)

    work()
    return seconds(work, 3)


def row(name: str, value: float, target: float | None, **beside: float) -> dict[str, Any]:
    """A measurement beside its target; without a target it is only told."""
    return {
        "name": name,
        "target": target,
        "value": value,
        "met": None if target is None else value <= target,
        **beside,
    }


def measure() -> list[dict[str, Any]]:
    """All measurements, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        files = [qwen_image(Path(folder)), gguf_encoder(Path(folder)), *many_files(Path(folder))]
    return [*files, largest_template(), limits_of_templates()]


def line(one: dict[str, Any]) -> str:
    """A measurement in one line."""
    if one["value"] is None:
        return f"{one['name']}: not measured ({one['why']})"
    verdict = {True: "met", False: "MISSED", None: "no target"}[one["met"]]
    aim = f"target {one['target']:g}, " if one["target"] is not None else ""
    return f"{one['name']}: {one['value']:.3f} ({aim}{verdict})"


def main() -> None:
    """Print all measurements."""
    rows = measure()
    print(
        json.dumps({"schema": 1, "measurements": rows})
        if "--json" in sys.argv
        else "\n".join(map(line, rows))
    )
    sys.exit(any(one["met"] is False for one in rows))


if __name__ == "__main__":
    main()
