"""comfy-aimdo itself on a pretended card: models are loaded and run as ComfyUI does it, page by page.

Run in a process of its own: `python real_pages.py LIBCUDA < cases.json`. A case is a card (its bytes, those
that others hold, headrooms) and the steps of a prompt; the answer is the pages of each model on the card and
the bytes of cast buffers, after every step.
"""

import ctypes
import json
import random
import sys

STREAMS = 2
BUFFER = 16 << 30
PAGE = 32 << 20


def main() -> None:
    """Run all cases, each on a card of its own."""
    cuda = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
    cuda.card_open.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
    cuda.cuMemAllocAsync.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    cuda.cuMemFreeAsync.argtypes = [ctypes.c_uint64, ctypes.c_void_p]
    from comfy_aimdo import control

    control.init("cuda")
    control.lib.set_log_level_none()
    if not control.lib.plat_init():
        raise SystemExit("comfy-aimdo does not start on the pretended card")
    json.dump([run(cuda, control, case) for case in json.load(sys.stdin)], sys.stdout)


def run(cuda, control, case):
    """One prompt on one card."""
    cuda.card_open(case["total"], case["others"])
    control.init("cuda", simple_vram_headroom=case["headroom"])
    control.lib.init((ctypes.c_int * 1)(0), (ctypes.c_uint64 * 1)(case["extra"]), 1)
    chance, models, found = random.Random(case["seed"]), {}, []
    for step in case["steps"]:
        buffer = work(cuda, chance, models, step)
        found.append({"models": {key: state(one) for key, one in models.items()}, "buffer": buffer})
    models.clear()
    control.lib.cleanup()
    return found


def work(cuda, chance, models, step):
    """Load a step's models, the main one last, and run two passes; returns the bytes of cast buffers."""
    for key, units in reversed(step["models"]):
        if key not in models:
            models[key] = addresses(units)
        models[key]["range"].prioritize()
    buffers, taken = [None] * STREAMS, None
    turns = [(key, place) for key, units in step["models"] for place in range(len(units))]
    chance.shuffle(turns)
    for again in range(2):
        peak = chance.randrange(len(turns))
        for number, (key, place) in enumerate(turns):
            if number == peak:
                taken = taken or allocate(cuda, step["activations"])
            through(models[key], place, buffers, number + again)
    size = sum(one[1] for one in buffers if one)
    release(cuda, taken, buffers)
    return size


def state(model):
    """Pages of a model on the card, and how many of its first layers are wholly there."""
    there, start = model["range"].get_residency(), model["range"].base_addr
    kept = 0
    for _, address, size in model["units"]:
        first, last = (address - start) // PAGE, (address - start + size - 1) // PAGE
        if last >= len(there) or not all(page & 1 for page in there[first : last + 1]):
            break
        kept += 1
    return {"pages": model["range"].loaded_size() // PAGE, "kept": kept}


def addresses(units):
    """A model's range, its units laid into it in turn."""
    from comfy_aimdo.model_vbar import ModelVBAR

    made = ModelVBAR(10 * sum(units), 0)
    return {"range": made, "units": [made.alloc(size) for size in units]}


def through(model, place, buffers, number):
    """One layer: its pages if they may be there, else its stream's buffer."""
    from comfy_aimdo.vram_buffer import VRAMBuffer

    _, address, size = model["units"][place]
    if model["range"].fault(address, size) is not None:
        model["range"].unpin(address, size)
        return
    stream = number % STREAMS
    made, grown = buffers[stream] or (VRAMBuffer(BUFFER, 0), 0)
    if size > grown:
        made.get(size, 0)
        grown = -(-size // (16 << 20)) * (16 << 20)
    buffers[stream] = (made, grown)


def allocate(cuda, size):
    """What torch takes for activations, at once; None for nothing, or where the card refuses it."""
    address = ctypes.c_uint64()
    refused = not size or cuda.cuMemAllocAsync(ctypes.byref(address), size, None)
    return None if refused else address.value


def release(cuda, taken, buffers):
    """What ends with a node."""
    if taken:
        cuda.cuMemFreeAsync(taken, None)
    buffers.clear()


if __name__ == "__main__":
    main()
