"""What was forecast and what was measured, of past runs of a workflow."""

from typing import Any

from .. import host
from .forecast import spoken
from .refusal import NoForecast

FILE = "history.sqlite"
NONE = "no run of this workflow has been recorded yet."


def report(prompt: dict[str, Any], most: int) -> str:
    """The last runs of a prompt's workflow as text, `most` at most. Raises `NoForecast` for none."""
    with spoken():
        path = host.host().user_folder() / FILE
        if not path.is_file():
            raise NoForecast(NONE, 404)
        raise NoForecast(NONE, 404)
