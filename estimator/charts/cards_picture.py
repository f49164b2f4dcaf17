"""The picture of which card: a lane for each size of memory, bandwidth along it, and seconds beside."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import msgspec

from .. import facts
from . import draw
from .cards import TABLE, Card
from .grades import KEYS, ORDER, graded, keys
from .references import references

# Pixels of the paper: where the lanes begin, how wide they are, where the bars do; a line of cards.
LEFT, MIDDLE, BARS, TOP = 150, 690, 990, 138
LINE_PX, LANE_GAP_PX, FOOT_PX = 25, 12, 52
NAME_PX = 6  # between a marker and its name
SPEEDS = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
ROOM = (1.12, 1.28)  # left of the slowest, and right of the fastest card for its name
HALF_PX = (6.0, 11.0)  # half a marker's side, at least and at most
COMPUTE_PX = 0.85  # of it for each square root of a TFLOPS
WORDY = 1.25  # the least ratio of bandwidths that has room for a word
MOST_NAMES, MOST_BARS = 3, 42
SUBTITLE = "Each card by memory and bandwidth; shape and colour grade its compute, the third key"


class Lane(msgspec.Struct):
    """The cards with one size of memory, in lines in which no two cover each other; `low` is its foot."""

    size: float
    lines: list[list[Card]]
    low: float = 0.0

    @property
    def high(self) -> float:
        """Where it ends, in pixels above the axes' foot."""
        return self.low + LINE_PX * len(self.lines)


def picture(cards: Sequence[Card]) -> bytes:
    """The chart of these cards as PNG. Raises `InputError` without matplotlib."""
    shown = [card for card in cards if card.released and card.value("bandwidth") and card.value("vram")]
    timed = facts.table(TABLE)["picture"]["timed"]
    lanes = arranged(shown)
    tall = max([lane.high for lane in lanes], default=0.0) + LANE_GAP_PX
    notes = small_print(timed)
    height = round(TOP + tall + FOOT_PX + draw.foot_px(notes))
    with draw.paper(headline(shown, timed), SUBTITLE, height, notes) as figure:
        axes = draw.area(figure, LEFT, TOP, MIDDLE, tall)
        axes.set_ylim(0, tall)
        drawn(axes, lanes, span(shown))
        bars(draw.area(figure, BARS, TOP, 1200 - BARS - 70, tall), shown, timed)
        return draw.png(figure)


def headline(cards: Sequence[Card], timed: str) -> str:
    """The picture's answer: who is a top pick by all keys, or else who is quickest."""
    best = [card.name for card in cards if all(card.grades[key] == "green" for key in KEYS)]
    if best:
        return f"Top picks by memory, bandwidth and compute: {listed(best)}"
    known = [card for card in cards if card.seconds(timed)]
    if not known:
        return "Which card"
    quickest = min(known, key=lambda card: card.seconds(timed) or 0.0)
    return f"{quickest.name} is the quickest of these, {max(map(size, cards)):g} GB is the most memory"


def listed(names: Sequence[str]) -> str:
    """`A, B and C`; of many, the first of the alphabet and how many more."""
    shown = sorted(names)
    shown = shown if len(shown) <= MOST_NAMES else [*shown[:MOST_NAMES], f"{len(shown) - MOST_NAMES} more"]
    *first, last = shown
    return f"{', '.join(first)} and {last}" if first else last


def size(card: Card) -> float:
    """A card's GB."""
    return card.value("vram") or 0.0


def speed(card: Card) -> float:
    """A card's GB/s."""
    return card.value("bandwidth") or 1.0


def shape(card: Card) -> dict[str, Any]:
    """The grade of a card's compute, which its marker shows; a question mark where it is not known."""
    name = card.grades["compute"]
    return draw.grades()[name] if name else {"marker": "$?$", "colour": draw.ink("quiet")}


