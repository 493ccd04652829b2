#!/bin/sh
# Installs the servers and decoders of others for the benchmark, below target/sse-bench/peers and
# not into the system. If one cannot be installed, a sentence reports it and the benchmark has no
# rows for it.
# usage: bench-peers.sh PEER...
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

sources="$PWD/crates/sse-bench/peers"
folder="${CARGO_TARGET_DIR:-target}/sse-bench/peers"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

# Debian's nginx and nchan, only unpacked and not installed, so no service starts.
nchan() {
    [ ! -s "$folder/nchan/version" ] || return 0
    new=$(mktemp -d "$folder/nchan.XXXXXX")
    cd "$new"
    # By default, apt as root downloads as another user, who cannot write here.
    apt-get -q -q -o APT::Sandbox::User=root download nginx libnginx-mod-nchan
    mkdir tree
    for package in *.deb; do
        dpkg -x "$package" tree
        dpkg-deb -f "$package" Package Version
        rm "$package"
    done | awk '$1 == "Version:" { printf "%s%s", (n++ ? ", nginx " : ""), $2 }' >tree/version
    # The programs contain absolute paths below /var/lib/nginx. Moving the slash to the end keeps
    # the length and makes the paths relative to the prefix.
    sed -i 's:/var/lib/nginx/:var/lib/nginx//:g' tree/usr/sbin/nginx tree/usr/lib/nginx/modules/ngx_nchan_module.so
    mkdir -p tree/var/lib/nginx
    rm -rf "$folder/nchan"
    mv tree "$folder/nchan"
    cd "$folder"
    rm -rf "$new"
}

better_sse() {
    of_node better-sse better-sse "$sources/better-sse"
}

better_sse_redis() {
    of_node better-sse-redis ioredis "$sources/better-sse-redis"
    echo "$(version_of better-sse), ioredis $(cat version)" >version
}

eventsource_parser() {
    of_node eventsource-parser eventsource-parser "$sources/decoders/eventsource-parser"
}

# of_node PEER PACKAGE FOLDER: a package of npm, with the script beside its package.json.
of_node() {
    mkdir -p "$folder/$1"
    cd "$folder/$1"
    # Another version is installed anew.
    cmp -s "$3/package.json" package.json || rm -rf node_modules
    cp "$3"/package.json "$3"/*.mjs .
    [ -d "node_modules/$2" ] || npm install --silent --no-package-lock --no-audit --no-fund
    echo "$(version_of "$2"), node $(node --version)" >version
}

# version_of PACKAGE: what npm installed here. Not by `require`: a package need not export its
# package.json.
version_of() {
    node -p 'JSON.parse(fs.readFileSync(process.argv[1])).version' "node_modules/$1/package.json"
}

sse_starlette() {
    of_python sse-starlette "$sources/sse-starlette/requirements.txt"
}

httpx_sse() {
    of_python httpx-sse "$sources/decoders/httpx-sse/requirements.txt"
}

# of_python PACKAGE FILE: a package of PyPI, with the others that its requirements name.
of_python() {
    venv="$folder/$1"
    wanted=$2
    cmp -s "$wanted" "$venv/requirements.txt" && return
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    { sed -n "s/^$1==//p" "$wanted" && sed -n "/^$1==/!s/==/ /p" "$wanted" && "$venv/bin/python" --version; } |
        paste -s -d ',' | sed 's/,/, /g' >"$venv/version"
    cp "$wanted" "$venv/"
}

for peer in "$@"; do
    # `||` after the subshell would turn -e off inside it.
    set +e
    (
        set -e
        "$(echo "$peer" | tr - _)"
    )
    done=$?
    set -e
    [ "$done" = 0 ] || say "$peer cannot be installed (the reason is above), so the benchmark leaves it out."
done
