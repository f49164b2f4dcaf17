"""What the command line answers bad input with."""


def refused(done):
    """The one line of a refusal."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "Traceback" not in line
    return line
