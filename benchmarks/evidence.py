"""Public observations beside our forecast of them: `python benchmarks/evidence.py FILE [--json | --all]`.

FILE holds a JSON object a line; which fields, and how each row is judged, is said in benchmarks/observed/.
`--json` prints the counts with the misses, `--all` every row with what became of it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.observed.judge import Judged, outcome
from benchmarks.observed.reading import Row, rows
from benchmarks.observed.seconds import seconds
from benchmarks.observed.sizes import filesize
from benchmarks.observed.weights import weights

KINDS = {"weights": weights, "filesize": filesize}


def judged(at: int, row: Row | str) -> list[Judged]:
    """All that becomes of one row: its outcome and its seconds, or its megabytes."""
    if isinstance(row, str):
        return [Judged(at, "", why=row)]
    if row.kind in KINDS:
        return [KINDS[row.kind](at, row)]
    timed = seconds(at, row)
    return [outcome(at, row), *([timed] if timed else [])]


def ratio(one: Judged) -> float:
    """The larger of ours and theirs over the smaller."""
    assert one.ours and one.theirs
    return max(one.ours / one.theirs, one.theirs / one.ours)


def summary(found: list[Judged], count: int) -> dict[str, Any]:
    """All rows in a few numbers. Errors are shares: 0.01 is 1 %."""
    ends = [one for one in found if one.kind == "outcome" and one.right is not None]
    held = [one for one in found if one.kind == "weights" and one.right is not None]
    timed = [one for one in found if one.kind == "seconds" and one.right is not None]
    files = [one for one in found if one.kind == "filesize" and one.right is not None]
    errors = [abs(one.ours / one.theirs - 1) for one in timed if one.ours and one.theirs]
    return {
        "rows": count,
        "judged": len(ends),
        "right": sum(bool(one.right) for one in ends),
        "either": sum(one.either for one in ends),
        "false_fine": sum(one.false_fine for one in ends),
        "false_alarm": sum(one.false_alarm for one in ends),
        "weights_judged": len(held),
        "weights_worst_error": max((ratio(one) - 1 for one in held), default=None),
        "files_judged": len(files),
        "files_worst_error": max((ratio(one) - 1 for one in files), default=None),
        "speed_judged": len(timed),
        "speed_median_error": median(errors) if errors else None,
        "speed_worst_ratio": max(map(ratio, timed), default=None),
        "misses": [plain(one) for one in found if one.right is False],
        "unjudged": dict(Counter(one.why for one in found if one.right is None).most_common()),
    }


def plain(one: Judged) -> dict[str, Any]:
    """A row's fate without what is empty."""
    return {key: value for key, value in msgspec.to_builtins(one).items() if value not in ("", None, {}, [])}


def main(arguments: list[str]) -> None:
    """Judge a file."""
    names = [one for one in arguments if not one.startswith("--")]
    if len(names) != 1:
        raise SystemExit("usage: python benchmarks/evidence.py FILE [--json | --all]")
    given = rows(Path(names[0]))
    found = [one for at, row in enumerate(given, 1) for one in judged(at, row)]
    total = summary(found, len(given))
    if "--json" in arguments:
        print(json.dumps(total, indent=1))
    elif "--all" in arguments:
        print("\n".join(json.dumps(plain(one)) for one in found))
    else:
        show(total)


def show(total: dict[str, Any]) -> None:
    """The numbers, then the misses, then why others were not judged."""
    for key, value in total.items():
        if key not in ("misses", "unjudged"):
            print(f"{key:20} {value}")
    for one in total["misses"]:
        said = one.get("said") or f"ours {one.get('ours')} theirs {one.get('theirs')}"
        print(f"miss: row {one['row']} {one['kind']} {one.get('model', '')} {one.get('outcome', '')}: {said}")
    for why, count in total["unjudged"].items():
        print(f"{count:4} not judged: {why}")


if __name__ == "__main__":
    main(sys.argv[1:])
