"""What both pictures share: paper, title, small print, grades, and how they become PNG.

matplotlib is imported when a picture is drawn, and never its `pyplot`, which keeps state for a whole process.
"""

from __future__ import annotations

import io
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import facts
from ..errors import InputError

DPI = 100  # a figure's inches are hundreds of pixels
MARGIN_PX = 44
HEAD_PX = 104  # what title and subtitle take
NOTE_PX = 15  # a line of small print
# matplotlib's settings are those of the whole process: one picture at a time.
DRAWING = threading.Lock()
INSTALL = 'Install it with: pip install "vram-forecast[charts]"'


def style() -> dict[str, Any]:
    """The table of inks, sizes and grades, `data/charts/style.toml`."""
    return facts.table("charts/style")


def ink(name: str) -> Any:
    """A colour of the pictures by its name there; `series` is a list of them."""
    return style()["ink"][name]


def grades() -> dict[str, dict[str, Any]]:
    """The article's grades by id, worst first: word, colour, marker and sign of each."""
    return {row["id"]: row for row in style()["grade"]}


def library() -> Any:
    """matplotlib. Raises `InputError` with how to get it where it is missing."""
    try:
        import matplotlib
    except ImportError:
        raise InputError("a picture needs matplotlib", where="--png", do=INSTALL) from None
    return matplotlib


@contextmanager
def paper(title: str, subtitle: str, height_px: int, notes: Sequence[str] = ()) -> Iterator[Any]:
    """A figure with its title, what it shows under it, and notes in small print at the foot.

    Inside, `area` lays out axes and `png` makes the file's bytes; settings of the user's own are put aside
    for as long. Raises `InputError` without matplotlib.
    """
    size = style()["size"]
    with DRAWING, warnings.catch_warnings(), library().rc_context():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a box stands for it
        library().rcdefaults()
        library().rcParams.update(settings())
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        inches = (size["width_px"] / DPI, height_px / DPI)
        figure = Figure(figsize=inches, dpi=DPI, facecolor=ink("paper"))
        FigureCanvasAgg(figure)  # draws without a window, and can say how large a text will be
        fitted(write(figure, MARGIN_PX, 40, title, size=size["title"], weight="bold"))
        write(figure, MARGIN_PX, 54, subtitle, size=size["subtitle"], color=ink("quiet"), va="top")
        lines = small_print(notes)
        for row, line in enumerate(lines):
            down = height_px - 14 - NOTE_PX * (len(lines) - 1 - row)
            write(figure, MARGIN_PX, down, line, size=size["small"], color=ink("quiet"))
        yield figure


def settings() -> dict[str, Any]:
    """matplotlib's settings for all that is drawn."""
    size = style()["size"]
    return {
        "font.family": fonts(),
        "text.parse_math": False,  # names may hold dollar signs
        "font.size": size["text"],
        "text.color": ink("text"),
        "axes.labelcolor": ink("quiet"),
        "axes.edgecolor": ink("line"),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "xtick.color": ink("quiet"),
        "ytick.color": ink("quiet"),
        "grid.color": ink("line"),
        "grid.linewidth": 0.7,
        "legend.frameon": False,
    }


def fonts() -> list[str]:
    """matplotlib's own font, and those installed here that have letters of names which it lacks."""
    from matplotlib.font_manager import fontManager

    there = {one.name for one in fontManager.ttflist}
    own, *others = style()["fonts"]["families"]
    return [own, *(name for name in others if name in there)]


def small_print(notes: Sequence[str]) -> list[str]:
    """Notes in lines as wide as the paper."""
    size = style()["size"]
    letters = int((size["width_px"] - 2 * MARGIN_PX) / (size["small"] * 0.77))
    return [line for note in notes for line in textwrap.wrap(note, letters)]


def write(figure: Any, left: float, down: float, text: str, **how: Any) -> Any:
    """Text whose first baseline is `down` pixels below the paper's top, `left` from its edge."""
    width, height = size_px(figure)
    how = {"ha": "left", "va": "baseline"} | how
    return figure.text(left / width, 1 - down / height, text, **how)


def fitted(text: Any) -> None:
    """Make a line smaller that would reach into the paper's right margin."""
    room = size_px(text.figure)[0] - 2 * MARGIN_PX
    wide = text.get_window_extent().width
    if wide > room:
        text.set_fontsize(text.get_fontsize() * room / wide)


def area(figure: Any, left: float, down: float, width: float, height: float) -> Any:
    """Axes at a place of the paper, in pixels from its top left corner."""
    wide, high = size_px(figure)
    return figure.add_axes((left / wide, 1 - (down + height) / high, width / wide, height / high))


def size_px(figure: Any) -> tuple[float, float]:
    """Width and height of the paper in pixels."""
    width, height = figure.get_size_inches()
    return width * DPI, height * DPI


def foot_px(notes: Sequence[str]) -> int:
    """The height that notes take at the foot, with a gap above them."""
    return 24 + NOTE_PX * len(small_print(notes))


def png(figure: Any) -> bytes:
    """The figure as a PNG file, of the same bytes for the same picture."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI * style()["size"]["scale"], metadata={"Software": None})
    return out.getvalue()


def save(path: Path, picture: bytes) -> None:
    """Write a picture. Raises `InputError` where that is not possible, or for a name of another format."""
    if path.suffix.lower() != ".png":
        raise InputError("a picture is written as PNG", where=str(path), do="Name it .png.")
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise InputError(error.strerror or "not writable", where=str(path)) from None
