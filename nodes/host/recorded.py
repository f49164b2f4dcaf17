"""A host that answers from a recording, for tests: alone, or over a real ComfyUI of which it changes some."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .protocol import Holder, Host, Listener, Memory, Resident, Seen


class RecordedHost:
    """What a JSON file says: `seen`, `memory` (one after the other, the last for good), `loaded`, `models`
    (folders laid out as ComfyUI's), `object_info`, `settings`, `user_folder`, `busy`; the rest is `base`'s.

    `seen` has the fields of `Seen`; its `holders` are `[{"name": "Chrome", "bytes": 1288490188}, ...]`, the
    largest first; `bytes` is null where the driver does not tell how much, `holders` where it tells no names.
    """

    def __init__(self, told: dict[str, Any], base: Host | None = None) -> None:
        """`told`: the decoded recording."""
        self.told, self.base = told, base
        self.memories = [Memory(**one) for one in told.get("memory", [])]
        self.forgotten = self.released = 0
        self.listeners: list[Listener] = []
        self.said: list[tuple[str, dict[str, Any]]] = []

    def look(self) -> Seen:
        """What the recording says is true, over what the base sees."""
        real = self.base.look()._asdict() if self.base else {}
        seen = real | self.told.get("seen", {})
        if seen.get("holders") is not None:
            seen["holders"] = tuple(
                Holder(**one) if isinstance(one, dict) else one for one in seen["holders"]
            )
        return Seen(**seen | {"flags": tuple(seen["flags"])})

    def memory(self) -> Memory | None:
        """The next of the recorded readings."""
        return (
            (self.memories.pop(0) if len(self.memories) > 1 else self.memories[0]) if self.memories else None
        )

    def forget_peak(self) -> bool:
        """Counted only."""
        self.forgotten += 1
        return True

    def loaded(self) -> tuple[Resident, ...]:
        """The recorded models, until they are released."""
        return () if self.released else tuple(Resident(**one) for one in self.told.get("loaded", []))

    def release(self) -> None:
        """Counted; from then on nothing is loaded."""
        self.released += 1

    def resolve(self, folder: str, name: str) -> Path | None:
        """A file of the recorded folders, else the base's."""
        found = self.folders()(folder, name) if "models" in self.told else None
        return found or (self.base.resolve(folder, name) if self.base else None)

    def names(self, folder: str) -> tuple[str, ...]:
        """The files of the recorded folders, then the base's."""
        own = self.folders().names(folder) if "models" in self.told else ()
        return tuple(dict.fromkeys((*own, *(self.base.names(folder) if self.base else ()))))

    def folders(self):
        """A finder over the recorded folders."""
        from ...estimator.models.library import Folders

        return Folders(Path(root) for root in self.told["models"])

    def describe(self, class_type: str) -> dict[str, Any] | None:
        """What the recorded definitions say, else the base's."""
        found = self.told.get("object_info", {}).get(class_type)
        return found or (self.base.describe(class_type) if self.base else None)

    def user_folder(self) -> Path:
        """The recorded folder, else the base's."""
        if "user_folder" in self.told or self.base is None:
            return Path(self.told["user_folder"])
        return self.base.user_folder()

    def checkout(self) -> Path | None:
        """The base's, if any."""
        return self.base.checkout() if self.base else None

    def busy(self) -> bool:
        """As recorded, else as the base is."""
        return self.told.get("busy", self.base.busy() if self.base else False)

    def settings(self, request: Any) -> dict[str, Any]:
        """The recorded settings over the base's."""
        return (self.base.settings(request) if self.base else {}) | self.told.get("settings", {})

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Kept in `said`, and sent by the base."""
        self.said.append((event, data))
        if self.base:
            self.base.tell(event, data)

    def watch(self, listener: Listener) -> Callable[[], None]:
        """The base's runs; without a base, those that a test tells of."""
        if self.base:
            return self.base.watch(listener)
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


class Reread(RecordedHost):
    """The host of a recording that is read anew whenever its file has changed: the card can be swapped."""

    def __init__(self, path: Path, base: Host | None = None) -> None:
        """`path`: the recording."""
        self.path, self.written = path, 0
        super().__init__(self.read(), base)

    def read(self) -> dict[str, Any]:
        """The recording as it is now."""
        self.written = self.path.stat().st_mtime_ns
        return json.loads(self.path.read_text(encoding="utf-8"))

    def look(self) -> Seen:
        """What the recording says now."""
        if self.path.stat().st_mtime_ns != self.written:
            self.told = self.read()
        return super().look()


def recorded(path: Path, base: Host | None = None) -> RecordedHost:
    """The host of a recording."""
    return Reread(path, base)
