"""How runs are watched, with a stand-in that has ComfyUI's executor, registry and messages in small."""

import asyncio
import inspect
import logging
import sys
from types import ModuleType, SimpleNamespace

import pytest
from vram_forecast.nodes.host import Ended, Renamed, watching

PROMPT = {"1": {"class_type": "Loader"}, "2": {"class_type": "Sampler"}}
METHODS = ("prompt_started", "node_started", "node_progressed", "node_finished", "prompt_ended")


class Heard(list):
    """A listener that keeps what it is told, and can fail at one method."""

    def __init__(self, fails=""):
        self.fails = fails

    def __getattr__(self, name):
        if name not in METHODS:
            raise AttributeError(name)

        def told(*said):
            self.append((name, *said))
            if name == self.fails:
                raise RuntimeError("a listener's own fault")

        return told

    def names(self):
        return [one[0] for one in self]


class ProgressHandler:
    def __init__(self, name):
        self.name, self.enabled = name, True

    def set_registry(self, registry):
        pass

    def start_handler(self, node_id, state, prompt_id):
        pass

    def update_handler(self, node_id, value, max_value, state, prompt_id, image=None):
        pass

    def finish_handler(self, node_id, state, prompt_id):
        pass

    def reset(self):
        pass


class Registry:
    def __init__(self, prompt_id, dynprompt):
        self.prompt_id, self.dynprompt, self.handlers = prompt_id, dynprompt, {}

    def each(self, what, node, *said):
        for one in self.handlers.values():
            getattr(one, what)(node, *said, {}, self.prompt_id)


class Interrupted(BaseException):
    """Under ComfyUI's name, since by that it is known."""


Interrupted.__name__ = "InterruptProcessingException"


@pytest.fixture
def comfyui(monkeypatch):
    """A ComfyUI whose prompts do what `script` says, by a registry that is made anew for each."""
    execution, progress = ModuleType("execution"), ModuleType("comfy_execution.progress")

    def reset_progress_state(prompt_id, dynprompt):
        progress.registry = Registry(prompt_id, dynprompt)
        return "the original's"

    def add_progress_handler(handler):
        handler.set_registry(progress.registry)
        progress.registry.handlers[handler.name] = handler

    def script(each, executor):
        each("start_handler", "1")
        each("update_handler", "1", 3.0, 20.0)
        each("finish_handler", "1")

    class PromptExecutor:
        success, status_messages = True, ()

        async def execute_async(self, prompt, prompt_id, extra_data={}, execute_outputs=[]):  # noqa: B006
            self.status_messages = [("execution_start", {})]
            made = SimpleNamespace(get_real_node_id=lambda node: node.split(".")[0])
            assert "the original's" == execution.reset_progress_state(prompt_id, dynprompt=made)
            await asyncio.sleep(0)
            outcome = execution.script(progress.registry.each, self)
            if inspect.isawaitable(outcome):
                outcome = await outcome
            return outcome

    execution.reset_progress_state, execution.PromptExecutor = reset_progress_state, PromptExecutor
    execution.script, progress.ProgressHandler = script, ProgressHandler
    progress.add_progress_handler = add_progress_handler
    monkeypatch.setitem(sys.modules, "execution", execution)
    monkeypatch.setitem(sys.modules, "comfy_execution.progress", progress)
    originals = (reset_progress_state, PromptExecutor.execute_async)
    return SimpleNamespace(execution=execution, progress=progress, originals=originals)


def run(comfyui, script=None):
    """One prompt, as `PromptExecutor.execute` runs it; its executor."""
    if script:
        comfyui.execution.script = script
    executor = comfyui.execution.PromptExecutor()
    asyncio.run(executor.execute_async(PROMPT, "p", {}, ["2"]))
    return executor


def in_place(comfyui):
    return (comfyui.execution.reset_progress_state, comfyui.execution.PromptExecutor.execute_async)


