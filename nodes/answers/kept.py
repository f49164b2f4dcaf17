"""Answers that are kept, each for as long as what it rests on stays as it was."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from .files import ModelFiles
from .patience import go_on


class Entry(NamedTuple):
    """An answer, its size in bytes of JSON, and the files that it rests on."""

    answer: Any
    size: int
    files: ModelFiles


class Kept:
    """So many answers of so many bytes, those that were not asked for the longest given up first."""

    def __init__(self, entries: int, most_bytes: int) -> None:
        self.entries, self.most_bytes, self.bytes = entries, most_bytes, 0
        self.held: OrderedDict[str, Entry] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: str) -> Any:
        """The answer to a question; None where there is none that still holds."""
        with self.lock:
            entry = self.held.get(key)
            if entry:
                self.held.move_to_end(key)
        if entry is None:
            return None
        if entry.files.hold():  # outside the lock: a drive may be slow
            return entry.answer
        self.drop(key, entry)
        return None

    def put(self, key: str, entry: Entry) -> None:
        """Keep an answer, unless it alone is larger than all may be."""
        if entry.size > self.most_bytes:
            return
        with self.lock:
            self.take(key)
            self.held[key] = entry
            self.bytes += entry.size
            while len(self.held) > self.entries or self.bytes > self.most_bytes:
                self.take(next(iter(self.held)))

    def drop(self, key: str, entry: Entry) -> None:
        """Give up an answer, unless another has taken its place."""
        with self.lock:
            if self.held.get(key) is entry:
                self.take(key)

    def take(self, key: str) -> None:
        """Remove an answer; under the lock."""
        entry = self.held.pop(key, None)
        self.bytes -= entry.size if entry else 0

    def or_else(self, key: str, work: Callable[[ModelFiles], Any], size: Callable[[Any], int]) -> Any:
        """The answer that is kept, or that `work` gives now. An empty key is never kept.

        A file that changes meanwhile has the work done once more, and what comes of that is not kept if it
        changes yet again: it was true of what was read, and may not be the next time.
        """
        found = self.get(key) if key else None
        if found is not None:
            return found
        files = ModelFiles()
        try:
            answer = work(files)
        except Exception:
            if files.hold():
                raise
            answer = None
        if answer is None or not files.hold():
            go_on()
            files = ModelFiles()
            answer = work(files)
        if key and files.hold():
            self.put(key, Entry(answer, size(answer), files))
        return answer
