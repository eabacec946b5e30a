"""The load generator wrk (Debian), on GET /api/leader."""
import re
import subprocess

UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
# One, so that on two cores the other one is left to the server: with more, what is measured is whose turn it is.
THREADS = 1


def load(port, connections, seconds):
    """Answers a second, and the 99th percentile of their latency in ms. An answer that is not 200 is an error."""
    done = subprocess.run(["wrk", "--threads", str(THREADS), "--connections", str(connections),
                           "--duration", f"{seconds}s", "--latency", f"http://127.0.0.1:{port}/api/leader"],
                          capture_output=True, text=True, check=True, timeout=seconds + 60)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"wrk met errors:\n{done.stdout}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    latency = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)$", done.stdout, re.MULTILINE)
    return float(rate[1]), float(latency[1]) * UNITS_MS[latency[2]]
