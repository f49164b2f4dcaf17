"""Fixtures of the tests of workflows."""

from copy import deepcopy

import pytest
from workflow.drawing import as_version_1


@pytest.fixture(params=["0.4", "1"])
def version(request):
    """A workflow in each version of the format."""
    return as_version_1 if request.param == "1" else deepcopy
