"""`python -m vram_forecast`: the command line of an installed copy (`python -m estimator` in a clone)."""

from .estimator.cli import main

main()
