"""The node VRAM Forecast: the report of the whole prompt that it is in, as text."""

import logging

from comfy_api.v0_0_2 import io, ui

from ..answers import NoForecast, checked

logger = logging.getLogger("vram_forecast")


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
            inputs=[],
            outputs=[
                io.String.Output(
                    "report",
                    display_name="report",
                    tooltip="The verdict in one sentence, then a line for each step, then what would help.",
                )
            ],
            hidden=[io.Hidden.prompt, io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls):
        """Never equal to the last run's: the rest of the prompt and the free memory change, no input does."""
        return float("nan")

    @classmethod
    def execute(cls):
        """The report, as an output and as text on the node."""
        try:
            text = report(cls.hidden.prompt)
        except NoForecast as why:
            text = f"No forecast: {why}"
        sentence = " ".join(text.strip().partition("\n\n")[0].split())
        logger.info("VRAM Forecast (node %s): %s", cls.hidden.unique_id, sentence)
        return io.NodeOutput(text, ui=ui.PreviewText(text))


def report(prompt) -> str:
    """The forecast of a prompt as text, with what would help."""
    found = checked(prompt, suggestions=None)
    from ...estimator import render

    return render(found)
