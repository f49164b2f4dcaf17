"""The node GPU Compare: two cards side by side, as text and as the picture of `gpus --compare`."""

from comfy_api.v0_0_2 import io

from ..answers import NoForecast
from ..answers.cards import compared
from ..answers.forecast import spoken
from .choices import HERE, cards, other_card, settings
from .showing import blank, drawn, on_node


class GPUCompare(io.ComfyNode):
    """Compares two cards by their data and by forecasts of five workflows; never fails the prompt."""

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id="VRAMForecastGPUCompare",
            display_name="GPU Compare",
            category="VRAM Forecast",
            description="Puts two cards side by side: memory, bandwidth, compute, and how five workflows run"
            " on each, by forecast. No prices.",
            inputs=[
                io.Combo.Input(
                    "first",
                    options=cards(cls),
                    default=HERE,
                    optional=True,
                    tooltip="One card; this machine's own, if nothing is chosen.",
                ),
                io.Combo.Input(
                    "second",
                    options=cards(cls),
                    default=other_card(cls),
                    optional=True,
                    tooltip="The card to compare it with.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "comparison",
                    display_name="comparison",
                    tooltip="Which of the two to take and why, then a line for each thing that is compared.",
                ),
                io.Image.Output(
                    "picture",
                    display_name="picture",
                    tooltip="The same as bars: what each has, and how long each takes.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, first=None, second=None):
        """A card that is not known is no reason to stop a prompt: the text says so."""
        return True

    @classmethod
    def execute(cls, first=HERE, second=HERE):
        """The comparison as text and as a picture."""
        try:
            text, image = told_of(named(first), named(second))
        except NoForecast as why:
            text, image = f"No comparison: {why}", None
        return io.NodeOutput(text, blank() if image is None else image, ui=on_node(text, image))


def named(card: str | None) -> str:
    """A card's name; none for this machine's."""
    return "" if card in (HERE, None) else card


def told_of(first: str, second: str):
    """Two cards as text and as a picture. Raises `NoForecast`."""
    both = compared(first, second)
    with spoken():
        from ...estimator.charts.cards_pair import picture
        from ...estimator.report.cards_beside import render

        return render(both, settings()["columns"], False), drawn(lambda: picture(both))
