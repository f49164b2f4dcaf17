"""The share of a card's rate that public measurements reach: `python benchmarks/speed_evidence.py [--json]`.

FLOPs are those of the traced laws, the rate is the card's row (dense 16-bit, 32-bit accumulate), seconds are
the rows of data/measurements/speed.toml. The median and the ends are what data/managers/constants.toml uses.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from estimator import facts
from estimator.costs import Shape, cost
from estimator.runtime.cards import card
from estimator.runtime.policy import newest

SPATIAL, TEMPORAL = 8, 4  # of every family measured so far


def share(row: dict[str, Any]) -> float:
    """The share of the dense rate that one measurement reaches."""
    shape = Shape(
        batch=row["batch"],
        channels=0,
        frames=(row["frames"] - 1) // TEMPORAL + 1,
        height=row["height"] // SPATIAL,
        width=row["width"] // SPATIAL,
        text_tokens=row["text_tokens"],
    )
    paid = cost(row["costs"], "forward", shape, comfy=newest(), storage="native", compute_bytes=2)
    assert paid is not None, f"no law {row['costs']}"
    rate = card(row["gpu"])["fp16_tensor_tflops_fp32acc"] * 1e12
    return paid.flops / rate / row["seconds"]


def main() -> None:
    """Print a line for each measurement, then the ends and the median."""
    shares = {row["id"]: share(row) for row in facts.table("measurements/speed")["step"]}
    summary = {"low": min(shares.values()), "best": median(shares.values()), "high": max(shares.values())}
    if "--json" in sys.argv:
        print(json.dumps({"shares": shares, **summary}))
        return
    for name, reached in shares.items():
        print(f"{name:36} {reached:5.2f}")
    print(" ".join(f"{name} {value:.2f}" for name, value in summary.items()))


if __name__ == "__main__":
    main()
