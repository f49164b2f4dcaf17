"""What the pack may ask of ComfyUI, as plain values; who answers is `host()`'s choice."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

Outcome = Literal["done", "failed", "interrupted", "out of memory"]


class Holder(NamedTuple):
    """A program that holds memory on the card; `bytes` is None where the driver does not tell how much."""

    name: str
    bytes: int | None = None


class Seen(NamedTuple):
    """This machine and this ComfyUI; sizes in bytes. `vram_free` counts what ComfyUI would evict as free.

    `swap`: None where it is not known; `disk`: what the models lie on (`nvme`, `ssd`, `hdd`), empty likewise;
    `holders`: who else holds memory on the card, the largest first, None where it is not known.
    """

    device: str
    vendor: str
    vram_total: int
    vram_free: int
    compute_capability: float | None
    os: str
    ram_total: int
    ram_free: int
    comfy: str
    torch: str
    flags: tuple[str, ...]
    dynamic_vram: bool
    swap: int | None = None
    disk: str = ""
    holders: tuple[Holder, ...] | None = None


class Memory(NamedTuple):
    """What torch's allocator and the driver tell of the card just now; bytes. None: not told.

    `allocated`: live tensors; `peak`: the most of them since `forget_peak`; `reserved`: what the allocator
    holds; `retries`: how often it freed its cache since ComfyUI's start, since the card was full; `used`: of
    the card, by all programs; `ram_used`: of the computer, by all programs.
    """

    allocated: int | None
    peak: int | None
    reserved: int | None
    retries: int | None
    used: int | None
    ram_used: int


class Resident(NamedTuple):
    """A model that ComfyUI holds: its class, its bytes, and how many of them are on the card."""

    name: str
    bytes: int
    on_card: int


class Ended(NamedTuple):
    """How a prompt ended; where it failed also at which `node`, and as `error` the exception's type alone."""

    outcome: Outcome
    node: str = ""
    error: str = ""


class Listener(Protocol):
    """Who is told of a run, in ComfyUI's thread of execution: quick; what it raises is lost."""

    def prompt_started(self, prompt_id: str, prompt: Mapping[str, Any], outputs: tuple[str, ...]) -> None:
        """A prompt begins; `outputs`: the nodes that it is run for."""

    def node_started(self, node: str, real: str) -> None:
        """A node begins: its id, and that of the node of the prompt that it was made by or is."""

    def node_progressed(self, node: str, value: float, most: float) -> None:
        """A node has done `value` of `most` units of its work."""

    def node_finished(self, node: str) -> None:
        """A node is done; also one that was not started, since its result was at hand."""

    def prompt_ended(self, prompt_id: str, ended: Ended) -> None:
        """A prompt is over."""


class Host(Protocol):
    """ComfyUI, or what stands in for it. What a version or a device does not tell is None, never guessed."""

    def look(self) -> Seen:
        """What is true now. With `--cpu` the device is the CPU, and its memory is RAM, as ComfyUI has it."""

    def memory(self) -> Memory | None:
        """The memory of card and computer now; None where not even the computer's is told."""

    def forget_peak(self) -> bool:
        """Begin to measure the peak anew; whether the device could."""

    def loaded(self) -> tuple[Resident, ...]:
        """The models that ComfyUI holds."""

    def release(self) -> None:
        """Have ComfyUI unload its models, and give the card what its cache holds."""

    def resolve(self, folder: str, name: str) -> Path | None:
        """The file that a loader's widget names, by ComfyUI's folder name; None where there is none."""

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders as loaders name them."""

    def describe(self, class_type: str) -> dict[str, Any] | None:
        """A node type as `GET /object_info` describes it; None for one that is not installed."""

    def user_folder(self) -> Path:
        """This pack's own folder in ComfyUI's user folder; it need not exist yet."""

    def checkout(self) -> Path | None:
        """The folder of this ComfyUI's own code; None where there is none."""

    def busy(self) -> bool:
        """Whether a prompt runs or waits."""

    def settings(self, request: Any) -> dict[str, Any]:
        """The user's settings in the frontend, by their ids; `request` says which user's. Empty if none."""

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Send an event to all open frontends; lost where none can be reached."""

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` of every run from now on; what comes back ends that.

        Raises `Renamed` where this version of ComfyUI has no place left to listen at.
        """


class Renamed(Exception):
    """A name of ComfyUI's own that this version does not have; says which."""
