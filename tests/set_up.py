"""Cases for tests of rules, and what becomes of a rule's changes."""

from prompts import nowhere
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.judge import better
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import apply


def case(prompt, **where):
    """A prompt on a machine: 64 GiB and Linux where nothing else is said."""
    here = machine(**{"ram": 64, "system": "linux"} | where)
    return Case(read(prompt), here, Library(nowhere))


def offered(rule, here):
    """What a rule offers, each by its choice, whether it helps or not."""
    return {change.choice: change for change in rule.changes(here)}


def helping(rule, here):
    """What of it really helps."""
    found = offered(rule, here)
    return {name: one for name, one in found.items() if better(here.after(one).forecast, here.forecast)}


def prompt_after(change, here):
    """The prompt once a change is made."""
    return apply(here.graph, change.edits).prompt()


def comes_true(change, here):
    """Whether the changed prompt, read anew, runs on the changed machine as was promised."""
    promised = here.after(change).forecast
    anew = Case(read(prompt_after(change, here)), change.machine or here.machine, Library(nowhere)).forecast
    return (anew.verdict, anew.tight, anew.seconds) == (promised.verdict, promised.tight, promised.seconds)
