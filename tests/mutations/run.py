#!/usr/bin/python3
"""Takes one rule of the injector after another out of a copy of the sources, and lets the tests of that rule run: they must fail.

    tests/mutations/run.py [--folder DIR] [WORD...]     all of them, or those whose rules have a WORD (half a minute for each)

Prints each with the first test that noticed it. The exit code is 1 if one went unnoticed, or does not fit the sources any more.
Those of the chart's policies are in tests/chart/mutants.py, those of the election in tests/simulation/mutations. The tests that
need a control plane need root.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Tests that hang on a broken rule must not hold up the rest; the slowest needs a third of that.
LIMIT_SECONDS = 180

ADMISSION, OPERATOR, OFFLINE = "injector/admission", "injector/operator", "injector/offline"
CERTIFICATES, CHECK, WEBHOOK, CONFIG = "injector/certificates", "injector/check", "injector/webhook", "injector/config"
CLUSTER = "injector/cluster"


# What the rule is, the file, what stands there (once), what stands there instead, and who has to notice: a program of the unit
# tests, or "controlplane" and a word of the tests' names.
Mutation = namedtuple("Mutation", "rule file old new tests")
MUTATIONS = [Mutation(*row) for row in [
    ("a review's uid is echoed", f"{ADMISSION}/review.cpp",
     '.add("uid", request.rawUid)', '.add("uid", "\\"\\"")', "unit_injector_admission"),
    ("a refused Pod is not allowed", f"{ADMISSION}/review.cpp",
     'refused ? "false" : "true"', '"true"', "unit_injector_admission"),
    ("a fault of our own allows the Pod", f"{ADMISSION}/review.cpp",
     "decision.verdict == Verdict::Refused;", "decision.verdict >= Verdict::Refused;", "unit_injector_admission"),
    ("a review of another version is none", f"{ADMISSION}/review.cpp",
     'textOf(apiVersion) != kApiVersion || ', "", "unit_injector_admission"),
    ("unknown annotations are refused", f"{ADMISSION}/annotations.cpp",
     'return unknown(name, value.value_or(""));', "return std::nullopt;", "unit_injector_admission"),
    ("annotations that are no text are refused", f"{ADMISSION}/annotations.cpp",
     "    if (!value) {\n", "    if (!value) {\n        return std::nullopt;\n", "unit_injector_admission"),
    ("durations are judged together", f"{ADMISSION}/annotations.cpp",
     "if (judgement.refusals.empty()) {", "if (true) {", "unit_injector_admission"),
    ("the release's durations are judged together", f"{CONFIG}/invocation.cpp",
     "if (!judgement.refusals.empty()) {", "if (false) {", "unit_injector_config"),
    ("the release's image is judged as a Pod's", f"{ADMISSION}/options.cpp",
     '{"image", complaintAboutImage},', '{"picture", complaintAboutImage},', "unit_injector_config"),
    ("a port that is taken is refused", f"{ADMISSION}/admission.cpp",
     "if (!pod.tcpPorts.contains(spec.port)) {", "if (true) {", "unit_injector_admission"),
    ("a container beside a Job's program is refused", f"{ADMISSION}/admission.cpp",
     "if (spec.mode == Mode::Sidecar || restarts) {", "if (true || restarts) {", "unit_injector_admission"),
    ("a Lease without a name is refused", f"{ADMISSION}/admission.cpp",
     "if (leaseName.empty()) {", "if (false) {", "unit_injector_admission"),
    ("namespaces of the system are passed over", f"{CLUSTER}/resource.cpp",
     '"kube-system"', '"kube-none"', "unit_injector_admission"),
    ("the injector's own Pods are passed over", f"{ADMISSION}/admission.cpp",
     "space == defaults.releaseNamespace)", "false)", "unit_injector_admission"),
    ("a status alone does not make a sidecar ours", f"{ADMISSION}/admission.cpp",
     "return pod.hasTokenVolume && ", "return true || pod.hasTokenVolume && ", "unit_injector_admission"),
    ("an index is tested before it is used", f"{ADMISSION}/patch.cpp",
     'patch.test("/spec/containers/0/name", program)\n        .add(', "patch.add(", "unit_injector_admission"),
    ("names are escaped in a patch's paths", f"{ADMISSION}/json_writer.cpp",
     'part += "~1";', 'part += "/";', "unit_injector_admission"),
    ("lists that are missing are made", f"{ADMISSION}/patch.cpp",
     "patch.add(list, jsonArray({element}));", 'patch.add(fmt::format("{}/-", list), element);', "unit_injector_admission"),
    ("the sidecar stands first", f"{ADMISSION}/patch.cpp",
     'pod.initContainers.isList, "0",', 'pod.initContainers.isList, "-",', "unit_injector_admission"),
    ("a native sidecar has restartPolicy Always", f"{ADMISSION}/sidecar.cpp",
     'container.addText("restartPolicy", "Always");', "", "unit_injector_admission"),
    ("requests are limits where one is given", f"{ADMISSION}/sidecar.cpp",
     'isLeftOut ? "" : wish[other];', '"";', "unit_injector_admission"),
    ("a plain container lets its term expire", f"{ADMISSION}/sidecar.cpp",
     'spec.mode == Mode::Container ? "expire" : ""', '""', "unit_injector_admission"),
    ("on the host's network it listens on localhost", f"{ADMISSION}/sidecar.cpp",
     '"localhost:{}"', '":{}"', "unit_injector_admission"),
    ("the sidecar satisfies the restricted standard", f"{ADMISSION}/sidecar.cpp",
     '"allowPrivilegeEscalation", "false"', '"allowPrivilegeEscalation", "true"', "unit_injector_admission"),
    ("Jobs of a CronJob share its Lease", f"{CLUSTER}/workload.cpp",
     'return isScheduledMinute(last) ? last : "";', 'return !isScheduledMinute(last) ? last : "";', "unit_injector_check"),
    ("a kind that makes no such objects is no workload of theirs", f"{CLUSTER}/workload.cpp",
     "makesIt || kind == nullptr ||", "makesIt || true || kind == nullptr ||", "unit_injector_cluster"),
    ("a second workload gets no rights", f"{OPERATOR}/claim.cpp",
     "isKeeper || (isShared && claimant.shares) ?", "true || isKeeper || (isShared && claimant.shares) ?",
     "unit_injector_operator"),
    ("a Role names its Lease", f"{OPERATOR}/rbac.cpp", '"resourceNames":[{}]', '"names":[{}]', "unit_injector_operator"),
    ("a Role allows no more than is needed", f"{OPERATOR}/rbac.cpp",
     '"verbs":["get","list","watch","create","update"]', '"verbs":["get","list","watch","create","update","delete"]',
     "unit_injector_operator"),
    ("somebody else's Role is left alone", f"{OPERATOR}/rbac.cpp",
     "return object.label(names::kManagedByLabel) == names::kOperator;",
     "return object.label(names::kManagedByLabel) != \"x\";", "controlplane somebody_elses_role"),
    ("what a controller owns is never written", f"{OPERATOR}/template_copier.cpp",
     "if (workload.controller() != nullptr) {", "if (false) {", "unit_injector_operator"),
    ("a status is not copied", f"{OPERATOR}/template_copier.cpp",
     "annotation.first != names::kStatusAnnotation", "true", "unit_injector_operator"),
    ("copies go when the annotations go", f"{OPERATOR}/template_copier.cpp",
     "(!annotationsToCopy(workload).empty() || !copiedNames(kind, workload).empty())",
     "!annotationsToCopy(workload).empty()", "unit_injector_operator"),
    ("only Leases that expired long ago are deleted", f"{OPERATOR}/lease_sweep.cpp",
     "*until + std::chrono::duration_cast<WallTime::duration>(keep_) > tools_.clock.wall()", "false", "controlplane leases_of_ours"),
    ("Leases that are in use are not deleted", f"{OPERATOR}/worker.cpp",
     "!pods_.hasUnread(lease.space) && !pods_.hasCampaigning(lease)", "true", "controlplane leases_of_ours"),
    ("a Pod has its template's ServiceAccount", f"{OPERATOR}/owners.cpp", "maker.account == account && ", "",
     "controlplane only_says"),
    ("a Pod is selected by what made it", f"{OPERATOR}/owners.cpp", "&& selectsSome(maker.selector, pod.labels)", "",
     "controlplane only_says"),
    ("owners are known by their uids", f"{OPERATOR}/owners.cpp", "meta.value().uid == reference.uid ?", "true ?",
     "controlplane only_says"),
    ("what cannot be looked up is one workload for each ServiceAccount", f"{OPERATOR}/claim.cpp",
     'return facts.isProven ? "" : facts.serviceAccount;', 'return "";', "unit_injector_operator"),
    ("what others elect by is left alone", f"{OPERATOR}/leases.cpp", "if (!isElectors(", "if (false && !isElectors(",
     "controlplane somebody_else_elects"),
    ("who may have led makes the Lease again", f"{OPERATOR}/leases.cpp", "mayBeHeld || wasMarked ? Result(", "false ? Result(",
     "controlplane deleted_is_made_again"),
    ("no Lease has any name", f"{OPERATOR}/pod.cpp", "elector::config::isDnsSubdomain(pod.lease())", "true",
     "unit_injector_operator"),
    ("namespaces take turns", f"{OPERATOR}/work_queue.cpp", "turns_.push_back(std::move(space));",
     "turns_.push_front(std::move(space));", "unit_injector_operator"),
    ("an old authority is trusted for a while", f"{CERTIFICATES}/rotation.cpp",
     "const bool isGraceOver =\n            leaf_ &&", "const bool isGraceOver =\n            !leaf_ || leaf_ ||", "unit_injector_certificates"),
    ("a certificate is renewed well before its end", f"{CERTIFICATES}/rotation.cpp",
     "return later(minted, Lifetimes::renewAfter(certificate.notAfter() - minted));", "return certificate.notAfter();",
     "unit_injector_certificates"),
    ("the certificate of the moment is shown", f"{WEBHOOK}/certificate_file.cpp",
     "    const std::lock_guard lock(file.mutex_);\n    file.refresh();\n",
     "    const std::lock_guard lock(file.mutex_);\n    if (!file.loaded_) {\n        file.refresh();\n    }\n",
     "unit_injector_webhook"),
    ("a key that comes later is read, too", f"{WEBHOOK}/certificate_file.cpp",
     "!isSame(*key, identities_->key)", "false", "unit_injector_webhook"),
    ("a sidecar on another port is told from the rest", f"{ADMISSION}/patch.cpp",
     "if (port != names::kDefaultPort) {", "if (false) {", "unit_injector_admission"),
    ("reviews that are too long are not read", f"{WEBHOOK}/webhook.cpp",
     "limits.bodyBytes = kMostReviewBytes;", "limits.bodyBytes = kMostBufferedBytes;", "unit_injector_webhook"),
    ("a key that stands twice is refused", f"{OFFLINE}/yaml.cpp",
     "if (!open.keys.insert(key).second) {", "if (!open.keys.insert(key).second && false) {", "unit_injector_offline"),
    ("texts that could be something else are quoted", f"{OFFLINE}/yaml.cpp",
     "return resolved && resolved->front() == '\"';", "return true;", "unit_injector_offline"),
    ("010 is 8", f"{OFFLINE}/yaml.cpp",
     "        default:\n            return 8;", "        default:\n            return 10;", "unit_injector_offline"),
    ("an alias of itself is refused", f"{OFFLINE}/yaml.cpp",
     "if (found == anchored_.end()) {", "if (false) {", "unit_injector_offline"),
    ("the template's own annotations win", f"{OFFLINE}/workload.cpp",
     "if (!member(annotations, each.key)) {", "if (true) {", "unit_injector_offline"),
    ("a refused file prints nothing", f"{OFFLINE}/manifest.cpp",
     'err << "nothing was printed\\n";', "out << manifest.text;", "unit_injector_offline"),
    ("a selector that leaves the Pods out is found", f"{CHECK}/webhook_findings.cpp",
     "if (!selectsSpace() || !selectsPods()) {", "if (!selectsPods()) {", "unit_injector_check"),
    ("rights that add up are told", f"{CHECK}/lease_findings.cpp",
     "            if (!leases.empty()) {", "            if (false) {", "unit_injector_check"),
]]


def run(command, **options):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, **options)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, None, "")


class Sources:
    """A copy of the sources in a folder, and a build of it."""

    def __init__(self, folder):
        self.directory, self.build_directory = folder / "sources", folder / "sources" / "build"
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout.split("\0")
        for name in filter(None, listed):
            self._copy(ROOT / name, self.directory / name)
        # Below its own sources, as a build by hand is: ccache finds what that one compiled.
        environment = {**os.environ, "CCACHE_BASEDIR": str(self.directory), "CCACHE_NOHASHDIR": "true"}
        self._options = {"env": environment, "cwd": self.directory}
        done = run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DBUILD_TESTING=ON"], **self._options)
        assert done.returncode == 0, done.stdout

    @staticmethod
    def _copy(source, target):
        """What is the same already keeps its time, so that it is not built again."""
        if source.is_file() and not (target.is_file() and source.read_bytes() == target.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def build(self, tests):
        """Builds what these tests run; returns what went wrong, or nothing."""
        targets = ["leader-elector-injector"] if tests.startswith("controlplane") else [tests]
        done = run(["cmake", "--build", self.build_directory, "--target", *targets], **self._options)
        return "" if done.returncode == 0 else done.stdout

    def test(self, tests):
        """The tests that failed; or, for a run that ended in another way, nothing and its exit code."""
        if tests.startswith("controlplane"):
            return self._test_control_plane(tests.split()[1])
        [program] = self.build_directory.glob(f"tests/unit/**/{tests}")
        done = run([program, "--gtest_color=no"], timeout=LIMIT_SECONDS, cwd=self.directory)
        return re.findall(r"^\[  FAILED  \] (\S+?),? .*\(\d+ ms\)", done.stdout, re.MULTILINE), done.returncode

    def _test_control_plane(self, word):
        injector = self.build_directory / "injector/leader-elector-injector"
        environment = {**self._options["env"], "INJECTOR": str(injector),
                       "ELECTOR": str(self.build_directory / "elector/leader-elector")}
        done = run(["pytest-3", "-p", "no:cacheprovider", "-q", "--tb=no", "-k", word, self.directory / "tests/controlplane"],
                   timeout=LIMIT_SECONDS, env=environment, cwd=self.directory)
        return re.findall(r"^FAILED \S+::(\S+)", done.stdout, re.MULTILINE), done.returncode

    def mutated(self, mutation):
        """Breaks the rule; returns how to mend it."""
        path = self.directory / mutation.file
        text = path.read_text(encoding="utf-8")
        found = text.count(mutation.old)
        assert found == 1, f"{mutation.file} has {found} times {mutation.old!r}: mend the table"
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        return lambda: path.write_text(text, encoding="utf-8")


def judge(sources, mutation):
    """Whether the mutation was noticed, and by what."""
    try:
        mend = sources.mutated(mutation)
    except AssertionError as problem:
        return False, str(problem)
    try:
        problem = sources.build(mutation.tests)
        if problem:
            return False, f"does not compile: mend the table\n{problem[-2000:]}"
        failed, code = sources.test(mutation.tests)
    finally:
        mend()
    if code != 1 or not failed:
        return False, f"SURVIVED: no test of {mutation.tests} failed (exit code {code})"
    return True, f"{failed[0]}" + (f" and {len(failed) - 1} more" if len(failed) > 1 else "")


def unhurt(sources, mutations):
    """What goes wrong already in the sources as they are, or nothing."""
    for tests in sorted({mutation.tests for mutation in mutations}):
        problem = sources.build(tests)
        if problem:
            return f"{tests} does not build:\n{problem[-4000:]}"
        failed, code = sources.test(tests)
        if code != 0:
            return f"{tests} fails as it is (exit code {code}): {', '.join(failed)}"
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where to copy the sources to and to build them; it is kept for the next time")
    parser.add_argument("words", nargs="*", help="those whose rules have one of these")
    options = parser.parse_args()
    mutations = [mutation for mutation in MUTATIONS
                 if not options.words or any(word in mutation.rule for word in options.words)]
    with tempfile.TemporaryDirectory(prefix="mutations-") as directory:
        sources = Sources((options.folder or Path(directory)).resolve())
        problem = unhurt(sources, mutations)
        if problem:
            print(problem)
            return 1
        missed = 0
        width = max(len(mutation.rule) for mutation in mutations)
        for mutation in mutations:
            started = time.monotonic()
            noticed, what = judge(sources, mutation)
            missed += not noticed
            print(f"{'noticed' if noticed else 'MISSED '}  {mutation.rule:<{width}}  {time.monotonic() - started:4.0f} s  {what}",
                  flush=True)
    print(f"{len(mutations) - missed} of {len(mutations)} noticed")
    return 1 if missed or not mutations else 0


if __name__ == "__main__":
    sys.exit(main())
