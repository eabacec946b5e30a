"""Programs that were written for nais/elector or kubernetes/contrib's, in the ways that are found in public code.

Each restates how such a program asks and reads, and answers what that program decides: whether it leads.
"""
import http.client
import json
import re
import signal
import subprocess
import threading
import time
import urllib.request
from datetime import datetime

import check
import claims
import pytest
from waiting import eventually

QUICK = ("--lease-duration=1s", "--lease-renew-duration=500ms", "--retry-period=100ms")
NAME_LIKE_JAVA = re.compile(r'^\{"name":"([^"\\]*)","last_update":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"\}$')


class Asker:
    """The program beside an elector: it knows $ELECTOR_PATH, $ELECTOR_GET_URL, and its host's name."""

    def __init__(self, elector):
        self.host, self.path = elector.name, f"localhost:{elector.port}"
        self.url = f"http://{self.path}/"

    def body(self):
        with urllib.request.urlopen(self.url, timeout=30) as answer:
            return answer.read().decode()


def compares_the_name(asker):
    return json.loads(asker.body())["name"] == asker.host


def puts_the_scheme_before_the_path(asker):
    with urllib.request.urlopen("http://" + asker.path, timeout=30) as answer:
        return json.load(answer).get("name") == asker.host


def searches_the_body(asker):
    return asker.host in asker.body()


def searches_the_body_without_case(asker):
    return asker.host.upper() in asker.body().upper()


def reads_a_class_of_two_members(asker):
    """Kotlin's serialization, and Jackson by default: what is unknown or missing is an error."""
    members = json.loads(asker.body())
    assert set(members) == {"name", "last_update"}
    return members["name"] == asker.host


def reads_the_time_as_an_instant(asker):
    name, instant = NAME_LIKE_JAVA.match(asker.body().strip()).groups()
    datetime.strptime(instant, "%Y-%m-%dT%H:%M:%SZ")
    return name == asker.host


def reads_the_time_with_an_offset(asker):
    assert datetime.fromisoformat(json.loads(asker.body())["last_update"].replace("Z", "+00:00")).tzinfo
    return compares_the_name(asker)


def cuts_the_name_out(asker):
    return asker.body().split('"name":"', 1)[1].split('"', 1)[0] == asker.host


def cuts_at_colon_and_comma(asker):
    return asker.body().strip("{}\n").split(",")[0].split(":")[1].strip('"') == asker.host


def takes_an_error_for_yes(asker):
    try:
        return compares_the_name(asker)
    except (OSError, ValueError, KeyError):
        return True


def takes_another_status_for_yes(asker):
    connection = http.client.HTTPConnection(asker.path, timeout=30)
    connection.request("GET", "/", headers={"Accept": "application/json"})
    answer = connection.getresponse()
    name = json.loads(answer.read())["name"]
    connection.close()
    return answer.status != 200 or name == asker.host


def asks_by_curl_and_jq(asker):
    command = ["sh", "-c", f"curl -s {asker.path} | jq -r .name"]
    name = subprocess.run(command, capture_output=True, text=True, check=True)
    return name.stdout.strip() == asker.host


ASKING = [compares_the_name, puts_the_scheme_before_the_path, searches_the_body, searches_the_body_without_case,
          reads_a_class_of_two_members, reads_the_time_as_an_instant, reads_the_time_with_an_offset, cuts_the_name_out,
          cuts_at_colon_and_comma, takes_an_error_for_yes, takes_another_status_for_yes, asks_by_curl_and_jq]


