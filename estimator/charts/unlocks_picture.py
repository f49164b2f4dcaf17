"""Chart 1 as a picture: how much VRAM each family needs, or what one card unlocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..runtime import Machine
from ..units import GIB, duration
from . import draw
from .machines import settings
from .unlocked import Unlocked
from .unlocks import Mark, Needs, Row, bare, nearest, needs, rows
from .usual import Kind, group

KEY_PX, AXIS_PX, EDGE_PX, KEY_GAP_PX = 34, 30, 44, 17


def look(name: str) -> Any:
    """A size or colour of the picture, from `data/charts/unlocks.toml`."""
    return settings()["picture"][name]


def needed(ram: float) -> bytes:
    """Every family's points, as a PNG file. Raises `InputError` without matplotlib."""
    known = tuple((row, needs(row, ram)) for row in rows())
    notes = notes_of(f"{nearest(ram)} GiB of RAM", POINTS_NOTE)
    height, places = laid_out([row.kind for row, _ in known])
    total = draw.HEAD_PX + KEY_PX + height + AXIS_PX + draw.foot_px(notes)
    subtitle = "VRAM that each family needs for its usual workflow, GiB"
    with draw.paper(needed_title(known, ram), subtitle, total, notes) as figure:
        axes = plot(figure, height, 12)
        for (row, own), down in zip(known, places, strict=True):
            name(axes, row.name, row.size, down)
            needs_bar(axes, row, own, down)
            less_ram(axes, row, own, ram, down)
        headings(axes, [row.kind for row, _ in known], places)
        less = below(ram)
        tick = (("|", "quick", f"at full speed with {less} GB of RAM"),) if less else ()
        key(figure, (*NEEDED_KEY[:3], *tick, *NEEDED_KEY[3:]))
        return draw.png(figure)


def card(found: Sequence[Unlocked], machine: Machine) -> bytes:
    """What a card unlocks: its line among every family's points, and how each runs on it, as a PNG file."""
    size = machine.device.total / GIB
    known = {row.id: (row, needs(row, machine.host.ram_total / GIB)) for row in rows()}
    notes = notes_of(f"{machine.host.ram_total / GIB:g} GiB of RAM", CARD_NOTE)
    height, places = laid_out([one.kind for one in found])
    total = draw.HEAD_PX + KEY_PX + height + AXIS_PX + draw.foot_px(notes)
    with draw.paper(card_title(found, machine), card_subtitle(found), total, notes) as figure:
        axes = plot(figure, height, look("right_px"))
        for one, down in zip(found, places, strict=True):
            name(axes, one.name, one.size, down)
            needs_bar(axes, *known[one.id], down)
            outcome(axes, one, down)
        headings(axes, [one.kind for one in found], places)
        axes.axvline(size, color=draw.ink("text"), linewidth=1.4, zorder=4)
        key(figure, NEEDED_KEY)
        return draw.png(figure)


def needed_title(known: Sequence[tuple[Row, Needs]], ram: float) -> str:
    """What the picture says of the smallest tier, in a line."""
    least = settings()["tiers"]["gib"][0]
    good = sum(one.minimum is not None and one.minimum.gib <= least for _, one in known)
    whole = sum(one.whole is not None and one.whole.gib <= least for _, one in known)
    return (
        f"{good} of {len(known)} workflows run well on {least} GB with {nearest(ram)} GB of RAM; "
        f"{whole} stay in VRAM there"
    )


def card_title(found: Sequence[Unlocked], machine: Machine) -> str:
    """The answer in a line."""
    good = sum(one.well for one in found)
    whole = sum(bool(one.whole) for one in found)
    size = f"{round(machine.device.total / GIB)} GB"
    who = "" if machine.device.name.startswith("a ") else f" ({machine.device.name})"
    return f"What {size} unlocks{who}: {good} of {len(found)} run well, {whole} with all weights in VRAM"


def card_subtitle(found: Sequence[Unlocked]) -> str:
    """What fails, if anything."""
    failing = [one.name for one in found if one.verdict in ("oom", "spill")]
    lost = f"; out of memory: {', '.join(failing)}" if failing else ""
    return f"VRAM that each family needs for its usual workflow, GiB, and how it runs on this card{lost}"


