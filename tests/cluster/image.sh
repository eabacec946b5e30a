#!/usr/bin/env bash
# Builds the project's image from its Dockerfile, and the image of tools that docs/manifests runs beside it, where no
# registry is reachable:
#
#   image.sh DIR          writes DIR/leader-elector.tar and DIR/net-debug.tar (docker-archive), named as docs/manifests
#                         names them
#   image.sh DIR BUILD    writes DIR/chaos.tar: the project's image, and beside its programs what the folder chaos puts to
#                         them, built in the folder BUILD (a cmake build with BUILD_TESTING)
#
# The base image that the Dockerfile asks for is made here with debootstrap, once, from the package mirror of this
# machine, whose sources, proxy and certificate authorities it takes over (into this base, never into the Dockerfile).
# Images live in a storage of their own under CLUSTER_CACHE (default ~/.cache/leader-elector). Needs root.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${CLUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector}
base=docker.io/library/debian:bookworm-slim
out=${1:?usage: image.sh DIR [BUILD]}
built=${2:-}

images() { buildah --root "$cache/images" --runroot "$cache/images-run" --storage-driver overlay "$@"; }

image_names() { grep -rhoP '^\s*image: \K\S+' "$top/docs/manifests" | sort -u; }

package_sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 'Origin: Debian' |
        grep bookworm | sort -u
}

make_base() {
    local root=$cache/base-root container sources
    sources=$(package_sources) || { apt-get update -qq && sources=$(package_sources); }
    rm -rf "$root"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
        "$(grep -m1 ' bookworm main' <<<"$sources" | cut -d' ' -f2)" >"$cache/debootstrap.log" 2>&1 ||
        { tail -n 20 "$cache/debootstrap.log" >&2; return 1; }
    echo "$sources" >"$root/etc/apt/sources.list"
    apt-config dump | grep '^Acquire::.*[Pp]roxy\|^Acquire::Check' >"$root/etc/apt/apt.conf.d/90host" || true
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    container=$(images from scratch)
    images copy --quiet "$container" "$root" / >/dev/null
    images commit --quiet --rm "$container" "$base" >/dev/null
    rm -rf "$root"
}

build() { # build NAME ARGS...: quiet unless it fails
    images build --isolation chroot --pull-never --layers --tag "$@" >"$cache/build.log" 2>&1 ||
        { tail -n 60 "$cache/build.log" >&2; return 1; }
}

save() { # save NAME FILE: kubelets complete a name without a registry to docker.io/library
    local full=$1
    [[ $1 == */* ]] || full=docker.io/library/$1
    rm -f "$out/$2"
    images push --quiet "$1" "docker-archive:$out/$2:$full"
}

# The programs of the host's compiler run in the image: both are of the same release of Debian.
chaos_image() {
    local container made=$built/tests/cluster/chaos
    flock "$built/.lock" cmake --build "$built" --target chaos >"$cache/build.log" 2>&1 ||
        { tail -n 60 "$cache/build.log" >&2; return 1; }
    strip -o "$made/stripped" "$made/leader-elector-mutant"
    container=$(images from --pull-never "$elector")
    images copy --quiet "$container" "$made/stripped" /usr/bin/leader-elector-mutant >/dev/null
    images copy --quiet "$container" "$made/libdrift.so" \
        "/usr/lib/$(gcc -print-multiarch)/faketime/libfaketime.so.1" /usr/lib/chaos/ >/dev/null
    images commit --quiet --rm "$container" "leader-elector-chaos:$version" >/dev/null
    save "leader-elector-chaos:$version" chaos.tar
}

mkdir -p "$cache" "$out"
exec 9>"$cache/images.lock"
flock 9
images inspect --type image "$base" >/dev/null 2>&1 || make_base

version=$(sed -nE 's/^project\(leader-elector VERSION ([0-9.]+).*/\1/p' "$top/CMakeLists.txt")
elector=leader-elector:$version
image_names | grep -qxF "$elector" ||
    { echo "image.sh: docs/manifests does not name $elector, the version of CMakeLists.txt" >&2; exit 1; }
build "$elector" "$top"
if [ -n "$built" ]; then
    chaos_image
    exit
fi
save "$elector" leader-elector.tar

net_debug=$(image_names | grep netshoot)
images inspect --type image "$net_debug" >/dev/null 2>&1 || build "$net_debug" - <<END
FROM $base
RUN apt-get update && apt-get install -y --no-install-recommends curl jq && rm -rf /var/lib/apt/lists/*
END
save "$net_debug" net-debug.tar
