#!/usr/bin/env bash
# cuts.sh - each connection is reset, van 3's after 30 KB and van 7's after 100 KB: the day's records and scans arrive whole,
# for little more than their bytes. Stock git push, beside it, never lands one scan. JEM_SOAK=1: ten times as much.
. "$(dirname "$0")/link.inc.sh"
applications=1000 scans=20 limit=240
[ $full = 0 ] || { applications=10000 scans=200 limit=3000; }
declare -A cut=([van3]=30000 [van7]=100000) payload took
vans=(van3 van7)

step "enrolment, and $applications applications and $scans scans at each van"
hub_http
for van in "${vans[@]}"; do
    day "$van" "${van#van}" $applications $scans
    payload[$van]=$(js "$van" sync --dry-run | jq .bytes_up)
    proxy_start "$van" "$HUB_HTTP_PORT" --cut "${cut[$van]}"
done

step "through the cuts"
begun=$SECONDS
(trap - EXIT; through van7 $limit; echo $((SECONDS - begun)) >"$T/van7.took") &
other=$!
through van3 $limit
echo $((SECONDS - begun)) >"$T/van3.took"
wait $other
for van in "${vans[@]}"; do
    proxy_stop "$van"
    [ "$(counted "$van" cuts)" -gt $((payload[$van] / cut[$van])) ] || fail "the link was too good: $(tail -1 "$T/$van.proxy")"
    printf '      cut %6d: %s s, %s connections, %s cuts, %s rounds, %s slices, %s retries; up %s of %s: %s\n' "${cut[$van]}" \
        "$(<"$T/$van.took")" "$(counted "$van" connections)" "$(counted "$van" cuts)" "$(jq -s length "$T/$van.rounds")" \
        "$(rounds "$van" slices)" "$(rounds "$van" retries)" "$(counted "$van" up)" "${payload[$van]}" \
        "$(jq -n "$(counted "$van" up) / ${payload[$van]} * 1000 | round / 1000")"
    [ "$(counted "$van" up)" -lt $((payload[$van] * 2)) ] || fail "too much was sent twice"
done
arrived "${vans[@]}"

step "stock git push through the same cuts"
git init -q -b main "$T/stock"
cp "$T/van3.jpg" "$T/stock/"
git -C "$T/stock" add .
git -C "$T/stock" -c user.name=x -c user.email=x@x.invalid commit -q -m scan
git init -q --bare "$T/srv/stock.git"
git -C "$T/srv/stock.git" config http.receivepack true
proxy_start stock "$HUB_HTTP_PORT" --cut 30000
for try in 1 2 3 4 5; do
    ! git -C "$T/stock" push -q "$(url stock stock.git)" main 2>"$T/err" || fail "stock git got through: nothing is cut"
done
proxy_stop stock
same "what stock git landed in $try tries" "$(git -C "$T/srv/stock.git" for-each-ref)" ""
echo "      stock git push of one scan: $try tries, $(counted stock up) bytes up, nothing landed"
step "done"