POINTS_NOTE = "Others' values: vendors, documentation and measurements, data/charts/published.toml."
CARD_NOTE = "At the right: the best file that runs well, how, and how long with the files in RAM."


def notes_of(ram: str, more: str) -> tuple[str, ...]:
    """The small print: whose forecast, for what, and of when."""
    row, date = settings()["machine"], settings()["checked"]
    return (
        f"Own forecasts, {date}: ComfyUI {row['comfy']} with dynamic VRAM, {ram}; points of a card as quick "
        f"as an {row['gpu'].upper().replace('-', ' ')}. Files of at least 4 bits a weight. "
        "Runs well: with a margin, and hardly slower than with all weights on the card. "
        "Full speed: more memory makes the best file no faster, though its weights may stream. " + more,
    )


def laid_out(kinds: Sequence[Kind]) -> tuple[int, list[float]]:
    """The height of all rows with their headings, and where each row's middle is, in pixels from the top."""
    down, places, under = 0, [], ""
    for kind in kinds:
        if group(kind) != under:
            under = group(kind)
            down += look("head_px")
        places.append(down + look("row_px") / 2)
        down += look("row_px")
    return down + 6, places


def plot(figure: Any, height: int, right: int) -> Any:
    """Axes in pixels downward and in GiB, by their logarithm, to the right; with the tiers as lines."""
    width = draw.size_px(figure)[0]
    left = look("names_px") + EDGE_PX
    axes = draw.area(figure, left, draw.HEAD_PX + KEY_PX, width - left - right - EDGE_PX, height)
    axes.set_xscale("log", base=2)
    axes.set_xlim(look("least_gib"), look("most_gib"))
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    ticks = look("ticks")
    axes.set_xticks(ticks, [f"{one}" for one in ticks])
    axes.set_xticks([], minor=True)
    axes.tick_params(axis="x", length=3, labelsize=10, labelcolor=draw.ink("text"))
    for size in settings()["tiers"]["gib"]:
        axes.axvline(size, color=draw.ink("line"), linewidth=1.1, zorder=0)
        axes.annotate(
            f"{size} GB",
            (size, 0),
            (0, 3),
            textcoords="offset points",
            ha="center",
            weight="bold",
            fontsize=9.5,
        )
    return axes


def name(axes: Any, title: str, size: str, down: float) -> None:
    """A family's name at the left of its row, with what it makes in small letters."""
    beside = axes.get_yaxis_transform()
    left = {"transform": beside, "va": "center", "clip_on": False}
    at = -look("names_px") / width_px(axes)
    axes.text(at, down, title, ha="left", fontsize=9.5, **left)
    axes.text(-8 / width_px(axes), down, size, ha="right", fontsize=7, color=draw.ink("quiet"), **left)


def width_px(axes: Any) -> float:
    """The width of axes in pixels."""
    box = axes.get_position()
    return float(box.width * draw.size_px(axes.figure)[0])


def headings(axes: Any, kinds: Sequence[Kind], places: Sequence[float]) -> None:
    """The names of the groups, above their first rows."""
    under = ""
    for kind, down in zip(kinds, places, strict=True):
        if group(kind) != under:
            under = group(kind)
            top = down - look("row_px") / 2 - 8
            at = -look("names_px") / width_px(axes)
            beside = {"transform": axes.get_yaxis_transform(), "clip_on": False}
            axes.text(at, top, under, ha="left", va="center", weight="bold", fontsize=10.5, **beside)


def needs_bar(axes: Any, row: Row, own: Needs, down: float) -> None:
    """A row: from where it runs well, at full speed, and all in VRAM, with what others say."""
    thick = look("row_px") * 0.46
    for start, end, colour in spans(own):
        axes.barh(down, end - start, height=thick, left=start, color=colour, linewidth=0, zorder=2)
    for mark, marker, filled in points_of(own):
        face = look("whole") if filled else draw.ink("paper")
        axes.plot(mark.gib, down, marker, ms=5.2, mfc=face, mec=look("whole"), mew=1.1, zorder=5)
    for other in row.said:
        if other.means:
            face = look("said") if other.means == "optimum" else draw.ink("paper")
            axes.plot(other.vram_gb, down, "D", ms=4, mfc=face, mec=look("said"), mew=1.1, zorder=6)