def small_print(timed: str) -> list[str]:
    """Where the numbers are from, and of when."""
    around, table = facts.table("charts/references")["machine"], facts.table("gpus")
    title = next(f"{one.title} ({one.about})" for one in references() if one.id == timed)
    bounds = keys()["compute"]["from"]
    rows = [(draw.grades()[name], bounds[name]) for name in ORDER if name in bounds]
    words = ", ".join(f"{row['sign']} {row['word']} from {bound}" for row, bound in rows)
    return [
        f"Compute, dense 16-bit TFLOPS that add up in 32 bits: {words}; special: no tensor cores of "
        "NVIDIA's, so that rates do not compare. Larger markers compute faster. All bounds are judgement.",
        f"Seconds: forecast of {title} in {around['ram_gib']} GiB of RAM with ComfyUI's defaults; the "
        "line is its band. No prices: they differ by place and month. "
        f"Cards: data/gpus.json of {table['checked']}.",
    ]


def span(cards: Sequence[Card]) -> tuple[float, float]:
    """The bandwidths from the left to the right edge."""
    speeds = [speed(card) for card in cards] or [1.0]
    return min(speeds) / ROOM[0], max(speeds) * ROOM[1]


def arranged(cards: Sequence[Card]) -> list[Lane]:
    """The lanes from the bottom up, each with a gap below it."""
    low, ends = 0.0, span(cards)
    lanes = []
    for each in sorted({size(card) for card in cards}):
        lane = Lane(each, packed([card for card in cards if size(card) == each], ends), low + LANE_GAP_PX)
        lanes.append(lane)
        low = lane.high
    return lanes


def packed(cards: Sequence[Card], ends: tuple[float, float]) -> list[list[Card]]:
    """Cards in as few lines as keep markers and names apart, the slowest card first."""
    lines: list[list[Card]] = []
    taken: list[float] = []
    for card in sorted(cards, key=speed):
        left, right = extent(card, ends)
        free = next((at for at, end in enumerate(taken) if end < left), len(lines))
        if free == len(lines):
            lines.append([])
            taken.append(0.0)
        lines[free].append(card)
        taken[free] = right
    return lines


def extent(card: Card, ends: tuple[float, float]) -> tuple[float, float]:
    """What a marker and its name take of a line, in pixels from the axes' left edge."""
    middle, half = across(card, ends), half_px(card)
    name = half + NAME_PX + name_px(card)
    return (middle - name, middle + half + 2) if turned(card, ends) else (middle - half - 2, middle + name)


def across(card: Card, ends: tuple[float, float]) -> float:
    """Where a card's marker is, in pixels from the axes' left edge."""
    return float(MIDDLE * log(speed(card) / ends[0]) / log(ends[1] / ends[0]))


def name_px(card: Card) -> float:
    """About how wide a card's name is."""
    return float(len(card.name) * draw.style()["size"]["small"] * 0.86)


def turned(card: Card, ends: tuple[float, float]) -> bool:
    """Whether a card's name stands before its marker, as it would reach over the edge behind it."""
    return across(card, ends) + half_px(card) + NAME_PX + name_px(card) > MIDDLE


def half_px(card: Card) -> float:
    """Half the side of a card's marker."""
    return min(HALF_PX[1], max(HALF_PX[0], COMPUTE_PX * sqrt(card.value("compute") or 0.0)))


