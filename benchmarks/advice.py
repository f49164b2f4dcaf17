"""Whether every suggestion keeps its promise: `advice.py [--json] [--ram GIB] [--comfy VERSION] [NAME...]`.

Every official template that runs local models is asked for advice on a card of 8, 12, 16 and 24 GB. Each
suggestion is then made in the saved workflow itself, which is read again from nothing and forecast again:
that must come to what was promised, and must be better than before in what it is said to better. What is
not is an exception, and there must be none.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import templates

from estimator.advice import Case
from estimator.advice.judge import GOOD, better, demand, grade, lack, times
from estimator.advice.search import Tried, search
from estimator.errors import InputError
from estimator.forecast import Forecast
from estimator.models.library import Library
from estimator.options import machine
from estimator.runtime import Machine
from estimator.workflow import read
from estimator.workflow.amend import amend

CARDS = ("rtx-4060", "rtx-3060-12gb", "rtx-5060-ti-16gb", "rtx-4090")


def judged(path: Path, here: Machine) -> dict[str, Any]:
    """One template on one card: its verdict, what was suggested, and which suggestions are exceptions."""
    library = Library(templates.nowhere)
    document = json.loads(path.read_text(encoding="utf-8"))
    try:
        case = Case(read(document), here, library)
        before = case.forecast
    except InputError as error:
        return {"verdict": "refused", "why": str(error), "suggested": [], "exceptions": []}
    began = time.perf_counter()
    found = search(case) if grade(before) != GOOD else []
    took = time.perf_counter() - began
    wrong = [f"{one.suggestion().code}: {why}" for one in found for why in broken(one, document, library)]
    return {
        "verdict": before.verdict,
        "good": grade(before) == GOOD,
        "milliseconds": round(1000 * took, 1),
        "suggested": [(one.codes, one.grade, one.applicability) for one in found],
        "exceptions": wrong,
    }


def broken(one: Tried, document: dict[str, Any], library: Library) -> Iterator[str]:
    """What of a suggestion does not come true."""
    promise, before = one.suggestion(), one.case.forecast
    try:
        graph = read(amend(document, promise.edits)) if promise.edits else one.after.graph
    except InputError as error:
        yield f"cannot be made: {error}"
        return
    after = Case(graph, one.after.machine, library).forecast
    seconds = after.seconds.best if after.seconds else None
    if (after.verdict, after.tight) != (promise.verdict_after, promise.tight_after):
        yield f"promised {promise.verdict_after}, came to {after.verdict}"
    if seconds != promise.seconds_after:
        yield f"promised {promise.seconds_after} s, came to {seconds}"
    if round(demand(before) - demand(after)) != promise.saves:
        yield f"promised {promise.saves} bytes, saves {round(demand(before) - demand(after))}"
    if not better(after, before):
        yield "does not help"
    if not lower(after, before):
        yield "lowers neither the peak nor the seconds"


def lower(after: Forecast, before: Forecast) -> bool:
    """Whether card, RAM or disk have less to bear, or more of them is free, or a run takes less time."""
    bears = [
        (demand(one), reach(one), lack(one), one.ram_peak.best, one.disk_bytes, one.ram_short, *times(one))
        for one in (after, before)
    ]
    more = [(one.device.free, one.host.ram_total, one.host.swap or 0) for one in (after, before)]
    return any(new < old for new, old in zip(*bears, strict=True)) or any(
        new > old for new, old in zip(*more, strict=True)
    )


def reach(forecast: Forecast) -> float:
    """How far the tightest step reaches past the card's end, bytes; below 0 it is short of it."""
    return max((step.need.high for step in forecast.steps if step.tight), default=0) - forecast.device.total


def work(job: tuple[Path, str, float, str]) -> dict[str, Any]:
    """One job, in a process of its own."""
    path, card, ram, comfy = job
    here = machine(gpu=card, ram=ram, system="linux", comfy=comfy)
    return {"name": path.stem, "card": card} | judged(path, here)


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The counts over all templates and cards."""
    known = [row for row in rows if row["verdict"] not in ("refused", "unknown")]
    troubled = [row for row in known if not row["good"]]
    rules = Counter(
        code.partition(":")[0] for row in rows for codes, *_ in row["suggested"] for code in codes
    )
    return {
        "schema": 1,
        "checks": len(rows),
        "known": len(known),
        "in_need": len(troubled),
        "helped": sum(bool(row["suggested"]) for row in troubled),
        "mended": sum(any(of <= GOOD for _, of, _ in row["suggested"]) for row in troubled),
        "out_of_memory": sum(row["verdict"] == "oom" for row in rows),
        "out_of_memory_helped": sum(row["verdict"] == "oom" and bool(row["suggested"]) for row in rows),
        "suggestions": sum(len(row["suggested"]) for row in rows),
        "exceptions": [f"{row['name']} on {row['card']}: {one}" for row in rows for one in row["exceptions"]],
        "rules": dict(rules.most_common()),
        "milliseconds": percentiles([row["milliseconds"] for row in troubled]),
        "helpless": [
            f"{row['name']} on {row['card']}: {row['verdict']}" for row in troubled if not row["suggested"]
        ],
    }


def percentiles(values: list[float]) -> dict[str, float]:
    """The middle, the 95th of a hundred and the largest."""
    ordered = sorted(values) or [0.0]
    return {
        "median": ordered[len(ordered) // 2],
        "p95": ordered[int(len(ordered) * 0.95) - (len(ordered) > 19)],
        "worst": ordered[-1],
    }


def main() -> int:
    """Print the counts; exit with 1 where a promise is broken."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    options.add_argument("names", nargs="*", metavar="NAME")
    options.add_argument("--json", action="store_true")
    options.add_argument("--ram", type=float, default=32)
    options.add_argument("--comfy", default="")
    asked, folder = options.parse_args(), templates.folder()
    paths = [folder / f"{name}.json" for name in asked.names or templates.local(folder)]
    jobs = [(path, card, asked.ram, asked.comfy) for card in CARDS for path in paths]
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(work, jobs, chunksize=8))
    found = summary(rows)
    print(json.dumps(found | {"rows": rows}) if asked.json else text(found))
    return int(bool(found["exceptions"]))


def text(found: dict[str, Any]) -> str:
    """The counts, for people."""
    took = found["milliseconds"]
    lines = [
        f"{found['checks']} checks, {found['known']} with a known verdict: {found['in_need']} do not run "
        f"well, {found['helped']} of them get advice, {found['mended']} run well with it.",
        f"{found['out_of_memory']} run out of memory, {found['out_of_memory_helped']} of them get advice.",
        f"{found['suggestions']} suggestions, {len(found['exceptions'])} exceptions.",
        f"A search takes {took['median']:.0f} ms, at worst {took['worst']:.0f} ms.",
        "Rules: " + ", ".join(f"{name} {count}" for name, count in found["rules"].items()),
        *(f"EXCEPTION {one}" for one in found["exceptions"]),
        *(f"no advice: {one}" for one in found["helpless"]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