def less_ram(axes: Any, row: Row, own: Needs, ram: float, down: float) -> None:
    """Where the best file runs at full speed with the next smaller amount of RAM, if that is elsewhere."""
    less = below(ram)
    mark = needs(row, less).optimum if less else None
    if mark and mark != own.optimum:
        axes.plot(mark.gib, down, "|", ms=11, mec=look("quick"), mew=2.4, zorder=4)


def below(ram: float) -> int:
    """The next smaller amount of RAM that points are known for, GiB; 0 for none."""
    return max((one for one in settings()["machine"]["ram_gib"] if one < int(nearest(ram))), default=0)


def spans(own: Needs) -> Iterator[tuple[float, float, str]]:
    """The parts of a bar: where its best file runs, but slower, and where it streams at full speed."""
    most = look("most_gib")
    if own.minimum:
        quick = own.optimum.gib if own.optimum else most
        whole = own.whole.gib if own.whole else most
        yield own.minimum.gib, max(own.minimum.gib, quick), look("slowed")
        yield quick, max(quick, whole), look("streams")


def points_of(own: Needs) -> Iterator[tuple[Mark, str, bool]]:
    """The marks of a row: runs well, and all in VRAM with 4, with 8 bits and with the best file."""
    if own.minimum:
        yield own.minimum, "o", True
    if own.whole4 and own.whole4 != own.whole:
        yield own.whole4, "v", False
    if own.whole8 and own.whole8 != own.whole:
        yield own.whole8, "s", False
    if own.whole:
        yield own.whole, "s", True


def outcome(axes: Any, one: Unlocked, down: float) -> None:
    """How a family runs on the card, in words at the right of its row."""
    sign, colour = says(one)
    time = duration(one.seconds.best) if one.seconds else ""
    words = " · ".join(filter(None, (f"{sign} {bare(one.label)}", how(one), time)))
    beside = {"transform": axes.get_yaxis_transform(), "clip_on": False, "va": "center"}
    axes.text(1 + 8 / width_px(axes), down, words, ha="left", fontsize=8.5, color=colour, **beside)


def says(one: Unlocked) -> tuple[str, str]:
    """The sign and the colour of an outcome."""
    if not one.seconds:
        return "✗", look("fails")
    if not one.well:
        return "▲", look("slow")
    return ("●", look("fine")) if one.verdict == "resident" else ("◐", look("quick"))


def how(one: Unlocked) -> str:
    """An outcome in a word or two."""
    return {"resident": "fits", "streamed": "streams", "disk": "reads disk", "oom": "out of memory"}.get(
        one.verdict, one.verdict
    )


NEEDED_KEY = (
    ("o", "whole", "runs well from here"),
    ("bar", "slowed", "best file slower"),
    ("bar", "streams", "at full speed, streaming"),
    ("s", "whole", "all in VRAM"),
    ("s", "", "8-bit file"),
    ("v", "", "4-bit file"),
    ("D", "", "others say: from"),
    ("D", "said", "to"),
)


def key(figure: Any, entries: Sequence[tuple[str, str, str]]) -> None:
    """What the marks mean, in a line under the subtitle."""
    at = float(EDGE_PX)
    strip = draw.area(figure, 0, draw.HEAD_PX - 22, draw.size_px(figure)[0], 20)
    strip.set_axis_off()
    strip.set_xlim(0, draw.size_px(figure)[0])
    strip.set_ylim(20, 0)
    for marker, colour, words in entries:
        if marker == "bar":
            strip.barh(10, 22, height=9, left=at, color=look(colour), linewidth=0)
            at += 28
        else:
            line = look({"D": "said", "|": "quick"}.get(marker, "whole"))
            face = look(colour) if colour else draw.ink("paper")
            size, edge = (11, 2.4) if marker == "|" else (5.2, 1.1)
            strip.plot(at + 4, 10, marker, ms=size, mfc=face, mec=line, mew=edge)
            at += 14
        said = strip.text(at, 10, words, va="center", fontsize=8.5, color=draw.ink("text"))
        at += said.get_window_extent().width + KEY_GAP_PX