def drawn(axes: Any, lanes: Sequence[Lane], ends: tuple[float, float]) -> None:
    """The lanes with their cards, over the grades of both keys."""
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log", base=2)
    axes.set_xlim(*ends)
    ticks = [at for at in SPEEDS if ends[0] <= at <= ends[1]]
    axes.set_xticks(ticks, labels=[str(at) for at in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("memory bandwidth, GB/s")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    graded_speeds(axes, ends)
    for lane in lanes:
        graded_lane(axes, lane)
        for at, line in enumerate(lane.lines):
            for card in line:
                marked(axes, card, lane.low + LINE_PX * (at + 0.5), turned(card, ends))


def marked(axes: Any, card: Card, height: float, before: bool) -> None:
    """A card's marker with its name behind it, or before it."""
    row, half = shape(card), half_px(card)
    star = 1.35 if row["marker"] == "*" else 1.0  # its points reach out of its body
    points = 2 * half * star * 72 / draw.DPI
    axes.scatter(
        speed(card), height, s=points**2, marker=row["marker"], color=row["colour"], linewidths=0, zorder=3
    )
    axes.annotate(
        card.name,
        (speed(card), height),
        xytext=((half + NAME_PX) * 72 / draw.DPI * (-1 if before else 1), 0),
        ha="right" if before else "left",
        textcoords="offset points",
        va="center_baseline",
        fontsize=draw.style()["size"]["small"] + 0.5,
        zorder=4,
    )


def graded_lane(axes: Any, lane: Lane) -> None:
    """A lane's tint, its size, and the grade of that in words."""
    row = draw.grades()[graded("vram", lane.size)]
    axes.axhspan(lane.low - 4, lane.high + 4, color=row["colour"], alpha=0.075, linewidth=0, zorder=0)
    middle = (lane.low + lane.high) / 2
    where = {"transform": axes.get_yaxis_transform(), "va": "center_baseline", "ha": "right"}
    tall = len(lane.lines) > 1
    axes.text(-0.012, middle + (8 if tall else 0), f"{lane.size:g} GB", weight="bold", **where)
    if tall:
        small = draw.style()["size"]["small"]
        axes.text(
            -0.012, middle - 9, f"{row['sign']} {row['word']}", color=row["colour"], fontsize=small, **where
        )


def graded_speeds(axes: Any, ends: tuple[float, float]) -> None:
    """Where the grades of bandwidth begin, and their words above."""
    bounds = {"red": 0.0, **keys()["bandwidth"]["from"]}
    names = [name for name in ORDER if name in bounds]
    for name, following in zip(names, [*names[1:], ""], strict=True):
        low, high = max(bounds[name], ends[0]), min(bounds.get(following, ends[1]), ends[1])
        if low >= high:
            continue
        row = draw.grades()[name]
        if bounds[name] > ends[0]:
            axes.axvline(low, color=row["colour"], linewidth=1.2, alpha=0.5, zorder=1)
        if high / low < WORDY:
            continue
        axes.text(
            sqrt(low * high),
            1.01,
            f"{row['sign']} {row['word']}\n" + (f"from {bounds[name]:g} GB/s" if bounds[name] else "below"),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=row["colour"],
            fontsize=draw.style()["size"]["small"],
        )


def bars(axes: Any, cards: Sequence[Card], timed: str) -> None:
    """The seconds of one reference, the quickest on top; a line is the forecast's band."""
    known = [card for card in cards if card.seconds(timed)]
    known = sorted(known, key=lambda card: card.seconds(timed) or 0.0)[:MOST_BARS][::-1]
    size_of = draw.style()["size"]
    title = next(one.title for one in references() if one.id == timed)
    for at, card in enumerate(known):
        found = card.outcomes[timed].seconds
        assert found
        axes.barh(at, found.best, color=shape(card)["colour"], height=0.64, alpha=0.85, linewidth=0)
        axes.plot((found.low, found.high), (at, at), color=draw.ink("text"), linewidth=1.0)
        axes.annotate(
            f"{found.best:.0f} s",
            (found.high, at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=size_of["small"],
        )
    axes.set_yticks(range(len(known)), labels=[card.name for card in known], color=draw.ink("text"))
    axes.tick_params(axis="y", length=0, labelsize=size_of["small"])
    axes.set_ylim(-0.7, len(known) - 0.3)
    axes.set_xlim(left=0)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title(
        title.replace(", ", "\n", 1),
        fontsize=size_of["text"],
        loc="left",
        color=draw.ink("quiet"),
        linespacing=1.3,
    )
