#!/usr/bin/env bash
# lean.sh - the lean http link against stock nginx and git http-backend: its bytes, what it does when a server refuses, falls
# silent, drops the line or speaks an older protocol, and TLS.
. "$(dirname "$0")/lib.sh"
. tests/e2e/hub_http.sh
HUB=$T/srv/hub.git
hub_of() { echo "http://$1:rahasia-$1@127.0.0.1:${2:-$HUB_HTTP_PORT}/hub.git"; }
mkdir "$T/srv"
"$JEMPUT" hub init "$HUB"
at_exit+=(hub_http_stop)
hub_http_start "$T/http" "$T/srv" hq rahasia-hq
hub_http_user van3 rahasia-van3
hub_http_user van7 rahasia-van7
CONF=$T/http/nginx.conf

# served SED...: nginx with its configuration changed; from the configuration of the start each time
cp "$CONF" "$T/nginx.first"
served() {
    local args=() s old children=/proc/$hub_http_nginx/task/$hub_http_nginx/children
    for s in "$@"; do args+=(-e "$s"); done
    sed -e "s|access_log .*|log_format lean '\$request_method \$uri \$status \$request_length \$bytes_sent \$connection \$ssl_protocol \$ssl_session_reused \$server_protocol'; access_log $T/http/lean.log lean;|" \
        "${args[@]}" "$T/nginx.first" >"$CONF"
    old=$(<"$children")
    kill -HUP "$hub_http_nginx"
    for _ in $(seq 200); do [ "$(<"$children")" = "$old" ] && sleep 0.05; done
    [ "$(<"$children")" != "$old" ] || fail "nginx goes on as before: $(tail -n 3 "$T/http/error.log")"
    sleep 0.3 # the new worker serves, the old one takes no more
    : >"$T/http/lean.log"
}
# nginx writes a line after the answer went out: rested waits until no more come, logged N until there are N
rested() {
    local before=0 now
    for _ in $(seq 40); do
        now=$(wc -l <"$T/http/lean.log")
        [ "$now" = 0 ] || [ "$now" != "$before" ] || return 0
        before=$now
        sleep 0.15
    done
}
logged() {
    for _ in $(seq 40); do
        [ "$(wc -l <"$T/http/lean.log")" -ge "$1" ] && break
        sleep 0.05
    done
    same "requests" "$(wc -l <"$T/http/lean.log")" "$1"
}

# proxy OPTION...: a bad link to the hub in front of $PORT
proxy() {
    "$B/tests/proxy" --to "$HUB_HTTP_PORT" "$@" >"$T/proxy.out" &
    PROXY=$!
    for _ in $(seq 100); do [ -s "$T/proxy.out" ] && break || sleep 0.02; done
    PORT=$(head -1 "$T/proxy.out" | jq .port)
}
proxy_end() {
    kill "$PROXY"
    wait "$PROXY" || true
}
proxies_end() { kill ${PROXY:-} ${SILENT:-} ${stalls[@]:-} 2>/dev/null; }
at_exit+=(proxies_end)

made=0
record() { # NAME COUNT
    made=$((made + 1))
    fixtures lines "$((2000 + made))" "$2" 0 "$T/in$made"
    js "$1" apply --from "$T/in$made/lines.jsonl" | jq -e ".refused == [] and (.recorded | length) == $2" >"$T/out"
}
everybody() {
    js van3 sync >"$T/van3.sync"
    js hq hq sync >"$T/hq.sync"
    same "quarantined" "$(jq .quarantined "$T/hq.sync")" 0
    js van3 sync >"$T/van3.sync2"
    same "pending" "$(jq -c '[.pending_events, .refused]' "$T/van3.sync2")" '[0,""]'
}

regency
served

step "servers that take the connection and say nothing, with no deadline: started"
"$B/tests/proxy" --to "$HUB_HTTP_PORT" --stall 1 >"$T/silent.out" &
SILENT=$!
for _ in $(seq 100); do [ -s "$T/silent.out" ] && break || sleep 0.02; done
silent=$(head -1 "$T/silent.out" | jq .port)
stalled() { # NAME URL
    local rc=0 start=$SECONDS
    jem "$1" sync --remote "$2" >"$T/$1.stall.out" 2>"$T/$1.stall" || rc=$?
    echo "$rc $((SECONDS - start))" >"$T/$1.stalled"
}
record van7 2
officer[van7s]=budi
cp -a "$T/van7" "$T/van7s"
cp "$(pass van7)" "$T/van7s.pass"
stalled van7 "$(hub_of van7 "$silent")" &
stalls=($!)
stalled van7s "ssh://hub@127.0.0.1:$silent/hub.git" &
stalls+=($!)

step "everybody's lanes are on the hub"
record van3 3
everybody

step "bytes of one application"
record van3 1
: >"$T/http/lean.log"
proxy
js van3 sync --remote "$(hub_of van3 "$PORT")" >"$T/one.sync"
proxy_end
same "what the kernel counts and what went over the wire" "$(jq -c '[.bytes_up, .bytes_down]' "$T/one.sync")" \
    "$(tail -1 "$T/proxy.out" | jq -c '[.up, .down]')"
