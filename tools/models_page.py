"""Writes docs/models.md and its pictures from data/charts: `python tools/models_page.py [--check]`.

With `--check` nothing is written, and a page that says something else is exit code 1.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from estimator import facts  # noqa: E402
from estimator.charts import unlocks_picture  # noqa: E402
from estimator.charts.choices import choices  # noqa: E402
from estimator.charts.claims import Judged, judged  # noqa: E402
from estimator.charts.machines import reference, settings, sized  # noqa: E402
from estimator.charts.points import points  # noqa: E402
from estimator.charts.unlocked import Unlocked, tiers, unlocked  # noqa: E402
from estimator.charts.unlocks import Mark, Needs, Row, bare, needs, rows  # noqa: E402
from estimator.charts.usual import family, group  # noqa: E402
from estimator.report.unlocks import MANY, NONE, TIERS, said, short, verdict  # noqa: E402
from estimator.units import GIB, duration  # noqa: E402

PAGE, PICTURE = ROOT / "docs" / "models.md", ROOT / "docs" / "models.png"
CARD_PICTURE = ROOT / "docs" / "models-16gb.png"
CARD_GIB, CARD_RAM = 16, 32
WIDTH_PX, COLOURS = 1400, 96
SHOWN_RAM = (64, 32)  # GiB, beside the article's claims
WORDS = {"yes": "works", "light": "works, in under 16 bits", "slow": "works, slowly", "no": "does not work"}

HEAD = """# What a card unlocks

Written by `python tools/models_page.py`; the same is said by `vram-forecast models`, and of one card by
`vram-forecast models --gpu NAME`.

GiB of VRAM, each a card's whole memory, {taken:.1f} GiB of it used by the CUDA context and other programs.
Each family in its usual workflow at its usual size (`data/charts/families.toml` names the template), forecast
on cards of every size in steps of a quarter of a GiB: as quick as an {card}, {os}, ComfyUI {comfy},
{ram} GiB of RAM.
Files are the published ones of at least four bits a weight.

* **runs**: from here on a usable file comes to its end, with no margin, in tiles or slowly.
* **runs well**: from here on one does so with a margin, and hardly slower than with all weights on the card.
* **full speed**: from here on more memory makes it no faster: the *best* file, of 16 bits where that is
  published, and the *8-bit* one. Weights may stream all the same: the card computes on a pass for longer than
  the next weights take to arrive.
* **all in VRAM**: nothing streams. That is what older versions of ComfyUI and most other programs want, and
  what cards without dynamic VRAM (AMD, Intel) and GGUF loaders gain from.

