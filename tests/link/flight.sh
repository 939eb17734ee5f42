#!/usr/bin/env bash
# flight.sh - over plain HTTP a slice goes on its way before the hub has answered the one before it: two at a time while nothing
# drops, one at a time after a loss; cut, overtaken by a hub that takes long, or killed, nothing is lost and nothing goes twice.
# JEM_SOAK=1: the first day has 100 scans over 3 Mbit/s with 600 ms each way.
. "$(dirname "$0")/link.inc.sh"
rate=150000 delay=100 first=25
[ $full = 0 ] || rate=375000 delay=600 first=100
HUB_HTTP_CGI=$T/slow.cgi
cat >"$HUB_HTTP_CGI" <<END
#!/bin/bash
# While $T/slow is there, a slice waits in front of the hub until the next one has been let through.
exec 8>"$T/cgi.lock"
backend="$(git --exec-path)/git-http-backend"
if [ "\${CONTENT_LENGTH:-0}" -gt 100000 ]; then
    flock 8
    if [ -e "$T/slow" ]; then
        mv "$T/slow" "$T/waiting"
        flock -u 8
        for ((i = 0; i < 80; i++)); do [ -e "$T/waiting" ] && sleep 0.1 || exec "\$backend"; done
        mv "$T/waiting" "$T/slow" # nobody came: the next one waits
    elif [ -e "$T/waiting" ]; then
        flock -u 8
        "\$backend"
        date +%s.%N >"$T/overtaken"
        rm "$T/waiting"
        exit 0
    fi
fi
exec 8>&- "\$backend"
END
chmod +x "$HUB_HTTP_CGI"
hub_http
sed -i "s|access_log .*|log_format times '\$msec \$request_time \$uri \$status'; access_log $T/http/times.log times;|" "$T/http/nginx.conf"
kill -HUP "$hub_http_nginx"
sleep 0.5
day van3 3 $((first + 90)) $first
: >"$T/van7.numbers"

# beside [SINCE]: slices that came to the hub sooner after it answered the one before than that answer and they can have travelled
beside() {
    awk '/receive-pack 200/ {printf "%.3f %.3f\n", $1 - $2, $1}' "$T/http/times.log" | sort -n |
        awk -v since="${1:-0}" -v rtt="$((2 * delay - 10))" 'NR > 1 && $1 > since && $1 < end + rtt / 1000 {n++}
            $2 > end {end = $2} END {print n + 0}'
}
# scans FROM TO: one more to each of these applications
scans() {
    local i
    for ((i = $1; i <= $2; i++)); do
        fixtures jpeg "$T/van3.in/$i.jpg" $((1000 + i)) 1600
        js van3 attach "$(sed -n "${i}p" "$T/van3.numbers")" lain="$T/van3.in/$i.jpg" >"$T/out"
    done
    : >"$T/http/times.log"
}
# two_fly: waits until the sync in the background has sent one beside another
two_fly() {
    local i
    for ((i = 0; i < 600; i++)); do
        [ "$(beside)" = 0 ] || return 0
        sleep 0.1
    done
    fail "nothing went beside another: $(<"$T/http/times.log")"
}

step "a good line, $rate bytes a second and $delay ms each way"
proxy_start van3 "$HUB_PORT" --rate $rate --delay $delay
: >"$T/http/times.log"
begun=$(date +%s%N)
through van3 200
ms=$((($(date +%s%N) - begun) / 1000000))
tell() { echo "      $(rounds van3 slices) slices, of which $(beside) went beside another; $(rounds van3 retries) retries"; }
tell
echo "      $ms ms, of which the line needs $(($(rounds van3 bytes_up) * 1000 / rate))"
if [ "$(beside)" = 0 ]; then # a hub on a busy machine may take long over one
    scans 1 $first
    through van3 200
    tell
fi
[ "$(beside)" -gt 0 ] || fail "each waited for the answer: $(<"$T/http/times.log")"
proxy_stop van3
arrived van3

step "a hub that takes long over a slice: the next one is there too early"
proxy_start van3 "$HUB_PORT" --rate $rate --delay $delay
for ((more = first; more < first + 40 && ${overtaken:-0} == 0; more += 20)); do
    scans $((more + 1)) $((more + 20))
    syncing van3 --remote "$(url van3)"
    two_fly
    touch "$T/slow"
    wait $syncing || fail "exit $?: $(<"$T/van3.err")"
    cp "$T/van3.round" "$T/van3.rounds"
    tell
    [ ! -e "$T/overtaken" ] || overtaken=1
done
[ "${overtaken:-0}" = 1 ] || fail "no slice came too early"
rm -f "$T/slow"
same "slices beside another since then" "$(beside "$(<"$T/overtaken")")" 0
[ "$(rounds van3 retries)" -ge 1 ] || fail "the hub took it all the same"
proxy_stop van3
arrived van3

step "each connection is cut after 700 kB"
proxy_start van3 "$HUB_PORT" --rate 400000 --delay 100 --cut 700000
scans $((first + 41)) $((first + 60))
through van3 200
echo "      $(rounds van3 slices) slices, $(rounds van3 retries) retries"
proxy_stop van3
[ "$(counted van3 cuts)" -gt 1 ] || fail "nothing was cut"
arrived van3

step "killed while two are on their way"
proxy_start van3 "$HUB_PORT" --rate 100000 --delay 100
scans $((first + 61)) $((first + 80))
syncing van3 --remote "$(url van3)"
two_fly
kill -9 $syncing
wait $syncing 2>/dev/null || true
proxy_stop van3
same "problems" "$(js van3 audit verify | jq -c .problems)" '[]'
js van3 sync >"$T/out"
arrived van3
step "done"
