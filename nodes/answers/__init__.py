"""What is answered for this machine: forecasts, advice, limits, files; the same for routes and nodes.

`checked`, `limited` and `inspected` answer in whatever thread asks; `soon(key, work)` has them asked off the
event loop. Each raises `NoForecast`, and nothing else.
"""

from .forecast import checked, limited
from .models import inspected
from .question import HERE, Other
from .refusal import NoForecast
from .threads import soon

__all__ = ["HERE", "NoForecast", "Other", "checked", "inspected", "limited", "soon"]
