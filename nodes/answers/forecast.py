"""Forecasts, advice and limits of a workflow on the machine that this ComfyUI runs on, or on another."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from .. import host, tracing
from .files import ModelFiles, definitions
from .kept import Kept
from .machine import asked_about, machine
from .past import corrections
from .patience import within
from .question import HERE, Other, Question, Workflow, key, opened
from .refusal import NoForecast, spoken
from .settings import setting
from .sharing import quick_switches
from .steady import steady


def checked(
    workflow: Workflow,
    *,
    outputs: Sequence[str] = (),
    suggestions: int | None = 0,
    always: bool = False,
    on: Other = HERE,
):
    """The forecast of a workflow here and now, an `estimator.Checked`. Raises `NoForecast`.

    `workflow`: the bytes of a file, or a decoded API prompt or saved graph; `outputs`: the ids of the nodes
    that are asked for, all without; `suggestions`: how many changes that help are looked for at most, each of
    which takes some forecasts; None for as many as there are; `always`: also of a workflow that runs well.
    In whatever thread it is called; what it finds is kept while nothing that it rests on has changed.
    """
    return answered(workflow, Question("check", tuple(outputs), suggestions, always, on=on))


def limited(
    workflow: Workflow, *, outputs: Sequence[str] = (), slowdown: float | None = None, on: Other = HERE
):
    """The most that a workflow can ask for here and now, `estimator.Limits`. Raises `NoForecast`.

    `slowdown`: how many times as long as with all weights on the card still counts as quick.
    """
    return answered(workflow, Question("limits", tuple(outputs), slowdown=slowdown, on=on))


def answered(workflow: Workflow, question: Question) -> Any:
    """The answer to a question, kept or new. Raises `NoForecast`."""
    with spoken(), within(setting("seconds")), quick_switches():
        workflow, seen = opened(workflow), host.host().look()
        known = corrections(machine(seen)) if question.on == HERE else ()
        here = asked_about(seen, question.on, known)

        def work(files: ModelFiles) -> Any:
            return work_out(workflow, question, here, files)

        asked = key(workflow, question, steady().seen(seen, question.on), known)
        return kept().or_else(asked, work, size)


def work_out(workflow: Workflow, question: Question, here, files: ModelFiles) -> Any:
    """The answer to a question, worked out now; files are named in sentences as nodes name them."""
    from ... import estimator
    from ...estimator.errors import InputError

    common: dict[str, Any] = {"outputs": question.outputs, "definitions": definitions()}
    try:
        if question.what == "limits":
            return estimator.limits(workflow, here, files, slowdown=question.slowdown, **common)
        found = estimator.check(
            workflow,
            here,
            files,
            suggestions=question.suggestions,
            always=question.always,
            **common,
        )
        if question.on == HERE:
            tracing.wanted(found.forecast.components, files.paths())
        return found
    except InputError as error:
        raise NoForecast(files.by_name(str(error)), 400) from None


@cache
def kept() -> Kept:
    """The answers that are kept."""
    return Kept(setting("entries"), setting("entry_bytes"))


def size(answer: Any) -> int:
    """How much an answer is, in bytes of JSON."""
    return len(encoder(answer)(answer))


def encoder(answer: Any) -> Callable[[Any], bytes | str]:
    """What turns an answer into the JSON of the command line."""
    from ...estimator import Checked, report

    return report.encode if isinstance(answer, Checked) else report.limits.encode
