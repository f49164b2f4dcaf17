"""The options of a question, from the query of its address; they are called as on the command line."""

from collections.abc import Callable, Iterable
from typing import Any

from ..answers import NoForecast, Other

YES, NO = ("", "1", "true", "yes"), ("0", "false", "no")


def given(query: Iterable[tuple[str, str]], known: tuple[str, ...]) -> dict[str, Any]:
    """The options that a query gives, those of another machine as `on`. Raises `NoForecast` for others."""
    found: dict[str, Any] = {}
    for name, text in query:
        if name not in known:
            raise NoForecast(f"`{name}` is no option here. Use {', '.join(known) or 'none'}.", 400)
        if name in found:
            raise NoForecast(f"`{name}` is given twice. Give it once.", 400)
        found[name] = READ[name](name, text)
    on = {name: found.pop(name) for name in Other._fields if name in found}
    return found | ({"on": Other(**on)} if on else {})


def number(name: str, text: str) -> float:
    """An amount; which ones are possible is for others to say."""
    try:
        return float(text)
    except ValueError:
        raise NoForecast(f"`{text}` is no number for `{name}`. Write it as {name}=12.", 400) from None


def count(name: str, text: str) -> int:
    """A number of things."""
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise NoForecast(f"`{text}` is no number for `{name}`. Write it as {name}=3.", 400)
    return int(text)


def ids(name: str, text: str) -> tuple[str, ...]:
    """Ids of nodes with commas between them."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found:
        raise NoForecast(f"`{name}` names no node. Write it as {name}=9,57:3.", 400)
    return found


def switch(name: str, text: str) -> bool:
    """Whether something is wanted; the bare name says so."""
    if text.lower() not in YES + NO:
        raise NoForecast(f"`{text}` is neither yes nor no for `{name}`. Write it as {name}=1.", 400)
    return text.lower() in YES


def plain(name: str, text: str) -> str:
    """A name."""
    return text


def slower(name: str, text: str) -> float:
    """How many times as long."""
    if not (times := number(name, text)) >= 1:
        raise NoForecast("It is never quicker than with all on the card. Write slowdown=1 or more.", 400)
    return times


READ: dict[str, Callable[[str, str], Any]] = {
    "outputs": ids,
    "suggestions": count,
    "always": switch,
    "slowdown": slower,
    "gpu": plain,
    "vram": number,
    "free": number,
    "ram": number,
    "runs": count,
    "run": plain,
    "graph": plain,
}