![How much VRAM each family needs](models.png)
"""


def table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A table of Markdown."""
    cells = [tuple(heads)]
    out = [f"| {' | '.join(cells[0])} |", "|---" * len(cells[0]) + "|"]
    return "\n".join([*out, *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"


def head() -> str:
    """The title, what the points mean, and the picture."""
    row = settings()["machine"]
    card = row["gpu"].upper().replace("-", " ")
    return HEAD.format(
        card=card,
        os=row["system"].capitalize(),
        comfy=row["comfy"],
        ram=row["ram_gib"][0],
        taken=reference().device.taken.best / GIB,
    )


def chart() -> str:
    """Every family's points."""
    heads = (
        "",
        "size",
        "runs",
        "runs well",
        "full speed: best",
        "8 bit",
        "all in VRAM: best",
        "8 bit",
        "4 bit",
        "others say",
    )
    lines: list[tuple[str, ...]] = []
    under = ""
    for row in rows():
        if group(row.kind) != under:
            under = group(row.kind)
            lines.append((f"**{under}**", *("",) * (len(heads) - 1)))
        own = needs(row)
        marks = (own.optimum, own.optimum8, own.whole, own.whole8, own.whole4)
        lines.append(
            (row.name, row.size, short(own.runs), with_file(own.minimum), *map(short, marks), said(row.said))
        )
    return table(heads, lines)


def with_file(mark: Mark | None) -> str:
    """A point and the file that it is of."""
    return f"{mark.gib:g} ({bare(mark.label)})" if mark else NONE


def added() -> str:
    """What each tier adds."""
    lines = []
    for tier in tiers():
        for name, words in TIERS.items():
            names = getattr(tier, name)
            if names:
                shown = f"{len(names)} of {len(rows())}" if len(names) > MANY else ", ".join(names)
                lines.append((f"{tier.gib} GB", words, shown))
    return table(("size", "newly", "families"), lines)


def by_ram() -> str:
    """The families that need more VRAM where there is less RAM."""
    amounts = settings()["machine"]["ram_gib"]
    heads = [f"{what}, {ram} GiB" for what in ("runs well", "full speed") for ram in amounts]

    def cells(row: Row) -> tuple[list[str], list[str]]:
        found: list[Needs] = [needs(row, ram) for ram in amounts]
        return [short(one.minimum) for one in found], [short(one.optimum) for one in found]

    known = [(row.name, *cells(row)) for row in rows()]
    moved = [(name, *well, *full) for name, well, full in known if len({*well}) > 1 or len({*full}) > 1]
    return table(("", *heads), moved)


def by_speed() -> str:
    """From where the best file runs at full speed, on slower and quicker cards."""
    asked = settings()["speeds"]
    heads = ("full speed, best file", *(gpu.upper().replace("-", " ") for gpu in asked["gpus"]))

    def cells(name: str) -> Iterable[str]:
        own = family(name)
        yield own.name
        for gpu in asked["gpus"]:
            found = points(own, choices(own)[0], reference(0, gpu)).full
            yield f"{found:g}" if found is not None else NONE

    return table(heads, (tuple(cells(name)) for name in asked["families"]))


def claims() -> str:
    """The article's claims beside ours, and under them the reasons of differences."""
    ours = (f"ours, {ram} GiB of RAM" for ram in SHOWN_RAM)
    heads = ("GB", "the article", *ours, "runs well from", "all in VRAM from", "")
    reasons = facts.table("charts/claims")["why"]
    numbers = {name: number for number, name in enumerate(reasons, 1)}
    lines = (claim_line(one, numbers) for one in judged(SHOWN_RAM))
    return (
        table(heads, lines) + "\n" + "\n".join(f"{numbers[name]}. {text}" for name, text in reasons.items())
    )


def claim_line(one: Judged, numbers: dict[str, int]) -> tuple[str, ...]:
    """One claim, how it runs, what its smallest usable file needs, and why that differs."""
    whole = [mark.gib for mark in (one.needs.whole, one.needs.whole8, one.needs.whole4) if mark]
    why = "the same" if one.agrees else f"differs: {', '.join(str(numbers[name]) for name in one.claim.why)}"
    return (
        str(one.claim.gb),
        f"{one.claim.words}: {WORDS[one.claim.says]}",
        *(outcome(one.found[ram]) for ram in SHOWN_RAM),
        short(one.needs.minimum),
        f"{min(whole):g}" if whole else NONE,
        why,
    )


def outcome(one: Unlocked) -> str:
    """How a family runs, in a cell."""
    time = f", {duration(one.seconds.best)}" if one.seconds else ""
    return f"{bare(one.label)} {verdict(one)}{time}"


def others() -> str:
    """What others say, each with its source."""
    lines = []
    seen = set()
    for row in rows():
        for one in row.said:
            if (one.family, one.vram_gb, one.config) not in seen:
                seen.add((one.family, one.vram_gb, one.config))
                means = one.means or "of this alone"
                lines.append((row.name, f"{one.vram_gb:g}", means, one.config, one.kind, one.source))
    return table(("", "GB", "as", "with", "kind", "source"), lines)


def one_card() -> str:
    """The picture of one size of card."""
    return f"![What {CARD_GIB} GB unlocks](models-16gb.png)"


SECTIONS = (
    ("", chart),
    (f"What {CARD_GIB} GB unlocks, with {CARD_RAM} GiB of RAM", one_card),
    ("What each size adds to the one below", added),
    ("With less RAM", by_ram),
    ("On slower and quicker cards", by_speed),
    ("The article's claims beside ours", claims),
    ("What others say", others),
)


def page() -> str:
    """The whole page."""
    words = facts.table("charts/page")
    parts = [head()]
    for title, made in SECTIONS:
        intro = words.get(made.__name__, {}).get("text", "").strip()
        parts.append(
            "\n\n".join(filter(None, (f"## {title}" if title else "", intro, made().strip()))) + "\n"
        )
    return "\n".join(parts)


def pictures() -> dict[Path, bytes]:
    """Both pictures: all families, and one size of card."""
    machine = sized(reference(CARD_RAM), CARD_GIB)
    card = unlocks_picture.card(unlocked(machine), machine)
    return {PICTURE: small(unlocks_picture.needed(0)), CARD_PICTURE: small(card)}


def small(picture: bytes) -> bytes:
    """A picture in fewer pixels, and in as few colours as it needs."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as drawn:
        height = round(drawn.height * WIDTH_PX / drawn.width)
        less = drawn.convert("RGB").resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
    few = less.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, format="PNG", optimize=True)
    return out.getvalue()


def main() -> int:
    """Write the page, or say that it is out of date."""
    now = page()
    if "--check" in sys.argv:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == now
        print("up to date" if fresh else "docs/models.md: out of date. Run python tools/models_page.py")
        return int(not fresh)
    PAGE.write_text(now, encoding="utf-8")
    for path, picture in pictures().items():
        path.write_bytes(picture)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
