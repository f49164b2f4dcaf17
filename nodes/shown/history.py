"""The node Run History: forecast beside measured, of the last runs of the workflow that it is in."""

from comfy_api.v0_0_2 import io

from ..answers import NoForecast
from ..answers.forecast import spoken
from ..answers.runs import report
from .choices import settings
from .showing import on_node

USUAL, MOST = 10, 50


class RunHistory(io.ComfyNode):
    """Reads what the recorder wrote; never fails the prompt."""

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id="VRAMForecastRunHistory",
            display_name="Run History",
            category="VRAM Forecast",
            description="Shows what was forecast beside what was measured, of the last runs of this workflow"
            " on this machine.",
            inputs=[
                io.Int.Input(
                    "runs",
                    default=USUAL,
                    min=1,
                    max=MOST,
                    optional=True,
                    tooltip="How many of the last runs to show.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "history",
                    display_name="history",
                    tooltip="A line for each run, then the nodes of the last one, forecast and measured.",
                )
            ],
            is_output_node=True,
        )

    @classmethod
    def fingerprint_inputs(cls, **inputs):
        """Never equal to the last run's, which has been recorded since."""
        return float("nan")

    @classmethod
    def execute(cls, runs=USUAL):
        """The history as text."""
        try:
            with spoken():
                width = settings()["columns"]
            text = report(runs, width)
        except NoForecast as why:
            text = f"No history: {why}"
        return io.NodeOutput(text, ui=on_node(text))
