#!/bin/sh
# deps.sh STAMP PACKAGE... - installs the Debian packages that are missing, asks nothing, then writes STAMP.
# node and npm count as present when a program of that name is: they often come from elsewhere.
set -eu
stamp=$1
shift
missing=
for p in "$@"; do
    case $p in
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null | cut -c1-2)" = ii ] || missing="$missing $p"
done
if [ -n "$missing" ]; then
    echo "deps: installing$missing"
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    export DEBIAN_FRONTEND=noninteractive
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null
fi
mkdir -p "$(dirname "$stamp")"
: >"$stamp"
