#!/bin/sh
# Installs the system packages that a job lacks. If none is missing, it prints nothing.
# usage: need.sh server|gui|desktop|browsers|faults|node|python|lint|packages ...
#
# It installs only Debian packages, and only those of the given groups.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# Prints Debian's package names for a group. The groups are:
#   server    a C compiler, which Rust needs to link anything at all
#   gui       the libraries that the desktop program is built on
#   desktop   a virtual display, and the tools that test the window
#   browsers  the two browsers that the page is tested in
#   faults    the tools for clients that vanish or stall
#   packages  the tools that check a .deb, an .rpm and the files that they install
packages() {
    case $1 in
        server) echo build-essential ;;
        gui) echo build-essential pkg-config file libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev libxdo-dev libssl-dev ;;
        desktop) echo webkit2gtk-driver xvfb xauth openbox dbus dbus-x11 wmctrl at-spi2-core libatk-adaptor \
            gir1.2-atspi-2.0 python3-gi imagemagick x11-utils fonts-dejavu-core procps util-linux curl xclip ;;
        faults) echo iproute2 curl procps ;;
        browsers) echo chromium chromium-driver firefox-esr ;;
        # Node can be installed in many ways, so only npx is looked for.
        node) command -v npx >/dev/null || echo nodejs npm ;;
        # The same of Python, which has to be able to make virtual environments.
        python) python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3 python3-venv ;;
        lint) echo shellcheck ;;
        packages) echo lintian man-db appstream desktop-file-utils rpm rpmlint ;;
        *) fail "need.sh does not know '$1': it knows server, gui, desktop, browsers, faults, node, python, lint and packages." ;;
    esac
}

command -v cargo >/dev/null ||
    fail 'cargo is missing: install Rust from https://rustup.rs, then run this again.'

wanted=''
for group in "$@"; do
    wanted="$wanted $(packages "$group")"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    # Other systems use other package names. The build goes on, and fails if something is missing.
    [ "$(uname -s)" != Linux ] ||
        say "This system is not Debian: if the build fails, install your system's packages for:$wanted."
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
        fail "Packages are missing and there is no sudo: as root, run apt-get install --no-install-recommends$missing"
    as_root='sudo'
fi

# Another apt may be running, above all on a new machine: wait for it instead of failing.
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}
apt update
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $missing
