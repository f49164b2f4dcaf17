"""How the pack learns of runs."""

from collections.abc import Callable

from .protocol import Listener


def watch(listener: Listener) -> Callable[[], None]:
    """Tell `listener` of every run from now on; what comes back ends that."""
    raise NotImplementedError
