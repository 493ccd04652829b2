#!/bin/sh
# Renders every size of the icon from icon.svg, its one source, and gives the page its copy. Run it after each
# change of the drawing and commit what it writes. Needs node: the renderer comes with Tauri's command line.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

npx -y @tauri-apps/cli@2 icon icon.svg -o "$out/default"
npx -y @tauri-apps/cli@2 icon icon.svg -o "$out/sizes" -p 16,32,48,64,128,256,512

cp "$out"/sizes/*.png .
cp "$out/default/icon.icns" "$out/default/icon.ico" .
cp icon.svg ../../ui/page/icon.svg
