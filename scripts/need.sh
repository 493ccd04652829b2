#!/bin/sh
# Installs the system packages that a job lacks; does nothing, silently, when none is missing.
# usage: need.sh server|gui|desktop|browsers|faults|node|lint|packages ...
#
# It installs Debian packages and nothing else, and only the groups it was asked for.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# Debian's names for each group. What the words stand for:
#   server    a C compiler, which Rust needs to link anything at all
#   gui       the libraries that the desktop program is built on
#   desktop   a display without a screen, and what the tests of the window look through
#   browsers  the two browsers that the page is tested in
#   faults    what clients are made of that vanish, or stop without leaving
#   packages  what looks through a .deb, an .rpm and what they install
packages() {
    case $1 in
        server) echo build-essential ;;
        gui) echo build-essential pkg-config file libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev libxdo-dev libssl-dev ;;
        desktop) echo webkit2gtk-driver xvfb xauth openbox dbus dbus-x11 wmctrl at-spi2-core libatk-adaptor \
            gir1.2-atspi-2.0 python3-gi imagemagick x11-utils fonts-dejavu-core procps util-linux curl ;;
        faults) echo iproute2 curl procps ;;
        browsers) echo chromium chromium-driver firefox-esr ;;
        # Node comes from many places; what counts is that npx runs.
        node) command -v npx >/dev/null || echo nodejs npm ;;
        lint) echo shellcheck ;;
        packages) echo lintian man-db appstream desktop-file-utils rpm rpmlint ;;
        *) fail "need.sh knows server, gui, desktop, browsers, faults, node, lint and packages, not '$1'." ;;
    esac
}

command -v cargo >/dev/null ||
    fail 'cargo is missing: install Rust from https://rustup.rs, then run this again.'

wanted=''
for group in "$@"; do
    wanted="$wanted $(packages "$group")"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Elsewhere the packages have other names; building goes on and says itself what it does not find.
    [ "$(uname -s)" != Linux ] ||
        say "This is no Debian: install what your system calls these, should something be missing:$wanted."
    exit 0
fi

missing=''
for package in $wanted; do
    case " $missing " in *" $package "*) continue ;; esac
    # shellcheck disable=SC2016 # the ${...} is dpkg-query's own
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

say "Installing Debian packages:$missing"
as_root=''
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
        fail "These packages are missing and there is no sudo: as root, run apt-get install --no-install-recommends$missing"
    as_root='sudo'
fi

# Another apt may be at work, on a new machine above all: wait for it instead of failing.
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}
apt update
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $missing
