"""The picture of a forecast: its steps along their time, what lies on the card in each, and RAM below."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from ..forecast import Forecast
from ..units import GIB
from . import draw
from .timeline import FAILS, Column, Layer, columns, hues, look
from .timeline_words import Entry, Name, headline, key, key_px, names, plain

LINE_PX, KEY_PX, GAP_PX, STRIP_GAP_PX = 19, 24, 30, 44
SENTENCE = 600  # letters of a sentence at most
APART = 0.16  # of the strip's height, for two lines to have a word each


def picture(forecast: Forecast, sentence: str) -> bytes:
    """A forecast as PNG; `sentence` says its verdict. Raises `InputError` without matplotlib."""
    title, rest = headline(plain(sentence, SENTENCE))
    lines = textwrap.wrap(rest, look("limits")["line_letters"]) or [""]
    notes, size = small_print(forecast), look("size")
    shown = columns(forecast, room_px())
    under, rows = names(shown, forecast, room_px()), key(forecast, shown)
    key_top = draw.HEAD_PX + LINE_PX * (len(lines) - 1) - 24
    top = key_top + KEY_PX * len(rows) + GAP_PX
    strip = top + size["card_px"] + size["label_px"] * rows_of(under) + STRIP_GAP_PX
    height = strip + size["ram_px"] + 14 + draw.foot_px(notes)
    with draw.paper(title, "\n".join(lines), height, notes) as figure:
        keys(figure, rows, key_top)
        on_card(draw.area(figure, size["left_px"], top, room_px(), size["card_px"]), forecast, shown, under)
        in_ram(draw.area(figure, size["left_px"], strip, room_px(), size["ram_px"]), forecast, shown)
        return draw.png(figure)


def rows_of(under: Sequence[Name]) -> int:
    """How many rows of names there are."""
    return 1 + max([one.row for one in under], default=0)


def small_print(forecast: Forecast) -> tuple[str, ...]:
    """For which machine, what widths and hatching mean, and what is not drawn."""
    device, host, policy = forecast.device, forecast.host, forecast.policy
    manager = "dynamic VRAM" if policy.dynamic_vram else "legacy memory manager"
    machine = (
        f"{plain(device.name, 60)}, {device.total / GIB:.1f} GiB · RAM {host.ram_total / GIB:.1f} GiB · "
        f"ComfyUI {plain(policy.comfy, 20)}, {manager}. Widths are seconds, with a least one, and the "
        "average where not known; hatched: the band of the forecast. RAM: what cannot be dropped; dotted: "
        "with so much no run reads a file twice."
    )
    lost = [plain(f"{node.class_type} (node {node.node})", 60) for node in forecast.unknown]
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return (machine, f"Not known and not drawn: {', '.join(lost[:3])}{more}.") if lost else (machine,)


def room_px() -> float:
    """The width of the axes in pixels."""
    size = look("size")
    return float(draw.style()["size"]["width_px"] - size["left_px"] - size["right_px"])


def ceiling(forecast: Forecast, shown: Sequence[Column]) -> float:
    """Where the picture of the card ends, bytes: above all peaks that are reached; in proportion."""
    most = max([one.step.vram_peak.high for one in shown if one.reached], default=0.0)
    total = max(forecast.device.total, 1)
    return min(max(most, total) * 1.1, total * float(look("limits")["most_share"]))


def framed(axes: Any, top: float, title: str) -> None:
    """Axes in pixels to the right and GiB upward."""
    axes.set_xlim(0, room_px())
    axes.set_ylim(0, top / GIB)
    axes.set_xticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y")
    axes.set_title(title, fontsize=draw.style()["size"]["text"], loc="left", color=draw.ink("quiet"), pad=5)


def on_card(axes: Any, forecast: Forecast, shown: Sequence[Column], under: Sequence[Name]) -> None:
    """The columns of the card, its lines, and the steps' names under them."""
    from matplotlib.ticker import MaxNLocator

    top = ceiling(forecast, shown)
    framed(axes, top, "VRAM, GiB")
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=forecast.device.total > 4 * GIB))
    colours = hues(forecast)
    for one in shown:
        column(axes, one, colours, top)
    limits(axes, forecast)
    for one in shown:
        marked(axes, one, forecast, top)
    for name in under:
        label(axes, name)


def column(axes: Any, one: Column, colours: dict[str, str], top: float) -> None:
    """A step: its layers, and its band over their upper end."""
    gap = min(look("size")["gap_px"], one.width / 4)
    how = {"align": "edge", "linewidth": 0, "zorder": 2, "alpha": 1.0 if one.reached else 0.3}
    height = 0.0
    for layer in one.layers:
        tall = max(0.0, min(layer.bytes, top - height)) / GIB
        colour = colour_of(layer, colours)
        axes.bar(one.left + gap, tall, one.width - 2 * gap, bottom=height / GIB, color=colour, **how)
        height += layer.bytes
    peak = one.step.vram_peak
    if peak.high > peak.low and one.reached:
        low, high = min(peak.low, top) / GIB, min(peak.high, top) / GIB
        axes.bar(
            one.left + gap, high - low, one.width - 2 * gap, bottom=low, align="edge", fill=False,
            hatch="////", edgecolor=draw.ink("text"), linewidth=0, alpha=0.55, zorder=3,
        )  # fmt: skip


def colour_of(layer: Layer, colours: dict[str, str]) -> str:
    """The colour of a layer."""
    found: str = colours[layer.component] if layer.what == "weights" else look("colour")[layer.what]
    return found


