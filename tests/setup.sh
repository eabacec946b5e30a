#!/usr/bin/env bash
# Installs what tests need and a bare Debian 12 lacks: packages, and the binaries of Kubernetes for the tiers that run
# it. What is there already is left alone, so that a second run takes no time.
#
#   tests/setup.sh PART...      parts of tiers as tests/run.sh names them, or bench
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

elector=(ca-certificates cmake g++ libfmt-dev libpoco-dev libssl-dev libyaml-cpp-dev libyaml-dev ninja-build)
build=("${elector[@]}" ccache libgmock-dev libgtest-dev)
processes=(curl iproute2 jq procps python3 python3-pytest python3-yaml util-linux)
control_plane=(golang-go iptables openssl)
monitoring=(prometheus) # which has promtool
browser=(chromium fonts-dejavu-core python3-pip python3-websocket)
nodes=(buildah conntrack containerd containernetworking-plugins debootstrap libc6-dev runc)

packages_of() {
    case $1 in
    format) echo clang-format-19 git python3 ;;
    layers) echo cmake python3 ;;
    tidy) echo clang-tidy-19 git python3 python3-pytest "${build[@]}" ;;
    unit) echo git python3 python3-pytest "${build[@]}" ;;
    contract | schedules | simulation) echo python3 "${build[@]}" ;;
    model) echo gcc libc6-dev python3 spin ;;
    mutations) echo patch python3 "${build[@]}" ;;
    integration) echo "${processes[@]}" "${build[@]}" ;;
    programs)
        echo golang-go nodejs openjdk-17-jdk-headless postgresql python3-venv "${processes[@]}" "${build[@]}"
        ;;
    demo) echo ccache curl jq python3 "${elector[@]}" ;;
    fuzz) echo clang-19 libclang-rt-19-dev llvm-19 python3 python3-yaml "${build[@]}" ;;
    sanitizers) echo clang-19 libclang-rt-19-dev "${processes[@]}" "${build[@]}" ;;
    controlplane) echo "${processes[@]}" "${build[@]}" "${control_plane[@]}" "${monitoring[@]}" "${browser[@]}" ;;
    interop | soak) echo "${processes[@]}" "${build[@]}" "${control_plane[@]}" ;;
    chart) echo "${processes[@]}" "${control_plane[@]}" "${monitoring[@]}" ;;
    cluster)
        echo git libfaketime patch "${processes[@]}" "${build[@]}" "${control_plane[@]}" "${nodes[@]}" "${browser[@]}"
        ;;
    bench) echo buildah debootstrap wrk "${processes[@]}" "${build[@]}" "${control_plane[@]}" ;;
    *)
        echo "setup.sh: no part '$1'" >&2
        return 2
        ;;
    esac
}

# A Go that somebody installed by hand will do in place of Debian's.
is_there() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ||
        { [ "$1" = golang-go ] && command -v go >/dev/null; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# No package starts a service: only their programs are wanted.
without_services() {
    local policy=/usr/sbin/policy-rc.d code=0
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    "$@" || code=$?
    as_root rm "$policy"
    return "$code"
}

install_packages() {
    local package log missing=()
    for package in "$@"; do
        is_there "$package" || missing+=("$package")
    done
    [ ${#missing[@]} != 0 ] || return 0
    echo "installing ${missing[*]}"
    log=$(mktemp)
    if ! { as_root apt-get update -qq &&
        without_services as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        echo "setup.sh: these packages could not be installed: ${missing[*]}" >&2
        return 1
    fi
    rm "$log"
}

packages=()
for tier in "$@"; do
    # shellcheck disable=SC2207 # package names have no spaces
    packages+=($(packages_of "$tier"))
done
# shellcheck disable=SC2046
install_packages $(printf '%s\n' "${packages[@]}" | sort -u)

# A tester of HTTP interfaces by their OpenAPI document, which Debian does not have.
schemathesis=${XDG_CACHE_HOME:-$HOME/.cache}/leader-elector/schemathesis-4.32.5
if [[ " $* " == *' programs '* ]] && [ ! -x "$schemathesis/bin/schemathesis" ]; then
    python3 -m venv "$schemathesis"
    "$schemathesis/bin/pip" install --quiet "schemathesis==${schemathesis##*-}"
fi

for tier in "$@"; do
    case $tier in
    controlplane | interop | soak | chart | cluster | bench)
        if [ ! -d "$("$tests/cluster/cluster" bin)" ]; then
            echo "building Kubernetes, etcd and helm (about 7 minutes, once)"
            "$tests/cluster/cluster" build
        fi
        break
        ;;
    esac
done
