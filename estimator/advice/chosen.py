"""Suggestions picked by their codes, to be made in the workflow."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from .rules import RULES
from .suggestion import Suggestion

MOST_NAMED = 12


def chosen(suggestions: Sequence[Suggestion], code: str) -> Suggestion:
    """The suggestion of that code; by a rule's code alone, the best of that rule.

    Raises `InputError` for a code that none has, and for a change that no edit of the workflow can make.
    """
    found = next((one for one in suggestions if one.code == code), None)
    found = found or next((one for one in suggestions if rules_of(one) == [code]), None)
    if found is None:
        raise InputError(f"no suggestion is called `{code}`", where="--apply", do=those(suggestions))
    if found.applicability == "manual":
        do = f"It is yours to do: {found.title}."
        raise InputError(f"`{found.code}` is not a change of the workflow", where="--apply", do=do)
    return found


def rules_of(suggestion: Suggestion) -> list[str]:
    """The codes of the rules that a suggestion's changes are from; a file's name may have a `+` in it."""
    known = {str(rule.CODE) for rule in RULES}
    first, *others = suggestion.code.split("+")
    return [first.partition(":")[0], *(one for other in others if (one := other.partition(":")[0]) in known)]


def those(suggestions: Sequence[Suggestion]) -> str:
    """The codes that there are, in a line."""
    if not suggestions:
        return "There is none for this workflow on this machine."
    codes = ", ".join(one.code for one in suggestions[:MOST_NAMED])
    return f"There are: {codes}{' and others' * (len(suggestions) > MOST_NAMED)}."
