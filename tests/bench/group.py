"""The candidates of one Lease, all of one kind."""
import time

from candidate import LEASE_SECONDS, START_SECONDS, Candidate


class Group:
    """A context manager: all of its processes run inside it, and none after it."""

    def __init__(self, bench, kind, name, size):
        self.kind, self.lease = kind, f"{name}-{kind}"
        self.candidates = [Candidate(bench, kind, self.lease, f"{kind}-{number}") for number in range(size)]

    def __enter__(self):
        try:
            for candidate in self.candidates:
                candidate.start()
            self.settle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for candidate in self.candidates:
            candidate.kill()

    def settle(self):
        """Waits until every candidate names the same one of them; returns that one."""
        deadline = time.monotonic() + START_SECONDS + LEASE_SECONDS
        answers = {}
        askers = {candidate.name: candidate.asker() for candidate in self.candidates}
        try:
            while time.monotonic() < deadline:
                answers = {name: asker.ask() for name, asker in askers.items()}
                named = {answer["leader"] for answer in answers.values()}
                leading = [name for name, answer in answers.items() if answer["isLeader"]]
                if len(leading) == 1 and named == set(leading):
                    return self._candidate(leading[0])
                time.sleep(0.05)
        finally:
            for asker in askers.values():
                asker.__exit__()
        raise TimeoutError(f"the candidates for {self.lease} do not agree: {answers}")

    def _candidate(self, name):
        return next(candidate for candidate in self.candidates if candidate.name == name)

    def leader(self):
        return self.settle()

    def others(self, leader):
        return [candidate for candidate in self.candidates if candidate is not leader]
