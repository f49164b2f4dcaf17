"""ComfyUI's own execution list and caches at work on prompts, no node of which is really run.

`python real_executor.py COMFYUI < JOBS`: each job is {"cache", "size", "runs": [{"prompt", "outputs", "asks"}]};
printed is, for each job with all node types known, [visited, executed, kept] of each run: ids in order, and
those whose results are in the cache at its end. `asks`: the lazy inputs that each node wants.
"""

import asyncio
import inspect
import json
import logging
import sys


async def settled(value):
    """A value that one version returns and the other promises."""
    return await value if inspect.isawaitable(value) else value


async def main(jobs):
    logging.disable(logging.CRITICAL)
    await nodes.init_builtin_extra_nodes()
    await settled(nodes.init_builtin_api_nodes())
    return [await job(**one) for one in jobs]


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
    keys = {one: getattr(caches.outputs, "cache_key_set", None) for one in prompt}
    held = getattr(caches.outputs, "cache", {})
    kept = [one for one, by in keys.items() if by and by.get_data_key(one) in held]
    return [visited, executed, kept, len(held)]


if __name__ == "__main__":
    sys.path[0], sys.argv[1:] = sys.argv[1], ["--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import execution
    import nodes

    print("\n" + json.dumps(asyncio.run(main(json.load(sys.stdin)))))
