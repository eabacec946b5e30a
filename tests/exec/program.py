"""A program that exec runs in the tests: three processes that write down when they last ran.

    program.py FOLDER NAME

The first one ends on SIGTERM; one in its group ignores it; one is a daemon: forked twice, in a session of its own, and
ignores it as well. Each writes its file FOLDER/NAME-TOKEN-ROLE-PID: the first and the last instant, nanoseconds of
CLOCK_BOOTTIME.
"""
import os
import signal
import struct
import sys
import time

PERIOD = 0.005


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def beat(role):
    token = os.environ["LEADER_ELECTOR_FENCING_TOKEN"]
    path = f"{sys.argv[1]}/{sys.argv[2]}-{token}-{role}-{os.getpid()}"
    file = os.open(path + ".new", os.O_WRONLY | os.O_CREAT)
    first = now()
    os.pwrite(file, struct.pack("qq", first, first), 0)
    os.rename(path + ".new", path)
    while True:
        os.pwrite(file, struct.pack("qq", first, now()), 0)
        time.sleep(PERIOD)


def main():
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        beat("stubborn")
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            beat("daemon")
        os._exit(0)
    os.waitpid(child, 0)
    beat("first")


main()
