"""Writes docs/gpus.md and its pictures: `python tools/gpus_page.py [--check]`.

With `--check` nothing is written, and a page that says something else is exit code 1; its pictures are as
old as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import log
from pathlib import Path
from statistics import correlation
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from estimator import facts  # noqa: E402
from estimator.charts import draw  # noqa: E402
from estimator.charts.cards import Card, intensity, passes, rated  # noqa: E402
from estimator.charts.cards_beside import Beside, answer  # noqa: E402
from estimator.charts.cards_pair import picture as pair  # noqa: E402
from estimator.charts.cards_picture import picture  # noqa: E402
from estimator.charts.grades import KEYS, keys  # noqa: E402
from estimator.charts.levers import effects, levers  # noqa: E402
from estimator.charts.references import references  # noqa: E402
from estimator.options import machine, usual_machine  # noqa: E402
from estimator.report.card import gained  # noqa: E402
from estimator.report.cards import brief, number, timed  # noqa: E402
from estimator.runtime.cards import card, device_of  # noqa: E402

PAGE, CARDS, PAIR = ROOT / "docs" / "gpus.md", ROOT / "docs" / "gpus.png", ROOT / "docs" / "gpus-compare.png"
COMPARED = ("rtx-4060-ti-16gb", "rtx-5060-ti-16gb")
LEANING = ("rtx-3060-12gb", "rtx-5060-ti-16gb", "rtx-4060-ti-16gb")
LEVERED, RAM = ("rtx-4060", "rtx-3080-10gb", "rtx-3060-12gb", "rtx-4070", "rtx-5060-ti-16gb"), (16, 64)
INTRODUCTION = """\
# Which card

`vram-forecast gpus` lists cards by the three keys of the article behind this product: VRAM, memory
bandwidth and compute, each with a grade, and beside them what a card holds and how long five reference
workflows take on it, by our own forecast. `gpus NAME` tells all of one card, `gpus --compare A B` sets two
side by side and says which. This page is written by `python tools/gpus_page.py`.

![Cards by memory and bandwidth](gpus.png)
"""
BALANCE = """\
## Bandwidth against compute

A step of a diffusion model is of two kinds of work, one after the other: products and attention, which
compute, and all else (norms, additions, rotary embeddings, casts), which reads and writes memory. Both are
traced, on ComfyUI's own classes (`benchmarks/traffic.py`). A card's FLOP per byte then says what share of a
pass waits for memory, as a roofline: `balance / (balance + FLOP of the pass / bytes of the pass)`. It is an
ideal: both at their nominal rates, and no cache keeps anything.
"""
MEASURED = """\
Our forecast of seconds has no such part of its own: it takes one share of a card's rate for all kernels,
which is fitted on public runs (`benchmarks/speed_evidence.py`). Over the {runs} of them on cards with tensor
cores, measured over forecast and a card's FLOP per byte correlate by {correlation:.2f}, so that over all of
them bandwidth decides less than the article has it. The article's own cards do lean its way, measured over
forecast: {leaning}.
"""


def main() -> int:
    """Write the page and its pictures, or compare the page."""
    text = "\n".join(page())
    if "--check" in sys.argv:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print("up to date" if same else "docs/gpus.md is out of date: run python tools/gpus_page.py")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    draw.save(CARDS, picture([of(name) for name in facts.table("charts/cards")["picture"]["cards"]]))
    draw.save(PAIR, pair(Beside(*map(of, COMPARED))))
    return 0


def of(name: str) -> Card:
    """A card in the computer of the charts."""
    row = card(name)
    return rated(row, usual_machine(row))


def page() -> Iterator[str]:
    """The page's blocks."""
    yield INTRODUCTION
    yield "## Grades\n"
    yield from graded()
    yield "\n## The article's advice beside ours\n"
    yield from advised()
    yield f"\n{answer(Beside(*map(of, COMPARED)))}\n\n![Two cards side by side](gpus-compare.png)\n"
    yield BALANCE
    yield from waited()
    yield f"\n{measured()}"
    yield "## 2 GB more VRAM, or 25 % more bandwidth\n"
    yield from levered()
    yield "\n## The references\n"
    yield from (f"* {one.short}: {one.title}, {one.about}." for one in references())
    yield ""


