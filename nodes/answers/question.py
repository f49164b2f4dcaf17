"""What is asked of a workflow, and the key that an answer is kept by."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..host import Seen

Workflow = bytes | dict[str, Any]


class Other(NamedTuple):
    """A machine other than this one: a card by name or GiB, of which so many are free, and RAM in GiB."""

    gpu: str = ""
    vram: float = 0
    free: float = 0
    ram: float = 0


HERE = Other()


class Question(NamedTuple):
    """What is asked. `what`: `check` or `limits`; the rest as of `estimator.check` and `estimator.limits`."""

    what: str
    outputs: Sequence[str] = ()
    suggestions: int | None = None
    always: bool = False
    slowdown: float | None = None
    on: Other = HERE


def opened(workflow: Workflow) -> Workflow:
    """A workflow without what does not count: of what `/prompt` gets, the prompt and what it is run for.

    JSON is decoded; the bytes of another file are left as they are. Raises `InputError` for broken JSON.
    """
    if isinstance(workflow, bytes):
        if workflow.lstrip()[:1] != b"{":
            return workflow
        from ...estimator.workflow.document import decode

        workflow = decode(workflow)
    if not isinstance(workflow, dict):
        return workflow
    prompt = workflow.get("prompt")
    drawn = isinstance(workflow.get("nodes"), list)
    if not prompt or not isinstance(prompt, dict) or drawn or any(map(is_node, workflow.values())):
        return workflow
    return {name: workflow[name] for name in ("prompt", "partial_execution_targets") if name in workflow}


def is_node(value: Any) -> bool:
    """Whether something is a node of a prompt, so that the object that holds it is one."""
    return isinstance(value, dict) and "class_type" in value


def key(workflow: Workflow, question: Question, seen: Seen, corrections: Sequence[Any]) -> str:
    """A digest of a question and of all that its answer rests on but files; empty where there can be none.

    `seen`: as `steady` has it, so that memory which wanders a little leaves the key as it is.
    """
    import msgspec

    from ...estimator import facts

    try:
        asked = workflow if isinstance(workflow, bytes) else msgspec.json.encode(workflow)
        about = msgspec.json.encode((question, seen, corrections, facts.learned_state()))
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return ""  # objects of a node's own: no JSON
    digest = hashlib.blake2b(about, digest_size=16)
    digest.update(asked)
    return digest.hexdigest()
