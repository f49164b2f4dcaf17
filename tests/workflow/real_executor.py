"""ComfyUI's own execution list and caches at work on prompts, no node of which is really run.

`python real_executor.py COMFYUI`: it says the version, then answers each line of input, a job
{"cache", "size", "runs": [{"prompt", "outputs", "asks"}]}, with a line: null where a node type is not known,
else for each run the ids visited and those executed, in order, and how many results are held at its end.
`asks`: the lazy inputs that each node wants.
"""

import asyncio
import inspect
import json
import logging
import sys


async def settled(value):
    """A value that one version returns and the other promises."""
    return await value if inspect.isawaitable(value) else value


class StandIn:
    """A node type that is newer than the ComfyUI at hand, as far as an execution list looks at it."""

    FUNCTION, RETURN_TYPES = "run", ("*",)

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {name: ("*", {"lazy": True}) for name in ("on_false", "on_true")}}

    def run(self):
        """Nothing."""


class WaitingStandIn(StandIn):
    """The same for one that calls a service."""

    async def run(self):
        """Nothing."""


async def main():
    """Load all node types, then answer one job after the other."""
    logging.disable(logging.CRITICAL)
    await nodes.init_builtin_extra_nodes()
    await settled(nodes.init_builtin_api_nodes())
    nodes.NODE_CLASS_MAPPINGS.setdefault("ComfySwitchNode", StandIn)
    nodes.NODE_CLASS_MAPPINGS.setdefault("FluxKontextProImageNode", WaitingStandIn)
    say(comfyui_version.__version__)
    for line in sys.stdin:
        say(await job(**json.loads(line)))


def say(found):
    """One line of JSON on the real standard output."""
    ANSWERS.write(json.dumps(found) + "\n")
    ANSWERS.flush()


async def job(cache, size, runs):
    if any(one["class_type"] not in nodes.NODE_CLASS_MAPPINGS for one in runs[0]["prompt"].values()):
        return None
    caches = execution.CacheSet(execution.CacheType[cache], {"lru": size, "ram": 0.0})
    return [await run(caches, **one) for one in runs]


async def run(caches, prompt, outputs, asks):
    """One prompt, as PromptExecutor.execute_async goes about it."""
    dynamic = execution.DynamicPrompt(prompt)
    changed = execution.IsChangedCache("prompt", dynamic, caches.outputs)
    for cache in caches.all:
        await cache.set_prompt(dynamic, prompt.keys(), changed)
        cache.clean_unused()
    listed = execution.ExecutionList(dynamic, caches.outputs)
    for node_id in outputs:
        listed.add_node(node_id)
    visited, executed = [], []
    while not listed.is_empty():
        node_id, error, _ = await listed.stage_node_execution()
        if error:
            return None
        hit = await settled(caches.outputs.get(node_id))
        if hit is None and asks.get(node_id):
            for name in asks.pop(node_id):
                listed.make_input_strong_link(node_id, name)
            listed.unstage_node_execution()
            continue
        visited.append(node_id)
        if hit is None:
            executed.append(node_id)
            slots = range(len(nodes.NODE_CLASS_MAPPINGS[prompt[node_id]["class_type"]].RETURN_TYPES) + 9)
            entry = execution.CacheEntry(ui=None, outputs=[[f"{node_id}/{slot}"] for slot in slots])
            listed.cache_update(node_id, entry)
            await settled(caches.outputs.set(node_id, entry))
        else:
            listed.cache_update(node_id, hit)
        listed.complete_node_execution()
    return [visited, executed, len(getattr(caches.outputs, "cache", ()))]


if __name__ == "__main__":
    sys.path[0], sys.argv[1:] = sys.argv[1], ["--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfyui_version
    import execution

    import nodes

    ANSWERS, sys.stdout = sys.stdout, sys.stderr  # node packs print
    asyncio.run(main())
