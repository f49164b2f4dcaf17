"""By what runs of one workflow are known: a digest of the prompt without its texts and seeds."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..answers.files import definitions


def digest(prompt: Mapping[str, Any]) -> str:
    """The same for two prompts that differ in seeds and texts only."""
    from ...estimator.workflow.definitions import using

    with using(definitions()):
        nodes = {str(key): shape(node) for key, node in prompt.items() if isinstance(node, Mapping)}
    text = json.dumps(nodes, sort_keys=True, default=lambda value: type(value).__name__)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def shape(node: Mapping[str, Any]) -> list[Any]:
    """A node's type and its inputs. Of texts only those count that are chosen from a list."""
    from ...estimator.workflow.definitions import definition
    from ...estimator.workflow.repeat import seeds

    class_type, given = str(node.get("class_type", "")), node.get("inputs")
    row = definition(class_type) or {"inputs": []}
    chosen = {one["name"] for one in row["inputs"] if one["type"] == "COMBO"}
    changing = seeds(class_type)
    inputs = given if isinstance(given, Mapping) else {}
    return [
        class_type,
        {name: kept(value, name in chosen) for name, value in inputs.items() if name not in changing},
    ]


def kept(value: Any, chosen: bool) -> Any:
    """What counts of an input's value: a choice, a number, or a link."""
    return value if chosen or isinstance(value, int | float) or is_link(value) else None


def is_link(value: Any) -> bool:
    """Whether a value is another node's output: its id and the output's number."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[1], int)
