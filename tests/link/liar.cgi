#!/usr/bin/env bash
# liar.cgi - a hub that lies. It answers as git http-backend does, and what it answers or keeps is wrong in the way that the first
# line of the file `lie` beside the repositories' folder names, or, for "random SEED", in another way at each request.
#
#   truth      none                                   deaf      keeps what is pushed, and answers 500
#   swallow    says that it keeps, and does not       mute      keeps what is pushed, and answers nothing
#   forget     keeps, answers, and lets it go again   refuse    keeps what is pushed, and reports that it refuses
#   replay     serves itself as it was in `old.git`   truncate  leaves out the second half of each answer
#   swap       serves van 3's lanes as van 7's, and the other way round
#   rewrite    serves each lane's last commit with another author and message
#   reorder    serves each lane with its last two commits the other way round
#   twice      takes each request twice, and gives the second answer
set -uo pipefail
shopt -s nullglob
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
top=$(dirname "$GIT_PROJECT_ROOT")
own=$(mktemp -d "$top/lying-XXXXXX") || exit 1
trap 'rm -rf "$own"' EXIT
exec 9>"$top/lie.lock" # one request at a time: what is lied about does not move meanwhile
flock 9

read -r lie seed <"$top/lie"
if [ "$lie" = random ]; then
    printf x >>"$top/lie.count"
    lies=(truth truth truth swallow forget deaf mute refuse replay swap rewrite reorder twice truncate)
    sum=$(printf '%s %s' "$seed" "$(wc -c <"$top/lie.count")" | sha256sum)
    lie=${lies[$((16#${sum:0:6} % ${#lies[@]}))]}
fi
pushes=0
[[ $REQUEST_METHOD:$PATH_INFO != POST:*/git-receive-pack ]] || pushes=1
echo "$lie $REQUEST_METHOD $PATH_INFO" >>"$top/lie.log"

cat >"$own/body"
answer() { "$(git --exec-path)/git-http-backend" <"$own/body"; } # by the repositories under GIT_PROJECT_ROOT
copy() {                                                        # of the hub, which is then served instead; $1: which hub
    mkdir "$own/srv"
    cp -a "${1:-$GIT_PROJECT_ROOT/hub.git}" "$own/srv/hub.git"
    export GIT_PROJECT_ROOT=$own/srv
}
h() { git -C "$GIT_PROJECT_ROOT/hub.git" -c user.name=pembohong -c user.email=van-3@jemput.invalid "$@" 9>&-; }
heads() { h for-each-ref --format='%(objectname) %(refname)' refs/heads; }

case $lie:$pushes in
swallow:1)
    copy
    answer
    ;;
forget:1)
    before=$(heads)
    answer
    heads | while read -r _ ref; do [[ $before == *" $ref"* ]] || h update-ref -d "$ref"; done
    while read -r oid ref; do [ -z "$oid" ] || h update-ref "$ref" "$oid"; done <<<"$before"
    ;;
deaf:1)
    answer >"$own/answer"
    printf 'Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nno\n'
    ;;
mute:1)
    answer >"$own/answer"
    printf 'Content-Type: application/x-git-receive-pack-result\r\n\r\n'
    ;;
refuse:1)
    answer | sed 's/unpack ok/unpack no/; s/ok refs/ng refs/g' # the lengths of the lines stay
    ;;
twice:*)
    answer >"$own/answer"
    answer
    ;;
truncate:*)
    answer >"$own/answer"
    head -c $(($(wc -c <"$own/answer") / 2 + 60)) "$own/answer"
    ;;
replay:*)
    copy "$top/old.git"
    answer
    ;;
swap:0)
    copy
    for lane in van scan feed; do
        three=$(h for-each-ref --format='%(objectname) %(refname:lstrip=4)' "refs/heads/$lane/3")
        seven=$(h for-each-ref --format='%(objectname) %(refname:lstrip=4)' "refs/heads/$lane/7")
        while read -r oid part; do [ -z "$oid" ] || h update-ref "refs/heads/$lane/7/$part" "$oid"; done <<<"$three"
        while read -r oid part; do [ -z "$oid" ] || h update-ref "refs/heads/$lane/3/$part" "$oid"; done <<<"$seven"
    done
    answer
    ;;
rewrite:0)
    copy
    heads | while read -r oid ref; do
        parents=$(h show -s --format=%P "$oid")
        # shellcheck disable=SC2086
        h update-ref "$ref" "$(h commit-tree ${parents:+-p ${parents%% *}} -m "segment 7: events 1-7" "$oid^{tree}")"
    done
    answer
    ;;
reorder:0)
    copy
    heads | while read -r oid ref; do
        base=$(h rev-parse -q --verify "$oid~2") || continue
        one=$(h commit-tree -p "$base" -m "$(h show -s --format=%s "$oid")" "$oid^{tree}")
        h update-ref "$ref" "$(h commit-tree -p "$one" -m "$(h show -s --format=%s "$oid~1")" "$oid~1^{tree}")"
    done
    answer
    ;;
*)
    answer
    ;;
esac
