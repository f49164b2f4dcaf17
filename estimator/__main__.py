"""`python -m estimator`, in a clone with nothing installed."""

from .cli import main

main()