def failing(kind, said=""):
    """A script whose node 2 fails as ComfyUI tells of it: a message, and no exception out of the executor."""

    def script(each, executor):
        each("start_handler", "2")
        executor.success = False
        error = {"node_id": "2", "exception_type": kind, "exception_message": said}
        executor.status_messages.append(("execution_error", error))

    return script


def raising(error):
    def script(each, executor):
        raise error

    return script


def test_a_run_is_told_from_its_beginning_to_its_end(comfyui):
    heard = Heard()
    watching.watch(heard)
    run(comfyui)
    assert [
        ("prompt_started", "p", PROMPT, ("2",)),
        ("node_started", "1", "1"),
        ("node_progressed", "1", 3.0, 20.0),
        ("node_finished", "1"),
        ("prompt_ended", "p", Ended("done")),
    ] == heard


def test_a_node_whose_result_is_at_hand_is_finished_without_a_start(comfyui):
    heard = Heard()
    watching.watch(heard)
    run(comfyui, lambda each, executor: each("finish_handler", "1"))
    assert ["prompt_started", "node_finished", "prompt_ended"] == heard.names()


def test_a_node_made_by_another_is_told_with_the_one_of_the_prompt(comfyui):
    heard = Heard()
    watching.watch(heard)
    run(comfyui, lambda each, executor: each("start_handler", "7.0.3"))
    assert ("node_started", "7.0.3", "7") == heard[1]


def test_a_registry_that_knows_no_real_nodes_gives_the_nodes_own_id():
    assert "7.0.3" == watching.real_node(SimpleNamespace(dynprompt=None), "7.0.3")


@pytest.mark.parametrize("by_name", [(), ("execute_outputs",), watching.TAKEN])
def test_arguments_are_known_by_position_and_by_name(comfyui, by_name):
    heard = Heard()
    watching.watch(heard)
    given = dict(zip(watching.TAKEN, (PROMPT, "p", {}, ["2"]), strict=True))
    positional = [given[name] for name in watching.TAKEN if name not in by_name]
    executor = comfyui.execution.PromptExecutor()
    asyncio.run(executor.execute_async(*positional, **{name: given[name] for name in by_name}))
    assert ("prompt_started", "p", PROMPT, ("2",)) == heard[0]


def test_a_prompt_without_outputs_is_told_with_none(comfyui):
    heard = Heard()
    watching.watch(heard)
    asyncio.run(comfyui.execution.PromptExecutor().execute_async(PROMPT, "p"))
    assert ("prompt_started", "p", PROMPT, ()) == heard[0]


@pytest.mark.parametrize(
    ("kind", "said", "outcome"),
    [
        ("ValueError", "a man at C:/secret.png", "failed"),
        ("torch.OutOfMemoryError", "Allocation on device", "out of memory"),
        ("torch.cuda.OutOfMemoryError", "", "out of memory"),
        ("MemoryError", "", "out of memory"),
        ("RuntimeError", "MPS backend out of memory (MPS allocated: 9 GB)", "out of memory"),
        ("torch.AcceleratorError", "x\nThis error means you ran out of memory on your GPU.", "out of memory"),
    ],
)
def test_a_failed_node_is_told_with_its_exceptions_type_and_none_of_its_text(comfyui, kind, said, outcome):
    heard = Heard()
    watching.watch(heard)
    run(comfyui, failing(kind, said))
    assert ("prompt_ended", "p", Ended(outcome, "2", kind)) == heard[-1]


def test_an_interrupted_run_is_told_as_such(comfyui):
    def script(each, executor):
        executor.success = False
        executor.status_messages.append(("execution_interrupted", {"node_id": "2"}))

    heard = Heard()
    watching.watch(heard)
    run(comfyui, script)
    assert ("prompt_ended", "p", Ended("interrupted", "2")) == heard[-1]


