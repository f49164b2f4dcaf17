"""What is answered for this machine: forecasts, advice, limits, files; the same for routes and nodes."""
