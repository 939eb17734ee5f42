# cuts.inc.sh - each connection is reset, van 3's after 30 KB and van 7's after 100 KB: the day's records and scans arrive
# whole, for little more than their bytes. Stock git push, beside it, never lands one scan. JEM_SOAK=1: ten times as much.
# shellcheck shell=bash
. tests/link/link.inc.sh
applications=1000 scans=20 limit=400
[ $full = 0 ] || { applications=10000 scans=200 limit=3000; }
declare -A cut=([van3]=30000 [van7]=100000) payload took
vans=(van3 van7)

# cuts TRANSPORT: http or ssh
cuts() {
    local van begun other try
    step "enrolment, and $applications applications and $scans scans at each van"
    "hub_$1"
    for van in "${vans[@]}"; do
        day "$van" "${van#van}" $applications $scans
        payload[$van]=$(js "$van" sync --dry-run | jq .bytes_up)
        proxy_start "$van" "$HUB_PORT" --cut "${cut[$van]}"
    done

    step "through the cuts"
    begun=$SECONDS
    (trap - EXIT; through van7 $limit; echo $((SECONDS - begun)) >"$T/van7.took") &
    other=$!
    through van3 $limit
    echo $((SECONDS - begun)) >"$T/van3.took"
    wait $other
    for van in "${vans[@]}"; do cuts_figures "$van"; done
    arrived "${vans[@]}"

    step "stock git push through the same cuts"
    git init -q -b main "$T/stock"
    cp "$T/van3.in/1.jpg" "$T/stock/"
    git -C "$T/stock" add .
    git -C "$T/stock" -c user.name=x -c user.email=x@x.invalid commit -q -m scan
    for try in whole cut; do
        git init -q --bare "$T/srv/$try.git"
        git -C "$T/srv/$try.git" config http.receivepack true
    done
    stock_push "$HUB_PORT" whole.git # nothing but the cuts is in its way
    [ -n "$(git -C "$T/srv/whole.git" for-each-ref)" ] || fail "stock git does not get through a good link"
    proxy_start stock "$HUB_PORT" --cut 30000
    for try in 1 2 3 4 5; do
        ! stock_push "${proxy_port[stock]}" cut.git >"$T/err" 2>&1 || fail "stock git got through: nothing is cut"
    done
    proxy_stop stock
    same "what stock git landed in $try tries" "$(git -C "$T/srv/cut.git" for-each-ref)" ""
    echo "      stock git push of one scan: $try tries, $(counted stock up) bytes up, nothing landed"
    step "done"
}

cuts_figures() { # VAN
    local connections
    proxy_stop "$1"
    connections=$(counted "$1" connections)
    [ "$(counted "$1" up)" -ge "${payload[$1]}" ] || fail "fewer bytes than there were to send"
    [ "$connections" -ge $((payload[$1] / cut[$1])) ] || fail "the link was too good: $(tail -1 "$T/$1.proxy")"
    printf '      cut %6d: %s s, %s connections, %s cuts, %s rounds, %s slices, %s retries; up %s of %s: %s\n' "${cut[$1]}" \
        "$(<"$T/$1.took")" "$connections" "$(counted "$1" cuts)" "$(jq -s length "$T/$1.rounds")" \
        "$(rounds "$1" slices)" "$(rounds "$1" retries)" "$(counted "$1" up)" "${payload[$1]}" \
        "$(jq -n "$(counted "$1" up) / ${payload[$1]} * 1000 | round / 1000")"
    [ "$(counted "$1" up)" -lt $((payload[$1] * 2)) ] || fail "too much was sent twice"
}
