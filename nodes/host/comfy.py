"""The real host: the ComfyUI whose process this is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import definitions, files, memory, seen, serving, watching
from .protocol import Listener, Memory, Resident, Seen


class ComfyHost:
    """Answers by asking ComfyUI, each time anew."""

    def look(self) -> Seen:
        """What is true now."""
        return seen.look()

    def memory(self) -> Memory | None:
        """The memory of card and computer now."""
        return memory.memory()

    def forget_peak(self) -> bool:
        """Begin to measure the peak anew; whether the device could."""
        return memory.forget_peak()

    def loaded(self) -> tuple[Resident, ...]:
        """The models that ComfyUI holds."""
        return memory.loaded()

    def release(self) -> None:
        """Have ComfyUI unload its models."""
        memory.release()

    def resolve(self, folder: str, name: str) -> Path | None:
        """The file that a loader's widget names."""
        return files.resolve(folder, name)

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders."""
        return files.names(folder)

    def describe(self, class_type: str) -> dict[str, Any] | None:
        """A node type as `GET /object_info` describes it."""
        return definitions.describe(class_type)

    def user_folder(self) -> Path:
        """This pack's own folder in ComfyUI's user folder."""
        return files.user_folder()

    def checkout(self) -> Path | None:
        """The folder of this ComfyUI's own code."""
        return files.checkout()

    def busy(self) -> bool:
        """Whether a prompt runs or waits."""
        return serving.busy()

    def settings(self, request: Any) -> dict[str, Any]:
        """The user's settings in the frontend."""
        return serving.settings(request)

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Send an event to all open frontends."""
        serving.tell(event, data)

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of every run from now on."""
        return watching.watch(listener)