def test_success_left_over_from_another_prompt_does_not_count_against_the_messages(comfyui):
    def script(each, executor):
        executor.success = False
        executor.status_messages.append(("execution_success", {}))

    heard = Heard()
    watching.watch(heard)
    run(comfyui, script)
    assert Ended("done") == heard[-1][2]


def test_messages_of_another_shape_end_as_failed_and_are_no_fault_of_the_listener(comfyui, caplog):
    heard = Heard()
    watching.watch(heard)
    run(comfyui, lambda each, executor: setattr(executor, "status_messages", [1]))
    run(comfyui, failing("ValueError"))
    assert [Ended("failed"), Ended("failed", "2", "ValueError")] == [
        one[2] for one in heard if one[0] == "prompt_ended"
    ]
    assert 1 == caplog.text.count("how a run ended cannot be read")


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (ValueError("a man"), Ended("failed", "", "ValueError")),
        (MemoryError(), Ended("out of memory", "", "MemoryError")),
        (Interrupted(), Ended("interrupted")),
        (KeyboardInterrupt(), Ended("interrupted")),
    ],
)
def test_what_the_executor_raises_passes_and_is_told(comfyui, error, ended):
    heard = Heard()
    watching.watch(heard)
    with pytest.raises(type(error)) as raised:
        run(comfyui, raising(error))
    assert error is raised.value
    assert ("prompt_ended", "p", ended) == heard[-1]


def test_a_cancelled_run_is_cancelled_and_told_as_interrupted(comfyui):
    heard = Heard()
    watching.watch(heard)
    comfyui.execution.script = lambda each, executor: asyncio.sleep(60)

    async def cancel():
        task = asyncio.ensure_future(comfyui.execution.PromptExecutor().execute_async(PROMPT, "p", {}, []))
        for _ in range(4):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert ["prompt_started", "prompt_ended"] == heard.names()
    assert Ended("interrupted") == heard[-1][2]


def test_what_the_executor_returns_passes(comfyui):
    watching.watch(Heard())
    comfyui.execution.script = lambda each, executor: "kept"
    ran = comfyui.execution.PromptExecutor().execute_async(PROMPT, "p", {}, [])
    assert "kept" == asyncio.run(ran)


def test_wrong_arguments_raise_the_executors_own_error(comfyui):
    watching.watch(Heard())
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        asyncio.run(comfyui.execution.PromptExecutor().execute_async(PROMPT, "p", colour="red"))