same "connections" "$(tail -1 "$T/proxy.out" | jq .connections)" 1
rested
read -r up down < <(awk '/receive-pack 200/ {print $4, $5}' "$T/http/lean.log")
echo "one application: its push $up up, $down down; the whole sync $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/one.sync")"
segment=$(git -C "$HUB" cat-file -s refs/heads/van/3/1.1:segment)
echo "of which the segment has $segment: $((up - segment)) up, $down down carry it"
[ $((up - segment)) -le 660 ] && [ "$down" -le 360 ] || fail "one application takes $((up - segment)) + $down bytes more than it has"

step "bytes of one application when the hub was met before that day: the push goes before any listing"
js hq hq sync >"$T/hq.sync"
js van3 sync >"$T/out"
record van3 1
: >"$T/http/lean.log"
js van3 sync >"$T/recalled.sync"
logged 2
same "requests" "$(awk '{print $2, $3}' "$T/http/lean.log" | tr '\n' ' ')" "/hub.git/git-receive-pack 200 /hub.git/git-upload-pack 200 "
echo "one application, the hub known: $(awk '{print $4 " up " $5 " down"}' "$T/http/lean.log" | paste -sd+); the whole sync $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/recalled.sync")"
[ "$(jq .bytes_up "$T/recalled.sync")" -le 1220 ] || fail "it takes more: $(<"$T/recalled.sync")"
js hq hq sync >"$T/hq.sync"
record van3 1
: >"$T/http/lean.log"
js van3 sync >"$T/out"
logged 3
same "the answer came in the same round" "$(jq '.received_events > 0 and .confirmed_events > 0' "$T/out")" true

step "the hub is not as it was left: its lane was rolled back, then it is another one, then empty"
js hq hq sync >"$T/hq.sync"
js van3 sync >"$T/out"
record van3 1
git -C "$HUB" update-ref refs/heads/van/3/1.1 "refs/heads/van/3/1.1~1"
: >"$T/http/lean.log"
js van3 sync >"$T/out"
same "the first push was refused, the next goes on from what is there" "$(jq -c '[.retries, .slices, .stopped // ""]' "$T/out")" '[1,1,""]'
same "the lane at the hub" "$(git -C "$HUB" rev-parse refs/heads/van/3/1.1)" "$(git -C "$T/van3/ledger.git" rev-parse refs/heads/van/3/1.1)"
record van3 1
mv "$HUB" "$HUB.kept"
git init -q --bare "$HUB"
git -C "$HUB" config http.receivepack true
git -C "$HUB" update-ref refs/heads/main "$(git -C "$HUB" -c user.name=o -c user.email=o@x.invalid commit-tree -m halo "$(git -C "$HUB" mktree </dev/null)")"
exits 5 jem van3 sync
same "the other repository" "$(git -C "$HUB" for-each-ref | wc -l)" 1
git -C "$HUB" update-ref -d refs/heads/main
js van3 sync >"$T/out"
same "an empty hub takes the lane" "$(git -C "$HUB" rev-parse refs/heads/van/3/1.1)" "$(git -C "$T/van3/ledger.git" rev-parse refs/heads/van/3/1.1)"
rm -rf "$HUB"
mv "$HUB.kept" "$HUB"
record van3 1
everybody

step "bytes of a sync with nothing to say"
: >"$T/http/lean.log"
js hq hq sync >"$T/hq.sync"
js van3 sync >"$T/out"
: >"$T/http/lean.log"
js van3 sync >"$T/none.sync"
logged 1
echo "nothing: $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/none.sync")"
[ "$(jq '.bytes_up + .bytes_down' "$T/none.sync")" -lt 1000 ] || fail "a sync of nothing: $(<"$T/none.sync")"
# the same with the transport that lean replaces
served 's|HTTP_GIT_PROTOCOL .*|HTTP_GIT_PROTOCOL "";|'
js van3 sync >"$T/none.old"
rested
grep -q "GET /hub.git/info/refs" "$T/http/lean.log" || fail "libgit2 did not take over: $(<"$T/http/lean.log")"
echo "nothing, by libgit2: $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/none.old")"
record van3 1
js van3 sync >"$T/one.old"
same "pushed by libgit2" "$(jq .slices "$T/one.old")" 1
echo "one application, by libgit2: $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/one.old")"
js hq hq sync >"$T/hq.sync"
js van3 sync >"$T/out"
same "a server without protocol v2" "$(jq -c '[.pending_events, .refused]' "$T/out")" '[0,""]'
served

