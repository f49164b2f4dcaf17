"""The node VRAM Gate: hands on any value, unless what runs next does not fit in the VRAM that is free now."""

import logging

from comfy_api.v0_0_2 import io

from . import gating

logger = logging.getLogger("vram_forecast")

STOP, FREE, PASS = "stop", "free models first", "pass"
ADVICE = (
    "Close other programs that use the card, make it smaller, or set the gate to `pass`; the node VRAM "
    "Forecast lists what helps."
)


class Gate(io.ComfyNode):
    """Checks the steps before it before they run, and those behind it once its value is there.

    It has no fingerprint on purpose: one that differs each time would have ComfyUI run all behind it again.
    """

    @classmethod
    def define_schema(cls):
        """The node as ComfyUI shows it."""
        return io.Schema(
            node_id=gating.CLASS,
            display_name="VRAM Gate",
            category="VRAM Forecast",
            description="Hands on any value. Before what it waits for runs, and again before what uses it, it"
            " checks the heaviest step against the VRAM that is free then.",
            inputs=[
                io.AnyType.Input("value", lazy=True, tooltip="Anything; it comes out as it went in."),
                io.Combo.Input(
                    "when_short",
                    options=[STOP, FREE, PASS],
                    default=STOP,
                    display_name="when short",
                    tooltip="What to do where a step is certain to run out of VRAM: stop the run, unload"
                    " ComfyUI's models and stop only if that is not enough, or write it to the log and"
                    " go on.",
                ),
                io.Float.Input(
                    "reserve",
                    default=0.0,
                    min=0.0,
                    step=0.1,
                    optional=True,
                    tooltip="GiB of VRAM that shall stay free for other programs.",
                ),
            ],
            outputs=[io.AnyType.Output("value_out", display_name="value", tooltip="The value that went in.")],
            hidden=[io.Hidden.prompt, io.Hidden.unique_id],
        )

    @classmethod
    def check_lazy_status(cls, value=None, when_short=STOP, reserve=0.0):
        """Asks for the value, once what it takes is known to fit."""
        if value is not None:
            return []
        check(cls.hidden, gating.before, when_short, reserve)
        return ["value"]

    @classmethod
    def execute(cls, value, when_short=STOP, reserve=0.0):
        """The value, once what uses it is known to fit."""
        check(cls.hidden, gating.behind, when_short, reserve)
        return io.NodeOutput(value)


def check(hidden, side, when_short: str, reserve: float) -> None:
    """Check the steps on one side of a gate. Raises `Stopped`; where nothing can be said, it goes on."""
    try:
        from ...estimator.units import GIB

        gate, prompt = hidden.unique_id, hidden.prompt
        found = gating.settled(prompt, side(prompt, gate), round(reserve * GIB), when_short == FREE)
        said = str(found) if found else ""
    except Exception as error:
        return logger.warning(
            "VRAM Gate (node %s) lets pass what it cannot check: %s", hidden.unique_id, error
        )
    if said and when_short == PASS:
        return logger.warning("VRAM Gate (node %s) lets pass: %s", gate, said)
    if said:
        freed = " ComfyUI's models were unloaded already." if when_short == FREE else ""
        raise gating.Stopped(f"VRAM Gate (node {gate}) stopped this run. {said}{freed} {ADVICE}")
    return None
