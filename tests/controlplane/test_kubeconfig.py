"""What the elector takes of kubeconfigs and of servers' certificates, beside kubectl.

Both are told to ask a server of the test's own. A case is taken if a request comes there: the kubeconfig was read, and
the server's certificate accepted.
"""
import base64
import contextlib
import http.server
import os
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from machine import OwnCluster, run

BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
CUT_OFF = "-----BEGIN CERTIFICATE-----\nMIIB\n"
IDENTIFIERS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
PATIENCE_SECONDS = 60


class Certificates:
    """Authorities and servers, made by openssl in a folder."""

    def __init__(self, directory):
        self._directory = directory

    def text(self, *names):
        return "".join(self._path(name, "crt").read_text(encoding="ascii") for name in names)

    def key(self, name):
        return self._path(name, "key")

    def _path(self, name, kind):
        return self._directory / f"{name}.{kind}"

    def make(self, name, subject, issuer=None, extensions=""):
        key, request, extension = (self._path(name, kind) for kind in ("key", "csr", "ext"))
        run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key])
        run(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={subject}", "-out", request])
        extension.write_text(extensions + "\n", encoding="ascii")
        signer = (["-signkey", key] if issuer is None else
                  ["-CA", self._path(issuer, "crt"), "-CAkey", self.key(issuer), "-CAcreateserial"])
        run(["openssl", "x509", "-req", "-in", request, "-days", "1", "-extfile", extension, *signer,
             "-out", self._path(name, "crt")])

    def authority(self, name, subject, issuer=None, identifiers=IDENTIFIERS):
        self.make(name, subject, issuer, "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n" + identifiers)

    def server(self, name, issuer, identifiers=IDENTIFIERS, names="subjectAltName=DNS:localhost,IP:127.0.0.1",
               purpose="serverAuth"):
        self.make(name, "localhost", issuer, f"extendedKeyUsage={purpose}\n{names}\n{identifiers}")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.authority("root", "root")
    made.authority("middle", "middle", "root")
    made.authority("before", "cluster", identifiers="")
    made.authority("after", "cluster", identifiers="")
    made.authority("other", "other")
    made.server("of-root", "root")
    made.server("of-middle", "middle")
    made.server("of-after", "after", identifiers="")
    made.server("nameless", "root", names="")
    made.server("names", "root", names="subjectAltName=DNS:*.example,DNS:dot.x.,IP:::1")
    made.server("any", "root", purpose="anyExtendedKeyUsage")
    made.server("client", "root", purpose="clientAuth")
    return made


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory):
    return Path(OwnCluster(tmp_path_factory.mktemp("tools")).tool("bin").strip(), "kubectl")