@pytest.mark.parametrize("fails", METHODS)
def test_a_listener_that_raises_is_logged_once_and_dropped_and_the_other_goes_on(comfyui, caplog, fails):
    broken, whole = Heard(fails), Heard()
    watching.watch(broken)
    watching.watch(whole)
    for _ in range(2):
        assert run(comfyui).success
    assert fails == broken.names()[-1]
    assert METHODS.index(fails) + 1 == len(broken)
    assert list(METHODS) * 2 == whole.names()
    (told,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert f"Heard failed at {fails} and is told no more" == told.getMessage()


def test_with_its_last_listener_dropped_comfyui_is_as_it_was(comfyui):
    watching.watch(Heard("prompt_ended"))
    run(comfyui)
    assert comfyui.originals == in_place(comfyui)


def test_a_registry_without_our_handler_still_runs_the_prompt(comfyui, caplog):
    heard = Heard()
    watching.watch(heard)
    comfyui.progress.add_progress_handler = raising(RuntimeError("no more handlers"))
    run(comfyui)
    assert ["prompt_started", "prompt_ended"] == heard.names()
    assert "the nodes of this run cannot be watched" in caplog.text


def test_a_second_watch_wraps_nothing_anew_and_ends_alone(comfyui):
    first, second = Heard(), Heard()
    end_first = watching.watch(first)
    wrapped = in_place(comfyui)
    end_second = watching.watch(second)
    assert wrapped == in_place(comfyui)
    run(comfyui)
    end_second()
    run(comfyui)
    assert (list(METHODS) * 2, list(METHODS)) == (first.names(), second.names())
    end_first()
    assert comfyui.originals == in_place(comfyui)


def test_one_who_comes_during_a_run_hears_of_the_next(comfyui):
    first, late = Heard(), Heard()
    watching.watch(first)

    def script(each, executor):
        watching.watch(late)
        each("start_handler", "1")

    run(comfyui, script)
    assert [] == late
    comfyui.execution.script = lambda each, executor: None
    run(comfyui)
    assert ["prompt_started", "prompt_ended"] == late.names()


def test_who_leaves_during_a_run_hears_no_more_of_it_and_may_leave_twice(comfyui):
    heard = Heard()
    end = watching.watch(heard)
    run(comfyui, lambda each, executor: end())
    end()
    assert ["prompt_started"] == heard.names()


def test_what_another_pack_has_wrapped_over_ours_stays_and_passes_everything(comfyui):
    heard = Heard()
    end = watching.watch(heard)
    ours = comfyui.execution.reset_progress_state
    over = comfyui.execution.reset_progress_state = lambda *args, **kwargs: ours(*args, **kwargs)
    end()
    assert (over, comfyui.originals[1]) == in_place(comfyui)
    run(comfyui)
    assert [] == heard
    watching.watch(heard)
    run(comfyui)
    assert list(METHODS) == heard.names()


def test_where_one_of_ours_was_taken_out_a_watch_puts_both_in_anew(comfyui):
    first, second = Heard(), Heard()
    watching.watch(first)
    comfyui.execution.PromptExecutor.execute_async = comfyui.originals[1]
    watching.watch(second)
    run(comfyui)
    assert ([], list(METHODS)) == (first.names(), second.names())


def test_a_prompt_run_inside_another_leaves_the_outer_ones_nodes_heard(comfyui):
    heard = Heard()
    watching.watch(heard)

    async def outer(each, executor):
        comfyui.execution.script = lambda each, executor: each("start_handler", "2")
        await comfyui.execution.PromptExecutor().execute_async(PROMPT, "inner", {}, [])
        each("finish_handler", "1")

    run(comfyui, outer)
    assert [
        ("prompt_started", "p"),
        ("prompt_started", "inner"),
        ("node_started", "2"),
        ("prompt_ended", "inner"),
        ("node_finished", "1"),
        ("prompt_ended", "p"),
    ] == [one[:2] for one in heard]


def test_nodes_outside_of_a_run_are_not_told(comfyui):
    heard = Heard()
    watching.watch(heard)
    run(comfyui, lambda each, executor: None)
    comfyui.execution.reset_progress_state("q", dynprompt=None)
    comfyui.progress.registry.each("start_handler", "1")
    assert ["prompt_started", "prompt_ended"] == heard.names()


@pytest.mark.parametrize(
    ("holder", "name", "told"),
    [
        ("execution", "reset_progress_state", "execution.reset_progress_state"),
        ("execution", "PromptExecutor", "execution.PromptExecutor"),
        ("executor", "execute_async", "execution.PromptExecutor.execute_async"),
        ("progress", "ProgressHandler", "comfy_execution.progress.ProgressHandler"),
        ("progress", "add_progress_handler", "comfy_execution.progress.add_progress_handler"),
    ],
)
def test_a_name_that_this_version_lacks_is_said_and_nothing_is_wrapped(comfyui, holder, name, told):
    holders = {**vars(comfyui), "executor": comfyui.execution.PromptExecutor}
    delattr(holders[holder], name)
    left = {one: dict(vars(held)) for one, held in holders.items() if one != "originals"}
    with pytest.raises(Renamed, match=f"^{told}$"):
        watching.watch(Heard())
    assert left == {one: dict(vars(held)) for one, held in holders.items() if one != "originals"}


@pytest.mark.parametrize("name", ["execution", "comfy_execution.progress"])
def test_a_module_that_this_version_lacks_is_said(comfyui, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Renamed, match=f"^{name}$"):
        watching.watch(Heard())
