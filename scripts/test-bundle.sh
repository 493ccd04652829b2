#!/bin/bash
# Checks the packages that `make bundle` made and installs both .debs. It starts the installed app
# on a virtual display, receives events from it with curl, tries the installed `sse`, and removes
# the packages again.
set -euo pipefail
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

scripts/need.sh desktop packages

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
packages=(sse sse-workbench)
debs=() rpms=()
for package in "${packages[@]}"; do
    deb=$(find target/release/bundle/deb -maxdepth 1 -name "${package}_${version}-1_*.deb" | head -n 1)
    [ -n "$deb" ] || fail "There is no .deb of $package $version in target/release/bundle/deb: run make bundle first."
    rpm=$(find target/release/bundle/rpm -maxdepth 1 -name "$package-$version-1.*.rpm" | head -n 1)
    [ -n "$rpm" ] || fail "There is no .rpm of $package $version in target/release/bundle/rpm: run make bundle first."
    debs+=("./$deb")
    rpms+=("$rpm")
done

as_root=''
[ "$(id -u)" = 0 ] || as_root='sudo'
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# shellcheck disable=SC2016 # the ${...} is dpkg-query's own
installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}
for package in "${packages[@]}"; do
    ! installed "$package" ||
        fail "$package is already installed, and this test would remove it: first remove it yourself (apt remove $package)."
done

folder=$(mktemp -d)
app=''
cleanup() {
    # The app still runs only if the test failed.
    [ -z "$app" ] || kill -KILL -- "-$app" 2>/dev/null || true
    for package in "${packages[@]}"; do
        ! installed "$package" || apt remove "$package"
    done
    rm -rf "$folder"
}
trap cleanup EXIT

# Fails unless each pattern matches a line of the text: has_each TEXT NAME PATTERN...
has_each() {
    local text=$1 what=$2 pattern
    shift 2
    for pattern in "$@"; do
        grep -qE "$pattern" <<<"$text" || fail "$what: nothing matches $pattern."
    done
}

of_sse=('^/usr/bin/sse$' '^/usr/share/man/man1/sse\.1\.gz$' '^/usr/share/man/man1/sse-serve\.1\.gz$'
    '^/usr/share/man/man1/sse-publish\.1\.gz$' '^/usr/share/bash-completion/completions/sse$'
    '^/usr/share/zsh/(vendor-completions|site-functions)/_sse$' '^/usr/share/fish/vendor_completions.d/sse\.fish$')
of_app=('^/usr/bin/sse-workbench$' '^/usr/share/man/man1/sse-workbench\.1\.gz$' '^/usr/share/applications/sse-workbench\.desktop$'
    '^/usr/share/metainfo/dev\.sse_workbench\.app\.metainfo\.xml$' '^/usr/share/icons/hicolor/.*\.png$'
    '^/usr/share/icons/hicolor/scalable/.*\.svg$')

say 'lintian checks the .debs'
# The profile is named because systems derived from Debian have other rules.
lintian --allow-root --profile debian --fail-on error,warning "${debs[@]}" || fail 'lintian found errors in the .debs (above).'

say 'rpmlint checks the .rpms'
rpmlint --strict --config src-tauri/bundle/rpmlint.toml "${rpms[@]}" || fail 'rpmlint found errors in the .rpms (above).'

say 'Dependencies of the packages'
depends=$(dpkg-deb -f "${debs[0]}" Depends)
has_each "$depends" "Depends of sse" 'libc6 \('
! grep -qiE 'webkit|gtk' <<<"$depends" || fail "The .deb of sse depends on a library of the window: $depends."
has_each "$(dpkg-deb -f "${debs[1]}" Depends)" 'Depends of sse-workbench' 'libc6 \(' 'libwebkit2gtk-4\.1-0' "sse \(= $version-1\)"
requires=$(rpm -qp --nosignature --requires "${rpms[0]}")
has_each "$requires" 'The .rpm of sse' '^libc\.so\.6'
! grep -qiE 'webkit|gtk' <<<"$requires" || fail "The .rpm of sse depends on a library of the window: $requires."
has_each "$(rpm -qp --nosignature --requires "${rpms[1]}")" 'The .rpm of sse-workbench' '^libc\.so\.6' '^libwebkit2gtk-4\.1' "^sse = $version\$"

