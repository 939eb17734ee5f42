# shellcheck shell=bash
# pages.sh - `serve` of several folders, and their pages by curl as a person who logged in sees them. Ends with the suite.
declare -A serve_pid serve_url cookie
at_exit+=(serve_stop_all)

# serving NAME ARGS...: the pages of NAME, with its officer and passphrase, so that the loop waits for no login
serving() {
    local name=$1 i
    shift
    : >"$T/$name.url"
    "$JEMPUT" -C "$T/$name" --user "${officer[$name]}" --passphrase-file "$(pass "$name")" --json --lang en --verbose \
        serve --listen 127.0.0.1:0 "$@" >"$T/$name.url" 2>>"$T/$name.log" &
    serve_pid[$name]=$!
    for ((i = 0; i < 200; i++)); do
        serve_url[$name]=$(jq -r .url "$T/$name.url")
        [ -z "${serve_url[$name]}" ] || return 0
        sleep 0.05
    done
    fail "serve of $name does not listen: $(<"$T/$name.log")"
}
# serve_stop NAME: Ctrl-C; ends with 0 and in time
serve_stop() {
    local rc=0 begun=$SECONDS
    kill -INT "${serve_pid[$1]}"
    wait "${serve_pid[$1]}" || rc=$?
    unset "serve_pid[$1]"
    same "serve of $1 after Ctrl-C" $rc 0
    [ $((SECONDS - begun)) -le 15 ] || fail "serve of $1 took $((SECONDS - begun)) s to end"
}
serve_stop_all() {
    local name
    for name in "${!serve_pid[@]}"; do kill -9 "${serve_pid[$name]}" && wait "${serve_pid[$name]}"; done 2>/dev/null
}

# ask NAME PATH [CURL-ARGS...]: a page of NAME as its officer sees it
ask() {
    local name=$1 url=${serve_url[$1]%/}
    if [ -z "${cookie[$name]:-}" ]; then
        cookie[$name]=$(curl -s -o "$T/login" -D - -H "Origin: $url" --data-urlencode "user=${officer[$name]}" \
            --data-urlencode "pass=$(<"$(pass "$name")")" "$url/masuk?l=en" | sed -n 's/^Set-Cookie: \(__Host-sid=[^;]*\).*/\1/ip')
        [ -n "${cookie[$name]}" ] || fail "no login at $name: $(<"$T/login")"
    fi
    curl -s -H "Cookie: ${cookie[$name]}; __Host-l=en" -H "Origin: $url" "${@:3}" "$url$2"
}
# press NAME PAGE PATH [CURL-ARGS...]: the button on PAGE whose form goes to PATH
press() {
    local token
    ask "$1" "$2" >"$T/$1.page"
    token=$(sed -n 's/.*name=t value="\([0-9a-f]*\)".*/\1/p' "$T/$1.page" | head -1)
    ask "$1" "$3" -o "$T/out" --data "t=$token" "${@:4}"
}
