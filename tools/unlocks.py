"""Forecasts how much VRAM each family needs, for data/charts/points.json: `tools/unlocks.py [FAMILY...]`.

The families named are searched again, all without names, which takes half a minute. A test does the same, and
fails where the file says something else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import facts  # noqa: E402
from estimator.charts.unlocks import searched  # noqa: E402
from estimator.charts.usual import families, family  # noqa: E402

OUT = ROOT / "data" / "charts" / "points.json"
SOURCE = "tools/unlocks.py: our own forecasts for the machine of data/charts/unlocks.toml"


def page(found: dict[str, list[dict[str, object]]]) -> str:
    """The file: one line for each model file, so that a change shows as one."""
    blocks = []
    for name, files in found.items():
        lines = ",\n".join(msgspec.json.encode(one).decode() for one in files)
        blocks.append(f'"{name}": [\n{lines}\n]')
    return f'{{"source": "{SOURCE}",\n"files": {{\n' + ",\n".join(blocks) + "\n}}\n"


def main(names: list[str]) -> None:
    """Search, and write what is found; families that are no longer in the data are left out."""
    before = facts.table("charts/points")["files"] if OUT.is_file() and names else {}
    wanted = [family(name) for name in names] or list(families())
    now = {one.id: msgspec.to_builtins(searched(one)) for one in wanted}
    kept = {one.id: now.get(one.id) or before[one.id] for one in families()}
    OUT.write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
