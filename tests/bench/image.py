"""How large the image is that a node unpacks: the sum of its layers, uncompressed."""
import json
import subprocess
import tarfile
from pathlib import Path

from figures import Figure

IMAGE_SH = Path(__file__).resolve().parents[1] / "cluster" / "image.sh"
MEBIBYTE = 1 << 20
LIMIT_MIB = 20


def layers_size(archive):
    """Of a docker-archive, whose layers are not compressed."""
    with tarfile.open(archive) as image:
        manifest = json.load(image.extractfile("manifest.json"))
        return sum(image.getmember(layer).size for layer in manifest[0]["Layers"])


def measure(bench):
    bench.say("building the image")
    subprocess.run([IMAGE_SH, bench.directory / "image"], check=True)
    ours = layers_size(bench.directory / "image" / "leader-elector.tar") / MEBIBYTE
    peer = bench.peer.stat().st_size / MEBIBYTE  # a static binary is all that its image needs
    return [Figure("image", "image", "size, both programs (peer: its elector alone)", "MiB", [ours], [peer], "at most",
                   limit=LIMIT_MIB)]
