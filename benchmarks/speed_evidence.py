"""Public seconds of one pass beside our forecast of them: `python benchmarks/speed_evidence.py [--json]`.

Rows are those of data/measurements/speed.toml, forecast by the library's own `passes.each`. The few shares of
data/managers/speed.toml were chosen on the rows that are not held out (every third, by a digest of its name);
both halves are printed, and how many rows lie within their band.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from estimator import facts
from estimator.costs import Shape, cost
from estimator.forecast.passes import each
from estimator.forecast.price import Price
from estimator.forecast.result import StepForecast
from estimator.forecast.step import Placed
from estimator.formats import size
from estimator.models.rows import rows as catalogue
from estimator.runtime import Held, Host, Machine
from estimator.runtime.cards import card, device_of
from estimator.runtime.policy import newest, policy
from estimator.units import GIB, ZERO, Estimate
from estimator.workflow.latents import latent_format
from estimator.workflow.values import Step


def forecast(row: dict[str, Any]) -> Estimate:
    """What the library says of one row."""
    compute = row.get("compute", "BF16")
    held = weights(row, compute)
    step = Step("", "", "", "sample", ("model",), law="forward", shape=shape_of(row))
    paid = cost(row["costs"], "forward", step.shape, comfy=newest(), storage="native", compute_bytes=2)
    assert paid is not None, f"no law {row['costs']}"
    said = StepForecast("", "", "", "sample", (), "resident")
    price = Price(1, paid, ZERO)
    found = each(Placed(step, said, (held,), price=price), price, 0, machine(row))
    assert found is not None, f"no rate of {row['gpu']}"
    return found


def weights(row: dict[str, Any], compute: str) -> Held:
    """The row's model as it is held."""
    storage = row.get("storage", compute)
    total = size(round(row.get("parameters", 0) * 1e9), storage)
    return Held(
        key="model",
        role="diffusion_model",
        name="",
        comfy_class="",
        storage=storage,
        compute=compute,
        layers=(),
        bytes=total,
        file_bytes=total,
        multiplies=row.get("multiplies", ""),
    )


def shape_of(row: dict[str, Any]) -> Shape:
    """The row's latent."""
    kinds = [kind for kind in catalogue() if kind.costs == row["costs"]]
    cell = latent_format(kinds[0].latent)
    return Shape(
        batch=row["batch"],
        channels=cell.channels,
        frames=cell.latent_frames(row["frames"]) if cell.dimensions == 3 else 1,
        height=row["height"] // cell.spatial,
        width=row["width"] // cell.spatial,
        text_tokens=row["text_tokens"],
    )


def machine(row: dict[str, Any]) -> Machine:
    """The row's card in an ordinary computer."""
    flags = ("--use-sage-attention",) if row.get("way") == "sage" else ()
    device = device_of(card(row["gpu"]))
    ours = policy(newest(), row.get("torch", "2.9"), "linux", device.vendor, flags)
    return Machine(device, Host("linux", 64 * GIB, 60 * GIB), ours)


def held_out(name: str) -> bool:
    """Whether a row was kept from the choice of shares."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


def beside(row: dict[str, Any]) -> dict[str, Any]:
    """One row with its forecast; `ratio`: forecast over said."""
    found, said = forecast(row), row["seconds"]
    ends = {"low": found.low, "best": found.best, "high": found.high}
    inside = found.low <= said <= found.high
    return {"id": row["id"], "said": said, **ends, "ratio": found.best / said, "inside": inside} | {
        "held_out": held_out(row["id"])
    }


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How far rows are off, as shares of what was said, and how many lie within their band."""
    errors = [abs(row["ratio"] - 1) for row in rows]
    worst = max(max(row["ratio"], 1 / row["ratio"]) for row in rows)
    inside = sum(row["inside"] for row in rows) / len(rows)
    return {"rows": len(rows), "median_error": median(errors), "worst_factor": worst, "inside": inside}


def main() -> None:
    """Print a line for each row, then both halves."""
    rows = [beside(row) for row in facts.table("measurements/speed")["step"]]
    halves = {
        "chosen_on": summary([row for row in rows if not row["held_out"]]),
        "held_out": summary([row for row in rows if row["held_out"]]),
        "all": summary(rows),
    }
    if "--json" in sys.argv:
        print(json.dumps({"steps": rows, **halves}))
        return
    for row in rows:
        mark = ("" if row["inside"] else "  outside") + ("  held out" if row["held_out"] else "")
        band = f"{row['low']:.3g} to {row['high']:.3g}"
        ours = f"{row['best']:6.3g} ({band}), x{row['ratio']:.2f}"
        print(f"{row['id']:42} said {row['said']:6.3g} s, {ours}{mark}")
    for name, one in halves.items():
        print(
            f"{name:9} {one['rows']:3} rows, median error {one['median_error']:.0%}, "
            f"worst {one['worst_factor']:.2f}x, {one['inside']:.0%} within the band"
        )


if __name__ == "__main__":
    main()