@contextlib.contextmanager
def server_with(chain, key, directory):
    """Its port, and an event that is set when a request has come."""
    asked = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            asked.set()
            self.send_error(503)

        def log_message(self, format, *args):  # pylint: disable=redefined-builtin
            pass

    (directory / "chain.crt").write_text(chain, encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "chain.crt", key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # a client that does not trust us hangs up
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def kubectl_takes(kubectl, config, asked):
    asked.clear()
    subprocess.run([kubectl, f"--kubeconfig={config}", "get", "--raw=/version", f"--cache-dir={config.parent}"],
                   capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    return asked.is_set()


def elector_takes(config, asked):
    """It asks again and again: over once a request has come, once it ends, or once it has told of a failure."""
    asked.clear()
    command = ["setpriv", "--pdeathsig", "KILL", os.environ["ELECTOR"], "--lease-name=web", "--addr=127.0.0.1:0",
               f"--kubeconfig={config}", "--log-format=text"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as elector:
        for line in elector.stderr:
            if asked.is_set() or "a request failed" in line:
                break
        elector.kill()
    return asked.is_set()


def kubeconfig(directory, cluster, user="", before=""):
    """With a token, without which kubectl would ask for a name and a password."""
    user = f"{{token: t{', ' + user if user else ''}}}"
    path = directory / "kubeconfig"
    path.write_text(f"{before}\nclusters:\n- name: c\n  cluster: {cluster}\nusers:\n- name: u\n  user: {user}\n"
                    "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n", encoding="utf-8")
    return path


# Anchors, what the server sends, the server's key, the name that is expected ("": the host's), whether it is trusted.
TRUST = {
    "root": ("root", ["of-root"], "", True),
    "root of a chain": ("root", ["of-middle", "middle"], "", True),
    "root of a chain that is not sent": ("root", ["of-middle"], "", False),
    "intermediate": ("middle", ["of-middle"], "", True),
    "intermediate that is sent": ("middle", ["of-middle", "middle", "root"], "", True),
    "leaf": ("of-root", ["of-root"], "", True),
    "leaf of a chain": ("of-middle", ["of-middle", "middle"], "", True),
    "another leaf": ("of-root", ["of-middle", "middle"], "", False),
    "another root": ("other", ["of-root"], "", False),
    "old key of one subject": ("before", ["of-after"], "", False),
    "two keys of one subject": ("before after", ["of-after"], "", True),
    "two keys the other way": ("after before", ["of-after"], "", True),
    "broken block before": ("BROKEN root", ["of-root"], "", True),
    "broken block between": ("other BROKEN root", ["of-root"], "", True),
    "cut-off block before": ("CUT_OFF root", ["of-root"], "", True),
    "broken block alone": ("BROKEN", ["of-root"], "", False),
    "dot at the end of the name": ("root", ["of-root"], "localhost.", True),
    "two dots at the end": ("root", ["of-root"], "localhost..", False),
    "another name": ("root", ["of-root"], "other.example", False),
    "common name alone": ("root", ["nameless"], "localhost", False),
    "lines between lines": ("SPACED", ["of-root"], "", True),
    "wildcard of a top level": ("root", ["names"], "a.example", True),
    "wildcard of two labels": ("root", ["names"], "a.b.example", False),
    "dot at the end of a name in the certificate": ("root", ["names"], "dot.x.", True),
    "dot in the certificate alone": ("root", ["names"], "dot.x", False),
    "address of IPv6": ("root", ["names"], "0:0::1", True),
    "address mapped to IPv6": ("root", ["of-root"], "::ffff:127.0.0.1", True),
    "any purpose": ("root", ["any"], "", True),
    "purpose of clients": ("root", ["client"], "", False),
}


@pytest.mark.parametrize("case", TRUST)
def test_servers_are_trusted_as_by_kubectl(case, certificates, kubectl, tmp_path):
    anchors, sent, name, trusted = TRUST[case]
    blocks = {"BROKEN": BROKEN, "CUT_OFF": CUT_OFF, "SPACED": certificates.text("root").replace("\n", "\n\n")}
    text = "".join(blocks[anchor] if anchor in blocks else certificates.text(anchor) for anchor in anchors.split())
    (tmp_path / "ca.crt").write_text(text, encoding="ascii")
    with server_with(certificates.text(*sent), certificates.key(sent[0]), tmp_path) as (port, asked):
        config = kubeconfig(tmp_path, f"{{server: 'https://127.0.0.1:{port}', certificate-authority: ca.crt, "
                                      f"tls-server-name: '{name}'}}")
        assert kubectl_takes(kubectl, config, asked) == trusted
        assert elector_takes(config, asked) == trusted


# Cluster and user beside server and authority, and whether it is taken.
CONFIGS = {
    "empty proxy": ("proxy-url: ''", "", True),
    "empty user name": ("", "username: '', password: ''", True),
    "empty impersonation": ("", "as: '', as-groups: [], as-user-extra: {}", True),
    "empty data": ("certificate-authority-data: ''", "client-certificate-data: '', tokenFile: ''", True),
    "skip in capitals": ("certificate-authority: '', insecure-skip-tls-verify: True", "", True),
    "skip by yes": ("certificate-authority: '', insecure-skip-tls-verify: yes", "", True),
    "skip as a text": ("certificate-authority: '', insecure-skip-tls-verify: 'true'", "", False),
    "skip beside an authority": ("insecure-skip-tls-verify: true", "", False),
    "merge key": ("<<: *named", "", True),
    "merge of merges": ("<<: [*more, *named]", "", True),
    "garbage for an authority": ("certificate-authority-data: GARBAGE", "", False),
    "garbage for a certificate": ("", "client-certificate-data: GARBAGE, client-key-data: GARBAGE", False),
    "token beside a file that is missing": ("", "tokenFile: nowhere", True),
    "token beside a file that is empty": ("", "tokenFile: /dev/null", True),
    "certificate without its key": ("", "client-certificate-data: GARBAGE", False),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_kubeconfigs_are_taken_as_by_kubectl(case, certificates, kubectl, tmp_path):
    more, user, taken = CONFIGS[case]
    garbage = base64.b64encode(b"garbage").decode()
    (tmp_path / "ca.crt").write_text(certificates.text("root"), encoding="ascii")
    with server_with(certificates.text("of-root"), certificates.key("of-root"), tmp_path) as (port, asked):
        named = "named: &named {tls-server-name: localhost}\nmore: &more {<<: *named}\n"
        members = {"server": f"'https://127.0.0.1:{port}'", "certificate-authority": "ca.crt"}
        own = ", ".join(f"{key}: {value}" for key, value in members.items() if f"{key}: " not in more)
        cluster = f"{{{', '.join(part for part in (more, own) if part)}}}"
        config = kubeconfig(tmp_path, cluster.replace("GARBAGE", garbage), user.replace("GARBAGE", garbage), named)
        assert kubectl_takes(kubectl, config, asked) == taken
        assert elector_takes(config, asked) == taken
