"""How a prompt ended, from what ComfyUI's executor keeps of it or from what it raised."""

import asyncio
from typing import Any

from .protocol import Ended

# The last message of a prompt that failed or was stopped; each names its node.
FAILED, STOPPED = "execution_error", "execution_interrupted"


def how_it_ended(executor: Any) -> Ended:
    """Of a prompt that `execute_async` returned from: its messages say, and `success` where they do not.

    ComfyUI leaves `success` as it was where no node could be begun, hence the order.
    """
    messages = dict(getattr(executor, "status_messages", None) or ())
    if STOPPED in messages:
        return Ended("interrupted", str(messages[STOPPED].get("node_id") or ""))
    if FAILED in messages:
        return of_error(messages[FAILED])
    succeeded = "execution_success" in messages or getattr(executor, "success", False)
    return Ended("done" if succeeded else "failed")


def of_error(message: dict[str, Any]) -> Ended:
    """From the message of a failed node."""
    node = str(message.get("node_id") or "")
    return error_ended(
        str(message.get("exception_type", "")), str(message.get("exception_message", "")), node
    )


def how_it_failed(error: BaseException) -> Ended:
    """Of a prompt that `execute_async` raised out of: no node is told then."""
    kind = type(error).__name__
    if kind in names("interruptions") or isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return Ended("interrupted")
    return error_ended(kind, str(error), "")


def error_ended(kind: str, said: str, node: str) -> Ended:
    """By an exception's type, else by its message; the type alone is kept, as messages can quote prompts."""
    short = kind.rpartition(".")[2]
    told = short in names("out_of_memory_types") or any(
        one in said.lower() for one in names("out_of_memory_said")
    )
    return Ended("out of memory" if told else "failed", node, kind)


def names(key: str) -> list[str]:
    """A row of `[watching]` of `data/comfyui_side.toml`."""
    from ...estimator import facts

    found: list[str] = facts.table("comfyui_side")["watching"][key]
    return found
