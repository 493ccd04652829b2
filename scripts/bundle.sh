#!/bin/sh
# Makes the bundles for this system in target/release/bundle/. On Linux these are a .deb and an .rpm
# of the app, and a .deb and an .rpm of the command. On other systems it is Tauri's bundle of the
# app.
# usage: bundle.sh [PACKAGE...]
# On Linux, the packages are sse and sse-workbench. sse alone needs no WebKit.
set -eu
# shellcheck source=scripts/start.sh
. "$(dirname "$0")/start.sh"

made=target/release/bundle

# These files contain the version and cannot look it up. If one is out of date, no bundle is made.
check_version() {
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
    while read -r file text; do
        grep -qF "$text" "$file" || fail "$file does not contain '$text': update it to version $version."
    done <<END
Cargo.toml sse (= $version-1)
Cargo.toml sse = "= $version"
src-tauri/bundle/changelog sse-workbench ($version-1)
src-tauri/bundle/dev.sse_workbench.app.metainfo.xml <release version="$version"
END
}

# Writes the manual pages, completions and changelog for both kinds of packages.
write_texts() {
    release=${CARGO_TARGET_DIR:-target}/release
    texts=$release/package
    rm -rf "$texts"
    mkdir -p "$texts"
    "$release/sse" man "$texts/man"
    for shell in bash zsh fish; do
        "$release/sse" completions "$shell" >"$texts/sse.$shell"
    done
    cp src-tauri/bundle/sse-workbench.1 "$texts"
    cp CHANGELOG.md "$texts/changelog"
    gzip -9n "$texts"/man/*.1 "$texts/sse-workbench.1" "$texts/changelog"
}

make_packages() {
    # All files get the date of the release, so that another build makes the same packages.
    SOURCE_DATE_EPOCH=$(date -d "$(sed -n 's/^ -- .*>  //p' src-tauri/bundle/changelog | head -n 1)" +%s)
    export SOURCE_DATE_EPOCH
    mkdir -p "$made/deb" "$made/rpm"
    for package in "$@"; do
        case $package in
            sse) crate=sse-cli folder=crates/sse-cli ;;
            *) crate=$package folder=. ;;
        esac
        if command -v dpkg-shlibdeps >/dev/null; then
            cargo deb --no-build --locked -p "$crate" --output "$made/deb/"
        else
            say "No .deb of $package is made, because dpkg-shlibdeps is missing: install dpkg-dev for it."
        fi
        cargo generate-rpm -p "$folder" --output "$made/rpm/"
    done
}

case $(uname -s) in
    Linux)
        [ $# -gt 0 ] || set -- sse sse-workbench
        check_version
        # The command prints the texts of both packages, so it is always built.
        crates='-p sse-cli'
        groups='server'
        for package in "$@"; do
            case $package in
                sse) ;;
                sse-workbench) crates="$crates -p sse-workbench" groups="$groups gui" ;;
                *) fail "bundle.sh does not know '$package': it makes sse and sse-workbench." ;;
            esac
        done
        # shellcheck disable=SC2086 # a list of words
        scripts/need.sh $groups
        scripts/tools.sh cargo-deb cargo-generate-rpm
        # A single build, so that shared dependencies compile once.
        # shellcheck disable=SC2086
        cargo build --locked --release $crates
        write_texts
        make_packages "$@"
        ;;
    *)
        scripts/need.sh node
        command -v npx >/dev/null || fail 'npx is missing: install Node.js 18 or later, then run this again.'
        bundles=nsis
        [ "$(uname -s)" != Darwin ] || bundles=dmg
        npx -y @tauri-apps/cli@2 build --ci --bundles "$bundles" -- --locked
        ;;
esac

say 'Made:'
find "$made" -type f \( -name '*.deb' -o -name '*.rpm' -o -name '*.dmg' -o -name '*.exe' \)
