"""A run that is told to end takes down what its tests have brought up."""
import signal

import pytest


def pytest_configure():
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("told to end", returncode=143))
