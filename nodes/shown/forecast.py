"""The node VRAM Forecast: how the whole prompt that it is in runs, as text, numbers and a picture."""

import logging
import math
from typing import NamedTuple

from comfy_api.v0_0_2 import io

from ..answers import NoForecast, checked
from ..answers.cards import on_card
from ..answers.forecast import spoken
from .choices import HERE, cards
from .showing import blank, drawn, on_node

logger = logging.getLogger("vram_forecast")


class Told(NamedTuple):
    """What the node gives."""

    report: str
    verdict: str
    peak_gib: float
    seconds: float
    timeline: object


class VRAMForecast(io.ComfyNode):
    """Forecasts the prompt that holds it; loads no model for that, and never fails the prompt."""

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id="VRAMForecast",
            display_name="VRAM Forecast",
            category="VRAM Forecast",
            description="Says how this whole workflow runs on this machine: what stays in VRAM, what streams,"
            " what runs out of memory, and which change helps.",
            inputs=[
                io.Combo.Input(
                    "card",
                    options=cards(cls),
                    default=HERE,
                    optional=True,
                    tooltip="This machine, or what if this computer had another card.",
                ),
                io.Boolean.Input(
                    "suggestions",
                    default=True,
                    optional=True,
                    tooltip="Look for changes that help; each is forecast too, which takes longer.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "report",
                    display_name="report",
                    tooltip="The verdict in one sentence, then a line for each step, then what would help.",
                ),
                io.String.Output(
                    "verdict",
                    display_name="verdict",
                    tooltip="resident, streamed, disk, spill, oom or unknown.",
                ),
                io.Float.Output(
                    "peak_gib",
                    display_name="peak GiB",
                    tooltip="The highest VRAM use of any step, at best guess; NaN without a forecast.",
                ),
                io.Float.Output(
                    "seconds",
                    display_name="seconds",
                    tooltip="The time of a run with the files in RAM, at best guess; NaN where not known.",
                ),
                io.Image.Output(
                    "timeline",
                    display_name="timeline",
                    tooltip="The steps along their time: what lies in VRAM in each, and RAM below.",
                ),
            ],
            hidden=[io.Hidden.prompt, io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, card=None):
        """A card that is not known is no reason to stop a prompt: the report says so."""
        return True

    @classmethod
    def fingerprint_inputs(cls, **inputs):
        """Never equal to the last run's: the rest of the prompt and the free memory change, no input does."""
        return float("nan")

    @classmethod
    def execute(cls, card=HERE, suggestions=True):
        """The report, its numbers and its picture, as outputs and on the node."""
        try:
            told = told_of(cls.hidden.prompt, card, None if suggestions else 0)
        except NoForecast as why:
            told = Told(f"No forecast: {why}", "unknown", math.nan, math.nan, None)
        sentence = " ".join(told.report.strip().partition("\n\n")[0].split())
        logger.info("VRAM Forecast (node %s): %s", cls.hidden.unique_id, sentence)
        on_it = on_node(told.report, told.timeline)
        return io.NodeOutput(*told[:4], blank() if told.timeline is None else told.timeline, ui=on_it)


def told_of(prompt, card: str, suggestions: int | None) -> Told:
    """The forecast of a prompt in all its forms. Raises `NoForecast`."""
    if card in (HERE, "", None):
        found = checked(prompt, suggestions=suggestions)
    else:
        found = on_card(prompt, card, suggestions)
    with spoken():
        from ... import estimator
        from ...estimator.charts.timeline_picture import picture
        from ...estimator.report.words import sentence
        from ...estimator.units import GIB

        forecast = found.forecast
        # A run that fails takes no time worth saying.
        ends = forecast.seconds is not None and forecast.verdict != "oom"
        return Told(
            estimator.render(found),
            forecast.verdict,
            forecast.vram_peak.best / GIB,
            forecast.seconds.best if ends else math.nan,
            drawn(lambda: picture(forecast, sentence(forecast))),
        )