say 'Files in the .rpms, which cannot be installed on Debian'
has_each "$(rpm -qlp --nosignature "${rpms[0]}")" 'The .rpm of sse' "${of_sse[@]}"
files=$(rpm -qlp --nosignature "${rpms[1]}")
has_each "$files" 'The .rpm of sse-workbench' "${of_app[@]}"
! grep -qx /usr/bin/sse <<<"$files" || fail 'The .rpm of sse-workbench has /usr/bin/sse, which belongs to sse.'

say 'Desktop entry and AppStream metadata'
dpkg-deb -x "${debs[1]}" "$folder/tree"
desktop-file-validate "$folder/tree/usr/share/applications/sse-workbench.desktop"
appstreamcli validate --no-net "$folder"/tree/usr/share/metainfo/*.metainfo.xml
# The tree too, because only there appstreamcli can find the desktop entry that the metadata names.
appstreamcli validate-tree --no-net "$folder/tree"

say 'Installing sse alone'
apt install --no-install-recommends "${debs[0]}"
# dpkg's list and not the disk, because a small Debian image may leave manual pages out.
has_each "$(dpkg -L sse)" 'The package sse' "${of_sse[@]}" '^/usr/share/doc/sse/copyright$'
[ "$(/usr/bin/sse --version)" = "sse $version" ] || fail "sse --version says '$(/usr/bin/sse --version)', not 'sse $version'."
# shellcheck disable=SC2016 # expanded by the inner shell
offered=$(bash --norc -c '. /usr/share/bash-completion/completions/sse
    COMP_WORDS=(sse publ) COMP_CWORD=1
    _sse sse publ sse
    printf "%s\n" "${COMPREPLY[@]}"')
[ "$offered" = publish ] || fail "bash completes 'sse publ' to '$offered', not to 'publish'."

say 'Installing the app'
apt install --no-install-recommends "${debs[1]}"
files=$(dpkg -L sse-workbench)
has_each "$files" 'The package sse-workbench' "${of_app[@]}" '^/usr/share/doc/sse-workbench/copyright$'
! grep -qx /usr/bin/sse <<<"$files" || fail 'The package sse-workbench has /usr/bin/sse, which belongs to sse.'

say 'Starting it'
# A port that no process listens on at this moment.
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir -p "$folder/config/dev.sse-workbench" "$folder/data" "$folder/runtime"
chmod 700 "$folder/runtime"
printf 'port = %s\nstart_at_launch = true\n' "$port" >"$folder/config/dev.sse-workbench/settings.toml"
# Started in another folder, because the installed app must need no file of the repository.
(
    cd "$folder"
    unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    export XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data" XDG_RUNTIME_DIR="$folder/runtime"
    # The app's process id goes into a file, because xvfb-run does not forward signals.
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec setsid xvfb-run -a dbus-run-session -- sh -c 'echo $$ >pid; exec /usr/bin/sse-workbench'
) >"$folder/app.log" 2>&1 &
app=$!
curl -fsS --retry 30 --retry-delay 1 --retry-connrefused "http://localhost:$port/healthz" >/dev/null || {
    cat "$folder/app.log" >&2
    fail 'The app did not answer within 30 s; its output is above.'
}

say 'Receiving events'
events=$(curl -sN --max-time 30 "http://localhost:$port/numbers?every=50ms")
echo "$events"
[ "$(grep '^data: ' <<<"$events")" = "$(printf 'data: %s\n' 1 2 3 4 5)" ] || fail '/numbers did not send 1 to 5.'
endless=$(curl -sN --max-time 2 "http://localhost:$port/endless?every=50ms" || true)
grep -qx 'data: 3' <<<"$endless" || fail '/endless did not send 3 within 2 s.'
page=$(curl -fsS "http://localhost:$port/")
grep -q '<html' <<<"$page" || fail 'The page is not served at /.'
/usr/bin/sse publish "localhost:$port/topics/news" hello >/dev/null || fail 'The installed sse cannot publish to the installed app.'

say 'Stopping it with SIGTERM'
kill -TERM "$(cat "$folder/pid")"
code=0
wait "$app" || code=$?
app=''
[ "$code" = 0 ] || fail "The app ended with exit code $code after SIGTERM."
! curl -fsS "http://localhost:$port/healthz" 2>/dev/null || fail "Port $port still answers after the app ended."

say 'Removing both'
apt remove "${packages[@]}"
for file in /usr/bin/sse-workbench /usr/bin/sse /usr/share/bash-completion/completions/sse /usr/share/applications/sse-workbench.desktop; do
    [ ! -e "$file" ] || fail "$file is still there after the packages were removed."
done
say 'The packages work.'
