# The image holds the programs and the libraries that they load: no shell, no package manager, nothing to update but them.
FROM docker.io/library/debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
        cmake g++ ninja-build libfmt-dev libpoco-dev libssl-dev libyaml-cpp-dev libyaml-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . /source
# The default kind of build, -O2, linked as one: a third less code than without (tests/bench, image and memory).
RUN cmake -S /source -B /build -G Ninja -DBUILD_TESTING=OFF -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON \
 && cmake --build /build
# Each library goes where the loader looks for it; ldd names the loader itself too.
RUN mkdir -p /image/usr/bin /image/etc \
 && find /build -type f -perm -u+x -name 'leader-elector*' -exec install -s -t /image/usr/bin {} + \
 && ldd /image/usr/bin/* | grep -o '/[^ ]*\.so[^ ]*' | sort -u | xargs cp --dereference --parents -t /image \
 && echo 'leader-elector:x:65532:65532::/:/sbin/nologin' >/image/etc/passwd \
 && echo 'leader-elector:x:65532:' >/image/etc/group

FROM scratch
COPY --from=build /image /
USER 65532:65532
ENTRYPOINT ["/usr/bin/leader-elector"]
