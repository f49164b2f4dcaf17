"""What goes wrong because of what the user gave, said in one line.

* `ForecastError`
  * `InputError`: a file, a workflow, a name or an option that cannot be used
    * `FormatError`: a model file that is broken, cut short or of no readable format
    * `HistoryError`: the memory of past runs, where it cannot be opened, read or written

Anything else that escapes is a defect of this program and keeps its traceback.
"""


class ForecastError(Exception):
    """The root of this program's own errors."""


class InputError(ForecastError):
    """Bad input: `str(error)` is one line saying what, where, and what to do."""

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        """`what` is wrong, `where` (a path, a node, an option), and what to `do` about it."""
        self.what, self.where, self.do = what, where, do
        line = f"{where}: {what}" if where else what
        super().__init__(one_line(f"{line.rstrip('.')}. {do}"))


def one_line(text: str) -> str:
    """`text` in one line without control characters: a file's own names must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


class FormatError(InputError):
    """A model file that cannot be read, with a `code` that `inspect` reports as a problem."""

    def __init__(self, code: str, what: str, *, where: str = "", do: str = "") -> None:
        """`code` is stable and machine-readable, the rest as in `InputError`."""
        self.code = code
        super().__init__(what, where=where, do=do)


class HistoryError(InputError):
    """The memory of past runs cannot be used now; whoever asks goes on without it."""
