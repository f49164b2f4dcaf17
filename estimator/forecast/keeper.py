"""How ComfyUI will hold the components of a workload, with the LoRAs that a step has on them."""

from __future__ import annotations

from collections import Counter

from ..runtime import Held, Machine, hold
from ..runtime.kinds import taken
from ..workflow.values import Step, Workload

PATCHED = ("diffusion_model", "text_encoder")  # what LoRAs change


class Keeper:
    """Says how ComfyUI will hold the components of one workload."""

    def __init__(self, workload: Workload, machine: Machine) -> None:
        """Nothing is held yet."""
        self.loaded, self.machine, self.paired = workload.loaded, machine, pairs(workload)
        self.known: dict[tuple[str, tuple[str, ...]], Held] = {}

    def held(self, key: str, loras: tuple[str, ...] = ()) -> Held:
        """A component that is known, with the patches of those LoRAs that are."""
        if (key, loras) not in self.known:
            self.known[key, loras] = self.hold(key, loras)
        return self.known[key, loras]

    def hold(self, key: str, loras: tuple[str, ...]) -> Held:
        """The same, worked out."""
        one, patches = self.loaded[key], [self.loaded[lora].component for lora in loras]
        assert one.component is not None
        return hold(
            one.key,
            one.component,
            self.machine,
            one.widget,
            one.device,
            one.legacy or taken(one.taken, self.machine.policy),
            one.whole,
            key in self.paired,
            tuple(patch for patch in patches if patch),
        )

    def models(self, step: Step) -> list[Held]:
        """What a step loads, as far as it is known, the main component first."""
        known = [key for key in step.components if self.loaded[key].component]
        return [self.held(key, step.loras if self.patched(key) else ()) for key in known]

    def patched(self, key: str) -> bool:
        """Whether LoRAs on a step are on this component of it."""
        return self.loaded[key].role in PATCHED


def pairs(workload: Workload) -> set[str]:
    """The keys of text encoders whose loader loads others beside them."""
    encoders = [one for one in workload.loaded.values() if one.role == "text_encoder"]
    loaders = Counter(one.node for one in encoders)
    return {one.key for one in encoders if loaders[one.node] > 1}