@pytest.mark.parametrize("asks", ASKING, ids=lambda asks: asks.__name__)
def test_who_asks_acts_on_the_leader_alone(asks, world):
    leader, follower, candidate = world
    assert asks(Asker(leader))
    assert not asks(Asker(follower))
    assert not asks(Asker(candidate)), "where nobody leads yet"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A leader, its follower, and one who waits beside a Lease that nobody has taken yet."""
    from conftest import Elector
    folder, other = tmp_path_factory.mktemp("leases"), tmp_path_factory.mktemp("other")
    started = [Elector(folder, "web-0", "--election-namespace=shop", "--election=web")]
    try:
        started[0].await_leading()
        started.append(Elector(folder, "web-1", "--election-namespace=shop", "--election=web"))
        eventually("the follower knows the leader", lambda: started[1].state()["leader"] == "web-0")
        started.append(Elector(other, "web-2", "--on-missing=wait", "--lease-duration=1h"))
        eventually("the third one answers", lambda: started[2].get("/"))
        yield started
    finally:
        for elector in started:
            elector.close()


def test_each_answer_is_200_with_two_members_from_the_first_moment_to_the_last(electors):
    elector = electors("web-0", "--drain=300ms")
    answers, failed = [], []

    def ask():
        while elector.process.poll() is None:
            try:
                answer = elector.get("/")
            except (OSError, http.client.HTTPException) as error:  # cut in the middle of an answer
                failed.append(repr(error))
                continue
            if answer:
                answers.append(answer)

    asker = threading.Thread(target=ask)
    asker.start()
    eventually("it is told that it leads", lambda: any('"web-0"' in body for _, body in answers))
    elector.end()
    asker.join()
    assert {status for status, _ in answers} == {200} and not failed
    names = [NAME_LIKE_JAVA.match(body.strip()).group(1) for _, body in answers]
    assert [name for name, before in zip(names, [None, *names], strict=False) if name != before] in (
        ["", "web-0", ""], ["web-0", ""]), "nobody, itself, nobody"


def test_a_name_that_has_expired_is_not_given(electors):
    leader = electors("web-0", *QUICK)
    leader.await_leading()
    follower = electors("web-1", *QUICK, "--on-missing=wait")
    eventually("the follower knows the leader", lambda: follower.state()["leader"] == "web-0")
    leader.close()
    time.sleep(0.2)  # in which the follower sees the last renewal
    follower.stop()
    time.sleep(1.0)  # L, while the follower cannot notice
    follower.signal(signal.SIGCONT)
    assert json.loads(follower.get("/")[1])["name"] in ("", "web-1")


# ------------------------------------------------------------------------------------------- kept answers

def overlaps(electors, tmp_path, *flags):
    """Programs keep each answer for a second, as others do for one or two minutes; one leader is ended, another killed.
    How often two acted at a time."""
    history = tmp_path / "programs.history"
    recording, ended = [], threading.Event()

    def claims_of(elector):
        return any(record["by"] == elector.name for record in recording)

    def program(elector):
        while not ended.is_set():
            try:
                leads = compares_the_name(Asker(elector))
            except (OSError, http.client.HTTPException, ValueError):
                return
            now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            if leads:
                recording.append({"kind": "claim", "by": elector.name, "from": now, "until": now + 10**9})
            ended.wait(0.05)

    threads = []

    def start(name):
        elector = electors(name, "--retry-period=100ms", *flags)
        eventually("it answers", lambda: elector.get("/"))
        threads.append(threading.Thread(target=program, args=[elector]))
        threads[-1].start()
        return elector

    first = start("web-0")
    eventually("the first one's program leads", lambda: claims_of(first))
    second, third = start("web-1"), start("web-2")
    first.end()
    next_one = eventually("another's program leads", lambda: next((e for e in (second, third) if claims_of(e)), None))
    next_one.signal(signal.SIGKILL)
    next_one.process.wait()
    last = third if next_one is second else second
    eventually("the program of the last one leads", lambda: claims_of(last))
    ended.set()
    for thread in threads:
        thread.join()
    history.write_text("".join(json.dumps(record) + "\n" for record in recording), encoding="ascii")
    verdict = check.judge(claims.read([history]))
    assert verdict.processes == 3
    return [violation for violation in verdict.violations if violation.rule == "S1"]


def test_who_keeps_an_answer_never_acts_beside_another_under_poll_tolerance(electors, tmp_path):
    assert overlaps(electors, tmp_path, "--lease-duration=3s", "--lease-renew-duration=1s", "--poll-tolerance=1s") == []


def test_without_it_the_check_sees_them_act_together(electors, tmp_path):
    assert overlaps(electors, tmp_path, "--lease-duration=2s", "--lease-renew-duration=1s") != []


# ---------------------------------------------------------------------------------------------- streams

class Sse:
    """Clients of server-sent events, each by how it cuts a stream into messages. They yield the data of each."""

    @staticmethod
    def sseclient(chunks):
        """Python's sseclient: up to an empty line is a message, also where it has no data."""
        text = ""
        for chunk in chunks:
            text += chunk.decode()
            while end := re.search(r"\r\n\r\n|\r\r|\n\n", text):
                message, text = text[:end.start()], text[end.end():]
                fields = [re.match(r"(?P<name>[^:]*):?( ?(?P<value>.*))?", line) for line in message.splitlines()]
                yield "\n".join(field["value"] for field in fields if field["name"] == "data")

    @staticmethod
    def sseclient_py(chunks):
        """Python's sseclient-py: cuts where a line ends with an empty one behind it, and skips comments."""
        data = b""
        for chunk in chunks:
            for line in chunk.splitlines(True):
                data += line
                if data.endswith((b"\r\r", b"\n\n", b"\r\n\r\n")):
                    lines = [line for line in data.decode().splitlines() if line.startswith("data")]
                    yield "\n".join(line.split(":", 1)[1].removeprefix(" ") for line in lines)
                    data = b""

    @staticmethod
    def line_by_line(chunks):
        """httpx-sse, and npm's eventsource: as the standard says. A message without data is none."""
        rest, data = b"", []
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                name, _, value = line.decode().rstrip("\r").partition(":")
                if name == "data":
                    data.append(value.removeprefix(" "))
                elif not line.strip() and data:
                    yield "\n".join(data)
                    data = []

    @staticmethod
    def prefix_alone(chunks):
        """`curl -N` and a shell that looks at lines which begin with data."""
        rest = b""
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode()[len("data: "):] for line in lines if line.startswith(b"data: "))


