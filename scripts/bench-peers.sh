#!/bin/sh
# Installs the servers of others for the benchmark, below target/sse-bench/peers and not into the
# system. If one cannot be installed, a sentence reports it and the benchmark has no rows for it.
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
    mkdir -p "$folder/better-sse"
    cd "$folder/better-sse"
    cp "$sources/better-sse/package.json" "$sources/better-sse/server.mjs" .
    [ -d node_modules/better-sse ] || npm install --silent --no-package-lock --no-audit --no-fund
    echo "$(node -p 'require("./node_modules/better-sse/package.json").version'), node $(node --version)" >version
}

sse_starlette() {
    venv="$folder/sse-starlette"
    wanted="$sources/sse-starlette/requirements.txt"
    cmp -s "$wanted" "$venv/requirements.txt" && return
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
    { sed -n 's/^sse-starlette==//p' "$wanted" && sed -n '/^sse-starlette/!s/==/ /p' "$wanted" && "$venv/bin/python" --version; } |
        paste -s -d ',' | sed 's/,/, /g' >"$venv/version"
    cp "$wanted" "$venv/"
}

for peer in nchan better-sse sse-starlette; do
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