step "logins and addresses that are refused"
exits 6 jem van3 sync --remote "http://van3:salah@127.0.0.1:$HUB_HTTP_PORT/hub.git"
says "refuses the user name or password"
exits 4 jem van3 sync --remote "http://van3:rahasia-van3@127.0.0.1:$HUB_HTTP_PORT/none.git"
says "There is no git repository"
served 's|location / {|location / { return 403;|'
exits 6 jem van3 sync
says "does not allow this account"
served 's|location / {|location / { return 500;|'
exits 4 jem van3 sync
says "HTTP status 500"
served 's|location / {|location / { default_type text/html; return 200 "<html>Wifi";|'
exits 4 jem van3 sync
served 's|location / {|location / { return 302 http://localhost:1/$uri;|'
exits 4 jem van3 sync
served 's|location / {|rewrite ^/lama/(.*)$ /$1 permanent; location / {|'
js van3 sync --remote "http://van3:rahasia-van3@127.0.0.1:$HUB_HTTP_PORT/lama/hub.git" >"$T/out"
rested
same "followed to the same host" "$(awk '{print $3}' "$T/http/lean.log" | tr '\n' ' ')" "301 200 "

step "a server that takes only small bodies"
record van3 40
served 's|client_max_body_size 0|client_max_body_size 2k|'
exits 4 jem van3 sync --deadline 4
says "as too large"
rested
grep -q "receive-pack 413" "$T/http/lean.log" || fail "no 413: $(<"$T/http/lean.log")"
fixtures png "$T/large.png" 1600 2000
jem van3 attach "$(js van3 list --limit 1 | jq -r '.applications[0].number')" lain="$T/large.png" >"$T/out"
served 's|client_max_body_size 0|client_max_body_size 250k|'
js van3 sync >"$T/out"
rested
grep -q "receive-pack 413" "$T/http/lean.log" || fail "no slice was too large: $(<"$T/http/lean.log")"
echo "2.3 MB through a server that takes 250 kB at once: $(jq -c '[.slices, .retries]' "$T/out") slices and retries"
served
everybody

step "the line drops in a push, then in its answer"
record van3 30
proxy --cut-up 2500
exits 4 jem van3 sync --deadline 4 --remote "$(hub_of van3 "$PORT")"
proxy_end
[ "$(tail -1 "$T/proxy.out" | jq .cuts)" -gt 0 ] || fail "nothing was cut"
: >"$T/http/lean.log"
js van3 sync >"$T/out"
same "slices" "$(jq .slices "$T/out")" 1
record van3 1
: >"$T/http/lean.log"
proxy --cut-down "$(($(jq .bytes_down "$T/none.sync") + 150))"
js van3 sync --remote "$(hub_of van3 "$PORT")" >"$T/out"
proxy_end
same "an answer that was lost" "$(jq -c '[.pushed_events > 0, .retries]' "$T/out")" '[true,1]'
rested
same "pushes" "$(grep -c "receive-pack 200" "$T/http/lean.log")" 1
everybody
same "applications at HQ" "$(js hq status | jq .applications)" "$(js van3 status | jq .applications)"

step "TLS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/tls.key" -out "$T/tls.pem" -days 2 \
    -subj "/CN=hub" -addext "subjectAltName=IP:127.0.0.1" 2>"$T/err"
TLS_PORT=$((HUB_HTTP_PORT + 6000))
served "s|listen .*|& listen 127.0.0.1:$TLS_PORT ssl http2; ssl_certificate $T/tls.pem; ssl_certificate_key $T/tls.key; ssl_protocols TLSv1.2 TLSv1.3;|"
tls() { echo "https://$1:rahasia-$1@127.0.0.1:$TLS_PORT/hub.git"; }
exits 5 jem van3 sync --remote "$(tls van3)"
says "cannot be trusted"
record van3 1
: >"$T/http/lean.log"
SSL_CERT_FILE=$T/tls.pem js van3 sync --remote "$(tls van3)" >"$T/tls.sync"
rested
same "TLS" "$(awk '{print $7}' "$T/http/lean.log" | sort -u)" TLSv1.3
same "HTTP, where the server would speak its second version" "$(awk '{print $9}' "$T/http/lean.log" | sort -u)" HTTP/1.1
same "connections" "$(awk '{print $6}' "$T/http/lean.log" | sort -u | wc -l)" 1
echo "one application over TLS: $(jq -r '"\(.bytes_up) up, \(.bytes_down) down"' "$T/tls.sync")"
: >"$T/http/lean.log"
SSL_CERT_FILE=$T/tls.pem js hq hq sync --remote "$(tls hq)" >"$T/out"
rested
same "HQ's second visit resumes the session of its first" "$(awk '{print $6, $8}' "$T/http/lean.log" | uniq | awk '{print $2}' | tr '\n' ' ')" ". r "
js van3 sync >"$T/out"
same "confirmed" "$(jq .pending_events "$T/out")" 0

step "stock git finds the hub whole"
whole "$HUB"
whole "$T/hq/ledger.git"

step "the silent servers"
wait "${stalls[@]}"
for name in van7 van7s; do
    read -r rc took <"$T/$name.stalled"
    same "exit of $name" "$rc" 4
    [ "$took" -ge 50 ] && [ "$took" -le 90 ] || fail "$name took $took s"
    has "$(<"$T/$name.stall")" "fell silent"
done
js van7 sync >"$T/out"
same "what waited meanwhile" "$(jq .slices "$T/out")" 1
step "done"
