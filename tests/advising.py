"""What tests of advice share: cases of prompts, what a rule offers of them, and what comes of it."""

from prompts import checkpoint, node, nowhere
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.judge import SLOW, better, grade
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import apply

LIBRARY = Library(nowhere)


def case_of(prompt, **where):
    """A prompt on a machine with 64 GiB of RAM, if `where` says nothing else."""
    return Case(read(prompt), machine(**{"ram": 64, "system": "linux"} | where), LIBRARY)


def offered(rule, case):
    """A rule's changes by what they choose."""
    return {one.choice: one for one in rule.changes(case)}


def kept_promises(rule, case):
    """A rule's changes, each of which makes the case better, and the graph before stays as it was."""
    before, found = case.graph.prompt(), list(rule.changes(case))
    assert found, "nothing is offered"
    for one in found:
        assert better(case.after(one).forecast, case.forecast), one.title
    assert case.graph.prompt() == before
    return found


def helping(rule, case):
    """What of a rule's changes really helps."""
    found = offered(rule, case)
    return {name: one for name, one in found.items() if better(case.after(one).forecast, case.forecast)}


def prompt_after(change, case):
    """The prompt once a change is made."""
    return apply(case.graph, change.edits).prompt()


def comes_true(change, case):
    """Whether the changed prompt, read anew, runs on the changed machine as was promised."""
    promised = case.after(change).forecast
    anew = Case(read(prompt_after(change, case)), change.machine or case.machine, LIBRARY).forecast
    return (anew.verdict, anew.tight, anew.seconds) == (promised.verdict, promised.tight, promised.seconds)


def runs(case, change):
    """Whether a case runs with a change."""
    return grade(case.after(change).forecast) <= SLOW


def written(change):
    """What a change writes, by node and input."""
    return {(one.node, one.input): one.value for one in change.edits if one.op == "set"}


def from_picture(prompt, side=4096, vae="1", slot=2):
    """A prompt that samples a picture of its own, encoded (nodes 30 and 31), instead of an empty latent."""
    sampler = prompt["8"]["inputs"] | {"latent_image": ["31", 0]}
    return prompt | {
        "8": prompt["8"] | {"inputs": sampler},
        "30": node("EmptyImage", width=side, height=side, batch_size=1, color=0),
        "31": node("VAEEncode", pixels=["30", 0], vae=[vae, slot]),
    }


def hires(side=1024, by=2.0, batch=1):
    """SDXL sampled once more (node 21) after its latent was enlarged (node 20)."""
    prompt = checkpoint(side=side, batch=batch)
    again = prompt["8"]["inputs"] | {"latent_image": ["20", 0], "denoise": 0.5}
    decode = prompt["9"]["inputs"] | {"samples": ["21", 0]}
    return prompt | {
        "20": node("LatentUpscaleBy", samples=["8", 0], upscale_method="bislerp", scale_by=by),
        "21": prompt["8"] | {"inputs": again},
        "9": prompt["9"] | {"inputs": decode},
    }
