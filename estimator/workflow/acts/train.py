"""Acts of trainers: a model, a data set of latents and prompts, and what is trained beside the model."""

from __future__ import annotations

from msgspec.structs import replace

from ... import facts
from ...costs.trained import Training
from ..graph import Node as GraphNode
from ..state import Here, State
from ..values import Conditioning, Latent, Loaded, Loras, Many, Model, Unknown, Value
from .base import Act, Formula
from .pictures import latent_shape
from .sample import fitting


class Train(Act, frozen=True, kw_only=True, tag="train"):
    """A LoRA trained on a model of its own, which is loaded anew from the same file.

    `checkpointed`: whether activations are made again for the backward, by modules at `depth`; `bypass`: the
    adapters run beside the layers instead of changing their weights.
    """

    into: str = "lora"
    model: Formula = "model"
    latents: Formula = "latents"
    positive: Formula = "positive"
    batch: Formula = "batch_size"
    passes: Formula = "steps * grad_accumulation_steps"
    checkpointed: Formula = "gradient_checkpointing"
    depth: Formula = "checkpoint_depth"
    bypass: Formula = "bypass_mode"
    buckets: Formula = "bucket_mode"

    def do(self, here: Here) -> dict[str, Value]:
        """The step, with the copy of the model that it loads."""
        model = here.value(self.model)
        if not isinstance(model, Model):
            here.state.add(here.node, kind="other", components=(), unknown=here.like(model).reason)
            return {self.into: here.like(model)}
        key, asked = copied(here, model.component), self.asked(here)
        latent, passes = self.batched(here, model), here.number(self.passes)
        unknown = next((one for one in (asked, latent, passes) if isinstance(one, Unknown)), None)
        if isinstance(asked, Unknown) or isinstance(latent, Unknown) or isinstance(passes, Unknown):
            here.state.add(here.node, kind="other", components=(key,), unknown=here.like(unknown).reason)
            return {self.into: Loras()}
        prompts = [one for one in listed(here.value(self.positive)) if isinstance(one, Conditioning)]
        here.state.add(
            here.node,
            kind="other",
            components=(key,),
            law=asked.mode,
            shape=latent_shape(here, key, latent, max((one.tokens for one in prompts), default=0)),
            repeats=max(0, passes),
            loras=model.loras,
            training=asked,
        )
        return {self.into: Loras()}

    def batched(self, here: Here, model: Model) -> Latent | Unknown:
        """The largest latent of the data set, and how many live together in one pass."""
        given, batch = listed(here.value(self.latents)), here.number(self.batch)
        strange = next((one for one in given if not isinstance(one, Latent)), None)
        latents = [one for one in given if isinstance(one, Latent)]
        if strange is not None or not latents or isinstance(batch, Unknown):
            return batch if isinstance(batch, Unknown) else here.like(strange)
        together = at_once(here, latents, batch, bool(here.value(self.buckets)), self.latents)
        largest = max(latents, key=lambda one: one.frames * one.height * one.width)
        return replace(fitting(here, largest, model.component), batch=together)

    def asked(self, here: Here) -> Training | Unknown:
        """What the node's widgets ask for."""
        rule, rank = facts.table("training"), here.number("rank")
        names = ("algorithm", "optimizer", "lora_dtype", "training_dtype")
        words = {name: str(here.value(name)) for name in names}
        adapters = rule["types"].get(words["lora_dtype"])
        offered = words["optimizer"] in rule["states"] and words["algorithm"] in rule["algorithms"]
        if isinstance(rank, Unknown) or rank < 1 or not adapters or not offered:
            return here.unknown("what it trains is not known")
        depth = here.number(self.depth) if here.value(self.checkpointed) else 0
        mode = "train_bypass" if here.value(self.bypass) else "train"
        return Training(
            rank=rank,
            algorithm=words["algorithm"],
            optimizer=words["optimizer"],
            adapters=adapters,
            compute=rule["types"].get(words["training_dtype"], ""),
            mode=f"{mode}_depth_{depth}" if depth else mode,
            whole=not here.value("offloading"),
        )


def listed(value: Value) -> tuple[Value, ...]:
    """The items of a list, or one value as a list."""
    return value.items if isinstance(value, Many) else (value,)


def copied(here: Here, key: str) -> str:
    """The key of the copy of a model that a trainer loads for itself, noted as loaded."""
    load: Loaded = here.state.component(key)
    copy = replace(load, key=f"{key}/{here.node.id}", node=here.node.id, class_type=here.node.class_type)
    here.state.load(here.node, [copy])
    return copy.key


def at_once(here: Here, latents: list[Latent], batch: int, buckets: bool, name: str) -> int:
    """How many latents' activations live together in one pass.

    Every prompt of a batch is evaluated with each of its latents (comfy/samplers.py, calc_cond_batch), but
    pictures of several sizes one by one.
    """
    count = sum(one.batch for one in latents)
    if not guessed(here.state, here.node, name):
        batch = min(batch, count)
    several = len({(one.frames, one.height, one.width) for one in latents}) > 1
    return batch if several and not buckets else batch * batch


def guessed(state: State, node: GraphNode, name: str) -> bool:
    """Whether what an input brings rests on something that was assumed, as the size of a folder is."""
    links = node.links()
    waiting, seen = [links[name].node] if name in links else [], set[str]()
    while waiting:
        key = waiting.pop()
        if key in state.assumed:
            return True
        if key in state.graph.nodes and key not in seen:
            seen.add(key)
            waiting += [link.node for link in state.graph.nodes[key].links().values()]
    return False
