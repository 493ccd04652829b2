#!/bin/bash
# Installs the .deb that `make bundle` made, starts the installed app on a display of its own, receives events from it with curl,
# asks the installed `sse` for its version, and removes the package again.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh desktop

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
deb=$(find target/release/bundle/deb -maxdepth 1 -name "*_${version}_*.deb" | sort | tail -n 1)
[ -n "$deb" ] || fail "There is no .deb of version $version in target/release/bundle/deb: run make bundle first."
package=$(dpkg-deb -f "$deb" Package)

as_root=''
[ "$(id -u)" = 0 ] || as_root='sudo'
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# shellcheck disable=SC2016 # the ${...} is dpkg-query's own
installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ]
}
if installed; then
    fail "$package is installed on this machine already, and this test would remove it: remove it yourself first (apt remove $package)."
fi

folder=$(mktemp -d)
app=''
cleanup() {
    # The app ends by itself in a test that passes; this is for one that does not.
    [ -z "$app" ] || kill -KILL -- "-$app" 2>/dev/null || true
    ! installed || apt remove "$package"
    rm -rf "$folder"
}
trap cleanup EXIT

say "Installing $deb"
apt install --no-install-recommends "./$deb"

say 'What it brought'
for file in /usr/bin/sse-workbench /usr/bin/sse; do
    [ -x "$file" ] || fail "$file is not there."
done
files=$(dpkg -L "$package")
for part in '/usr/share/applications/.*\.desktop$' '/usr/share/icons/hicolor/.*\.png$' "/usr/share/doc/$package/"; do
    grep -qE "$part" <<<"$files" || fail "The package has no file like $part."
done
[ "$(/usr/bin/sse --version)" = "sse $version" ] || fail "sse --version says '$(/usr/bin/sse --version)', not 'sse $version'."

say 'Starting it'
# A port that nothing listens on at this moment.
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$folder/config/dev.sse-workbench" "$folder/data" "$folder/runtime"
chmod 700 "$folder/runtime"
printf 'port = %s\nstart_at_launch = true\n' "$port" >"$folder/config/dev.sse-workbench/settings.toml"
# From another folder, as a person would: nothing of the repository may be needed.
(
    cd "$folder"
    unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    export XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data" XDG_RUNTIME_DIR="$folder/runtime"
    # The program's own id goes into a file: xvfb-run does not hand signals on.
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec setsid xvfb-run -a dbus-run-session -- sh -c 'echo $$ >pid; exec /usr/bin/sse-workbench'
) >"$folder/app.log" 2>&1 &
app=$!
curl -fsS --retry 30 --retry-delay 1 --retry-connrefused "http://localhost:$port/healthz" >/dev/null || {
    cat "$folder/app.log" >&2
    fail 'The app did not answer within 30 s; above is what it printed.'
}

say 'Receiving events'
events=$(curl -sN --max-time 30 "http://localhost:$port/numbers?every=50ms")
echo "$events"
[ "$(grep '^data: ' <<<"$events")" = "$(printf 'data: %s\n' 1 2 3 4 5)" ] || fail '/numbers did not send 1 to 5.'
endless=$(curl -sN --max-time 2 "http://localhost:$port/endless?every=50ms" || true)
grep -qx 'data: 3' <<<"$endless" || fail '/endless did not send 3 within 2 s.'
page=$(curl -fsS "http://localhost:$port/")
grep -q '<html' <<<"$page" || fail 'The page is not served at /.'

say 'Ending it in order'
kill -TERM "$(cat "$folder/pid")"
code=0
wait "$app" || code=$?
app=''
[ "$code" = 0 ] || fail "The app ended with exit code $code after SIGTERM."
! curl -fsS "http://localhost:$port/healthz" 2>/dev/null || fail "Port $port still answers after the app ended."

say 'Removing it'
apt remove "$package"
for file in /usr/bin/sse-workbench /usr/bin/sse; do
    [ ! -e "$file" ] || fail "$file is still there after the package was removed."
done

# The .rpm cannot be installed on Debian; what is in it can be read where there is rpm.
rpm=$(find target/release/bundle/rpm -maxdepth 1 -name "*-${version}-*.rpm" | sort | tail -n 1)
[ -n "$rpm" ] || fail "There is no .rpm of version $version in target/release/bundle/rpm."
if command -v rpm >/dev/null; then
    files=$(rpm -qlp --nosignature "$rpm")
    for file in /usr/bin/sse-workbench /usr/bin/sse; do
        grep -qx "$file" <<<"$files" || fail "$file is not in $rpm."
    done
fi
say 'The bundle works.'
