"""How tests wait: for a condition, with a bound."""
import time

# What a busy machine may take for anything that is awaited. A test whose subject is a bound passes that.
PATIENCE = 60


def eventually(what, check, seconds=PATIENCE, pause=0.05, last=None):
    """The first true value of check(). If there is none in time, the error shows last(), too."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}" + (f"; {last()}" if last else "")
        time.sleep(pause)
    return found
