#!/usr/bin/env bash
# round_folder.sh - the whole round with a bare repository in a folder as the hub.
. "$(dirname "$0")/lib.sh"
. tests/e2e/round.inc.sh
HUB=$T/hub.git
hub_of() { if [ "$1" = van7 ]; then echo "file://$HUB"; else echo "$HUB"; fi; }
"$JEMPUT" hub init "$HUB" >"$T/out"
round
