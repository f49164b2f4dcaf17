"""The node Model Inspector: what one of ComfyUI's model files holds."""

import math

from comfy_api.v0_0_2 import io

from ..answers import NoForecast
from ..answers.contents import Contents, contents
from .choices import found, model_files
from .showing import on_node

GIB = 1024**3


class ModelInspector(io.ComfyNode):
    """Reads the header of a model file; loads no weights, and never fails the prompt."""

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id="VRAMForecastModelInspector",
            display_name="Model Inspector",
            category="VRAM Forecast",
            description="Says what a model file holds, from its header alone: family, parameters, weights by"
            " element type, and what is wrong with it.",
            inputs=[
                io.Combo.Input(
                    "file",
                    options=model_files(cls),
                    optional=True,
                    tooltip="A file of ComfyUI's model folders. Press R to look for new ones.",
                ),
            ],
            outputs=[
                io.String.Output(
                    "contents",
                    display_name="contents",
                    tooltip="What the file holds in one line, and what is wrong with it below.",
                ),
                io.String.Output(
                    "family",
                    display_name="family",
                    tooltip="The family of models that it belongs to; empty where that is not known.",
                ),
                io.Float.Output(
                    "weights_gib",
                    display_name="weights GiB",
                    tooltip="The size of all weights as they are stored; NaN where they cannot be read.",
                ),
                io.String.Output(
                    "dtype",
                    display_name="storage dtype",
                    tooltip="The element type of most of the weights, by their bytes.",
                ),
            ],
            is_output_node=True,
        )

    @classmethod
    def validate_inputs(cls, file=None):
        """A file that is gone is no reason to stop a prompt: the text says so."""
        return True

    @classmethod
    def fingerprint_inputs(cls, file=None):
        """Another one once the file changes."""
        try:
            state = found(file).stat()
        except (AttributeError, OSError):
            return float("nan")
        return f"{state.st_size} {state.st_mtime_ns}"

    @classmethod
    def execute(cls, file=None):
        """What the file holds."""
        try:
            told = contents(found(file), file or "")
        except NoForecast as why:
            told = Contents(f"Not read: {why}", "", math.nan, "")
        weights = told.bytes / GIB
        return io.NodeOutput(told.text, told.family, weights, told.dtype, ui=on_node(told.text))
