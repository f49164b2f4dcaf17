"""The memory of past runs: what was forecast, beside what was measured."""
