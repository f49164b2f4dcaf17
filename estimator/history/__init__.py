"""What ran on this machine: each node's forecast beside what was measured, and what that teaches."""
