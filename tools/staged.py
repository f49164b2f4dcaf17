"""What ComfyUI's dynamic loader stages of models: `python tools/staged.py COMFYUI [HEADER...] [--json]`.

Writes a row of data/measurements/staged.toml for each diffusion model of data/headers that is named (all
without one), by the loader itself on a pretended card (estimator/trace/staged.py). What it cannot load says
why on stderr: some detections ask weights for their values, which fake ones have not.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator.trace.checkout import open_checkout  # noqa: E402


def main() -> None:
    """Print a row for each model, or all of them as JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("comfyui")
    options.add_argument("headers", nargs="*")
    options.add_argument("--json", action="store_true")
    given = options.parse_intermixed_args()
    sys.argv = sys.argv[:1]  # ComfyUI reads its flags there
    checkout = open_checkout(given.comfyui)
    headers = sorted(path.name.partition(".json")[0] for path in (ROOT / "data" / "headers").glob("*.gz"))
    found = rows(given.headers or headers)
    if given.json:
        print(json.dumps({"comfy": checkout.version, "loaded": list(found)}))
        return
    for row in found:
        print("    { " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) + " },")


def rows(headers: list[str]) -> Iterator[dict[str, Any]]:
    """A row for each header that holds a diffusion model."""
    from estimator.trace import staged

    with staged.dynamic() as lines:
        for header in headers:
            try:
                log = staged.diffusion(header, lines)
            except Exception as error:  # whatever ComfyUI raises on a header that is none of its own
                print(f"{header}: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)
                continue
            yield {
                "header": header,
                "model": log.model,
                "bytes": sum(log.units),
                "units": len(log.units),
                "digest": zlib.crc32(json.dumps(log.units, separators=(",", ":")).encode()),
                "forced_kib": log.forced_kib,
            }


if __name__ == "__main__":
    main()