def graded() -> Iterator[str]:
    """Where grades begin."""
    names = [row for name, row in draw.grades().items() if name != "red"]
    heads = " | ".join(f"{row['sign']} {row['word']} from" for row in names)
    yield f"| Key | {heads} | always {names[-1]['word']} |"
    yield f"|{'---|' * (len(names) + 2)}"
    for row in keys().values():
        bounds = [str(row["from"].get(grade["id"], "")) for grade in names]
        yield f"| {row['title']}, {row['unit']} | {' | '.join(bounds)} | {', '.join(row['special'])} |"


def advised() -> Iterator[str]:
    """The article's advice, the numbers of the cards that it is of, and what we say."""
    heads = [one.short for one in references()]
    yield f"| The article | Card | VRAM | GB/s | TFLOPS | holds | {' | '.join(heads)} |"
    yield f"|{'---|' * (6 + len(heads))}"
    rows = facts.table("charts/cards")["advice"]
    for at, row in enumerate(rows, 1):
        for name, said in zip(row["cards"], [f"{at}. {row['said']}", *[""] * 9], strict=False):
            yield f"| {said} | {' | '.join(numbers(of(name)))} |"
    yield "\nSeconds and minutes; `~`: weights stream. Holds: families that stay in VRAM whole.\n"
    yield from (f"{at}. {row['ours']}" for at, row in enumerate(rows, 1))


def numbers(found: Card) -> list[str]:
    """A card's cells."""
    graded_ones = [sign(found, key) for key in KEYS]
    times = [timed(found.outcomes[one.id]) for one in references()]
    return [found.name, *graded_ones, str(len(found.unlocks)), *times]


def sign(found: Card, key: str) -> str:
    """A number with its grade's sign."""
    name = found.grades[key]
    return f"{draw.grades()[name]['sign']} {number(found.value(key))}" if name else number(found.value(key))


def waited() -> Iterator[str]:
    """What passes are made of, and what of them waits on some cards."""
    shown = [
        of(name) for name in ("rtx-3090", "rtx-4060-ti-16gb", "rtx-5060-ti-16gb", "rtx-4090", "rtx-5090")
    ]
    heads = " | ".join(f"{one.name} ({one.flop_per_byte:.0f})" for one in shown)
    yield f"| A pass of | FLOP per byte | {heads} |"
    yield f"|{'---|' * (2 + len(shown))}"
    for one in references():
        row = passes()[one.id]
        shares = " | ".join(f"{100 * found.waits[one.id]:.0f} %" for found in shown)
        yield f"| {one.short} | {row['flop'] / row['moved']:.0f} | {shares} |"


def measured() -> str:
    """How far public runs bear the balance out."""
    from speed_evidence import beside

    runs = [row for row in facts.table("measurements/speed")["step"] if one_of_ours(card(row["gpu"]))]
    points = [(intensity(device_of(card(row["gpu"]))) or 0.0, 1 / beside(row)["ratio"], row) for row in runs]
    leaning = "; ".join(lean(name, points) for name in LEANING)
    found = correlation([at for at, _, _ in points], [log(ratio) for _, ratio, _ in points])
    return MEASURED.format(runs=len(runs), correlation=found, leaning=leaning)


def one_of_ours(row: dict[str, Any]) -> bool:
    """Whether a row is of a card with tensor cores."""
    return row["vendor"] == "nvidia" and bool(row.get("tensor_cores"))


def lean(name: str, points: list[tuple[float, float, dict[str, Any]]]) -> str:
    """One card's runs: `RTX 3060 12 GB (71 FLOP per byte) 0.99x`."""
    found = sorted((ratio, at) for at, ratio, row in points if card(row["gpu"])["id"] == name)
    ends = sorted({f"{found[0][0]:.2f}x", f"{found[-1][0]:.2f}x"})
    return f"{of(name).name} ({found[0][1]:.0f} FLOP per byte) {' to '.join(ends)}"


def levered() -> Iterator[str]:
    """What more of one thing saves on some cards."""
    yield "By forecast of the five references; what a step waits for memory is counted to bandwidth.\n"
    titles = [row["title"] for row in levers().values()]
    yield f"| Card | RAM | FLUX now | {' | '.join(titles)} |"
    yield f"|{'---|' * (3 + len(titles))}"
    for name in LEVERED:
        for ram in RAM:
            here = machine(gpu=card(name)["id"], ram=ram, system="linux", disk="nvme")
            found = rated(card(name), here)
            gains = " | ".join(gained(one) for one in effects(found, here).values())
            yield f"| {found.name} | {ram} GiB | {brief(found.seconds('flux-dev') or 0)} | {gains} |"


if __name__ == "__main__":
    sys.exit(main())