@pytest.mark.parametrize("client", ["sseclient", "sseclient_py", "line_by_line", "prefix_alone"])
def test_a_stream_is_the_same_to_every_client(client, electors):
    leader = electors("web-0")
    leader.await_leading()
    follower = electors("web-1")
    eventually("the follower knows the leader", lambda: follower.state()["leader"] == "web-0")
    connection = http.client.HTTPConnection("localhost", follower.port, timeout=30)
    connection.request("GET", "/sse", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.headers["Content-Type"].partition(";")[0] == "text/event-stream"

    def chunks():
        while chunk := stream.read1():
            yield chunk
            yield b":\n"  # the sign of life, wherever it comes

    names = (json.loads(message)["name"] for message in getattr(Sse, client)(chunks()))
    assert next(names) == "web-0"
    leader.end()
    seen = [next(names)]
    if seen == [""]:  # it was released a moment before it was taken
        seen.append(next(names))
    assert seen[-1] == "web-1"
    follower.signal(signal.SIGTERM)
    assert list(names) == [""], "nobody, and then the end of the elector and of the stream"
    connection.close()


def test_curl_prints_each_change_at_once(electors):
    elector = electors("web-0")
    elector.await_leading()
    command = ["curl", "-sN", f"http://localhost:{elector.port}/sse"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert '"name":"web-0"' in curl.stdout.readline()
        elector.end()
        assert re.findall(r'"name":"([^"]*)"', curl.stdout.read()) == [""]


def test_contribs_programs_find_the_name_alone(electors):
    elector = electors("web-0", "--election=web", "--ttl=2s", "--use-cluster-credentials")
    elector.await_leading()
    assert elector.get("/") == (200, '{"name":"web-0"}\n')
    assert elector.log.read_text().count("use-cluster-credentials") == 1