def limits(axes: Any, forecast: Forecast) -> None:
    """The card as a dashed line, and where what is free now begins as a dotted one."""
    device = forecast.device
    how = {"color": draw.ink("text"), "zorder": 5}
    axes.axhline(device.total / GIB, linestyle=(0, (6, 3)), linewidth=1.4, **how)
    beside(axes, device.total, f"card {device.total / GIB:.1f}", weight="bold")
    used = device.total - device.free
    if 0 < used < device.total:
        axes.axhline(used / GIB, linestyle=(0, (1, 2)), linewidth=1.2, **how)
        beside(axes, used, f"free {device.free / GIB:.1f} ↑")


def beside(axes: Any, at: float, text: str, **how: Any) -> None:
    """What a line is, at its right end."""
    axes.annotate(
        text, (room_px(), at / GIB), xytext=(6, 0), textcoords="offset points", va="center",
        fontsize=draw.style()["size"]["small"] + 0.5, annotation_clip=False, **how,
    )  # fmt: skip


def marked(axes: Any, one: Column, forecast: Forecast, top: float) -> None:
    """A word over the step that the verdict is about, and a frame around one that fails."""
    step, where = one.step, forecast.where
    if not one.reached or not (
        step.verdict in FAILS or (where and step.node == where.node and step == where)
    ):
        return
    peak = step.vram_peak
    colour = draw.ink("text")
    if step.verdict in FAILS or step.verdict == "unknown":
        colour = look("colour")["fails" if step.verdict in FAILS else "unknown"]
        wide = max(one.width, 4)
        frame = {"facecolor": colour, "alpha": 0.09, "linewidth": 0, "zorder": 1}
        axes.axvspan(one.middle - wide / 2 - 3, one.middle + wide / 2 + 3, **frame)
        for edge in (one.left - 2, one.left + one.width + 2):
            axes.axvline(edge, color=colour, linewidth=1.6, zorder=6, clip_on=False)
    words = word(one)
    side = "right" if one.middle > room_px() * 0.8 else "left" if one.middle < room_px() * 0.2 else "center"
    over = min(max(peak.high, one.top), top) / GIB
    under = over > top / GIB * 0.94
    axes.annotate(
        words, ({"right": one.left + one.width, "left": one.left}.get(side, one.middle), over),
        xytext=(0, -4 if under else 4), textcoords="offset points", ha=side, va="top" if under else "bottom",
        color=colour, weight="bold", fontsize=draw.style()["size"]["text"], zorder=7,
        bbox={"facecolor": draw.ink("paper"), "alpha": 0.82, "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip


def word(one: Column) -> str:
    """What the picture says of a step in a word or two."""
    step = one.step
    if step.verdict == "unknown":
        return "? not known"
    if not step.vram_peak.high:
        return ""
    if step.verdict in FAILS:
        return "✗ out of memory" if step.verdict == "oom" else "✗ spills"
    if step.streamed:
        return f"streams {step.streamed / GIB:.1f} per pass"
    return f"peak {step.vram_peak.best / GIB:.1f}"


def label(axes: Any, name: Name) -> None:
    """A step's name, joined to its column by a thin line where it stands further down."""
    size, one = look("size"), name.column
    tall = size["card_px"]
    down = -(6 + name.row * size["label_px"]) / tall
    where = axes.get_xaxis_transform()
    axes.plot(
        (one.middle, one.middle), (0, down + 3 / tall), color=draw.ink("quiet"), linewidth=0.7,
        transform=where, clip_on=False, zorder=1,
    )  # fmt: skip
    axes.text(
        name.middle, down, name.text, transform=where, ha="center", va="top", linespacing=1.15,
        fontsize=draw.style()["size"]["small"], color=draw.ink("text" if one.reached else "quiet"),
    )  # fmt: skip


def in_ram(axes: Any, forecast: Forecast, shown: Sequence[Column]) -> None:
    """The strip of system memory, with the computer's own line."""
    total = max(forecast.host.ram_total, 1)
    wanted = forecast.ram_peak.best
    top = max([total, wanted, *(one.step.ram_kept for one in shown)]) * 1.15
    framed(axes, top, "RAM, GiB")
    axes.set_yticks([0, round(total / GIB / 2), round(total / GIB)])
    for one in shown:
        gap, alpha = min(look("size")["gap_px"], one.width / 4), 1.0 if one.reached else 0.3
        axes.bar(
            one.left + gap, one.step.ram_kept / GIB, one.width - 2 * gap, align="edge",
            color=look("colour")["ram"], linewidth=0, alpha=alpha, zorder=2,
        )  # fmt: skip
    axes.axhline(total / GIB, linestyle=(0, (6, 3)), linewidth=1.2, color=draw.ink("text"), zorder=5)
    beside(axes, total, f"RAM {total / GIB:.1f}", weight="bold")
    axes.axhline(wanted / GIB, linestyle=(0, (1, 2)), linewidth=1.1, color=draw.ink("text"), zorder=5)
    if abs(wanted - total) > APART * top:
        beside(axes, wanted, f"wants {wanted / GIB:.1f}")


def keys(figure: Any, rows: Sequence[Sequence[Entry]], down: float) -> None:
    """What the colours mean."""
    for at, row in enumerate(rows):
        left = float(draw.MARGIN_PX)
        for colour, words in row:
            line = down + 20 + KEY_PX * at
            draw.write(figure, left, line, "■", color=colour, size=13)
            draw.write(figure, left + 18, line, words, size=draw.style()["size"]["small"] + 0.5)
            left += key_px(words)
