"""Whatever a rule says in any test of advice can be said in each language that the frontend speaks."""

import pytest
from phrases import untold
from vram_forecast.estimator.advice.rules import RULES

HOW = "say it in web/texts/advice/ in each language, with slots for what is not always the same"


@pytest.fixture(autouse=True)
def told_in_each_language(monkeypatch):
    """Looks at each change that a rule gives while a test runs."""
    for rule in RULES:
        monkeypatch.setattr(rule, "changes", listening(rule.changes))


def listening(changes):
    """A rule's function that fails where a change says what has no text."""

    def heard(case):
        for change in changes(case):
            assert [] == untold(change), HOW
            yield change

    return heard
