"""The node Model Table: what a card unlocks, as text and as the picture of `models --gpu`."""

from comfy_api.v0_0_2 import io

from ..answers import NoForecast
from ..answers.cards import unlocks
from ..answers.forecast import spoken
from .choices import HERE, cards, settings
from .compare import named
from .showing import blank, drawn, on_node


class ModelTable(io.ComfyNode):
    """Forecasts every family of models on a card; never fails the prompt."""

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id="VRAMForecastModelTable",
            display_name="Model Table",
            category="VRAM Forecast",
            description="Says what a card unlocks: for each family of models the best file that runs well,"
            " how, and how long it takes, by forecast.",
            inputs=[
                io.Combo.Input(
                    "card",
                    options=cards(cls),
                    default=HERE,
                    optional=True,
                    tooltip="This machine's card, or another one in this computer.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "table",
                    display_name="table",
                    tooltip="A line for each family: its file, how it runs and how long, what stays in VRAM.",
                ),
                io.Image.Output(
                    "picture",
                    display_name="picture",
                    tooltip="The same as a chart: the VRAM that each family needs, and the card as a line.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, card=None):
        """A card that is not known is no reason to stop a prompt: the text says so."""
        return True

    @classmethod
    def execute(cls, card=HERE):
        """The table as text and as a picture."""
        try:
            text, image = told_of(named(card))
        except NoForecast as why:
            text, image = f"No table: {why}", None
        return io.NodeOutput(text, blank() if image is None else image, ui=on_node(text, image))


def told_of(card: str):
    """What a card unlocks as text and as a picture. Raises `NoForecast`."""
    families, there = unlocks(card)
    with spoken():
        from ...estimator.charts.unlocks_picture import card as picture
        from ...estimator.report.unlocks import render_card

        text = render_card(families, there, settings()["columns"])
        return text, drawn(lambda: picture(families, there))
