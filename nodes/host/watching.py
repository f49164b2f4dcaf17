"""How the pack learns of runs: two functions of ComfyUI's are wrapped, and a progress handler is added.

ComfyUI 0.3.75, 0.8.0, 0.18.1 and 0.33.0 have all of it alike: `execution.PromptExecutor.execute_async`, whose
beginning and end are a prompt's, and `execution.reset_progress_state`, which it calls once to make the
registry that tells handlers of nodes.
"""

import functools
import importlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from .endings import how_it_ended, how_it_failed
from .protocol import Ended, Listener, Renamed

logger = logging.getLogger("vram_forecast")
MARK = "vram_forecast_watch"
# What `execute_async` takes after its executor, in ComfyUI's order.
TAKEN = ("prompt", "prompt_id", "extra_data", "execute_outputs")


def watch(listener: Listener) -> Callable[[], None]:
    """Tell `listener` of every run from now on; what comes back ends that. A run under way is not told of.

    Raises `Renamed` where this version of ComfyUI has no place left to listen at; nothing is changed then.
    """
    places = Places()
    found = getattr(places.execution.reset_progress_state, MARK, None)
    if found is None or found is not getattr(places.executor.execute_async, MARK, None):
        found = Watch(places)
        found.wrap()
    found.listeners.append(listener)
    return functools.partial(found.leave, listener)


class Places:
    """The names of ComfyUI's that are wrapped or called; raises `Renamed` for the first that is missing."""

    def __init__(self) -> None:
        """Look them up."""
        self.execution = module("execution")
        self.progress = module("comfy_execution.progress")
        self.executor = named(self.execution, "PromptExecutor")
        named(self.executor, "execute_async", "execution.PromptExecutor")
        named(self.execution, "reset_progress_state")
        named(self.progress, "add_progress_handler")
        named(self.progress, "ProgressHandler")


def module(name: str) -> Any:
    """A module of ComfyUI's; raises `Renamed`."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Renamed(name) from error


def named(holder: Any, name: str, where: str = "") -> Any:
    """A name in a module or class; raises `Renamed`."""
    try:
        return getattr(holder, name)
    except AttributeError as error:
        raise Renamed(f"{where or holder.__name__}.{name}") from error


class Watch:
    """The two wrapped functions, and who is told by them.

    `hearing`: those who were told of the present run's beginning, since they alone are told of the rest.
    """

    def __init__(self, places: Places) -> None:
        """Nothing is wrapped yet."""
        self.places = places
        self.listeners: list[Listener] = []
        self.hearing: tuple[Listener, ...] = ()
        self.undo: list[Callable[[], None]] = []

    def wrap(self) -> None:
        """Put our functions in place."""
        self.put(self.places.execution, "reset_progress_state", self.reset)
        self.put(self.places.executor, "execute_async", self.execute)

    def put(self, holder: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Wrap one function, and know how to put it back if nobody has wrapped it since."""
        original = getattr(holder, name)
        ours = functools.wraps(original)(make(original))
        setattr(ours, MARK, self)
        setattr(holder, name, ours)

        def put_back() -> None:
            if getattr(holder, name, None) is ours:
                setattr(holder, name, original)

        self.undo.append(put_back)

    def leave(self, listener: Listener) -> None:
        """Tell a listener no more; with the last, ComfyUI's functions are put back."""
        self.listeners[:] = [one for one in self.listeners if one is not listener]
        if not self.listeners:
            for put_back in self.undo:
                put_back()

    def reset(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`reset_progress_state` that then adds a handler to the registry it made."""

        def reset_progress_state(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            try:
                self.places.progress.add_progress_handler(handler(self))
            except Exception:
                logger.warning("the nodes of this run cannot be watched", exc_info=True)
            return result

        return reset_progress_state

    def execute(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`execute_async` that tells of a prompt's beginning and end."""

        async def execute_async(executor: Any, *args: Any, **kwargs: Any) -> Any:
            before, self.hearing = self.hearing, tuple(self.listeners)
            hearing, prompt_id = self.hearing, self.begin(args, kwargs)
            try:
                result = await original(executor, *args, **kwargs)
            except BaseException as error:
                self.end(hearing, prompt_id, how_it_failed, error)
                raise
            else:
                self.end(hearing, prompt_id, how_it_ended, executor)
                return result
            finally:
                self.hearing = before

        return execute_async

    def begin(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """Tell of a prompt's beginning; its id."""
        given = dict(zip(TAKEN, args, strict=False)) | dict(kwargs)
        prompt_id, outputs = str(given.get("prompt_id", "")), given.get("execute_outputs")
        known = tuple(outputs) if isinstance(outputs, list | tuple | set) else ()
        self.tell(self.hearing, "prompt_started", prompt_id, given.get("prompt") or {}, known)
        return prompt_id

    def end(
        self, hearing: tuple[Listener, ...], prompt_id: str, read: Callable[[Any], Ended], of: Any
    ) -> None:
        """Tell of a prompt's end, which is read of what is left of it."""
        try:
            ended = read(of)
        except Exception:
            logger.warning("how a run ended cannot be read", exc_info=True)
            ended = Ended("failed")
        self.tell(hearing, "prompt_ended", prompt_id, ended)

    def tell(self, hearing: tuple[Listener, ...], what: str, *said: Any) -> None:
        """Tell of an event all who hear this run; who raises is logged, and told no more."""
        for listener in hearing:
            if not any(one is listener for one in self.listeners):
                continue
            try:
                getattr(listener, what)(*said)
            except Exception:
                logger.warning(
                    "%s failed at %s and is told no more", type(listener).__name__, what, exc_info=True
                )
                self.leave(listener)


def handler(watch: Watch) -> Any:
    """A progress handler that tells a watch of nodes, as ComfyUI's class wants it made."""

    class Told(watch.places.progress.ProgressHandler):
        """Its name is its key in the registry: one for each watch."""

        registry = None

        def set_registry(self, registry: Any) -> None:
            self.registry = registry

        def start_handler(self, node_id: str, state: Any, prompt_id: str, *more: Any, **named: Any) -> None:
            watch.tell(watch.hearing, "node_started", node_id, real_node(self.registry, node_id))

        def update_handler(
            self, node_id: str, value: float, max_value: float, *more: Any, **named: Any
        ) -> None:
            watch.tell(watch.hearing, "node_progressed", node_id, value, max_value)

        def finish_handler(self, node_id: str, *more: Any, **named: Any) -> None:
            watch.tell(watch.hearing, "node_finished", node_id)

    return Told(f"{MARK}_{id(watch):x}")


def real_node(registry: Any, node: str) -> str:
    """The node of the prompt that a node was made by, or itself where that is not told."""
    try:
        return str(registry.dynprompt.get_real_node_id(node))
    except Exception:
        return node
