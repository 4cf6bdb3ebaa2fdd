#!/usr/bin/env bash
# build.sh FOLDER: builds the image pgq by the project's Dockerfile, without fetching anything. The base images are made of
# this machine's Java and C library. Maven is replaced by a script that takes the command from FOLDER/context/built.
set -euo pipefail
cd "$1"
buildah() { command buildah --root "$PWD/images" --runroot "$PWD/containers" "$@"; }

mkdir -p base/{bin,dev,etc,opt,proc,tmp,usr/bin}
chmod 1777 base/tmp
echo '127.0.0.1 localhost' >base/etc/hosts
echo 'hosts: files dns' >base/etc/nsswitch.conf
"$JAVA_HOME/bin/jlink" --add-modules java.se,jdk.crypto.ec,jdk.management,jdk.unsupported,jdk.zipfs --strip-debug \
    --output base/opt/java
base/opt/java/bin/java -Xshare:dump >/dev/null
ln -s /opt/java/bin/java base/usr/bin/java
for program in sh cp mkdir rm; do cp -L "$(type -P "$program")" base/bin/; done
# The libraries that these need, at the paths where they are.
find base/opt/java base/bin -type f \( -name '*.so' -o -perm /111 \) -exec ldd {} + 2>/dev/null |
    grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$PWD\|:$" | sort -u |
    while read -r library; do
        mkdir -p "base$(dirname "$library")"
        cp -Ln "$library" "base$library"
    done

base=$(buildah from scratch)
buildah copy -q "$base" base / >/dev/null
buildah commit -q "$base" localhost/base-java >/dev/null
cat >mvn <<'SCRIPT'
#!/bin/sh
mkdir -p pgqueuer-cli/target && cp -r built/* pgqueuer-cli/target/
SCRIPT
chmod 755 mvn
buildah copy -q "$base" mvn /usr/bin/mvn >/dev/null
buildah commit -q "$base" localhost/base-maven >/dev/null

buildah build -q --isolation chroot --pull-never --build-arg JAVA=localhost/base-java \
    --build-arg MAVEN=localhost/base-maven -t pgq context >/dev/null
container=$(buildah from localhost/pgq)
echo "$container" >container
buildah mount "$container" >mount
buildah inspect --format '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}' "$container" >entrypoint
buildah inspect --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' "$container" >environment
buildah inspect --format '{{.OCIv1.Config.User}}' "$container" >user
