#!/usr/bin/env bash
# round_http.sh - the whole round over smart HTTP: stock nginx with basic auth, fcgiwrap, git http-backend.
. "$(dirname "$0")/lib.sh"
. tests/e2e/round.inc.sh
. tests/e2e/hub_http.sh
HUB=$T/srv/hub.git
hub_of() { echo "http://$1:rahasia-$1@127.0.0.1:$HUB_HTTP_PORT/hub.git"; }
mkdir "$T/srv"
"$JEMPUT" hub init "$HUB" >"$T/out"
at_exit+=(hub_http_stop)
hub_http_start "$T/http" "$T/srv" hq rahasia-hq
hub_http_user van3 rahasia-van3
hub_http_user van7 rahasia-van7
round
# The login is kept apart from the address, and neither is shown nor logged.
same "the address that is shown" "$(js van3 hub show | jq -r '.hub + " " + .user')" "$HUB_HTTP_URL/hub.git van3"
! grep -rqaF rahasia-van3 "$T/van3" "$T/van3.sync" "$T/out" "$T/err" || fail "the hub's password lies in clear"
