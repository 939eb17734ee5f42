#!/usr/bin/env bash
# round_ssh.sh - the whole round over SSH: stock sshd, git-shell, each van with the key of `hub show`.
. "$(dirname "$0")/lib.sh"
SHARE=22 # a connection a slice: fewer documents are the same proof
. tests/e2e/round.inc.sh
. tests/e2e/hub_ssh.sh
HUB=$T/hub.git
hub_of() { echo "$HUB_SSH_URL$HUB"; }
"$JEMPUT" hub init "$HUB" >"$T/out"
at_exit+=(hub_ssh_stop)
hub_ssh_start "$T/ssh"
eval "$(declare -f regency | sed '1s/regency/plain_regency/')"
regency() {
    local side
    plain_regency
    exits 6 jem hq hq sync # nobody's key is let in yet
    for side in hq van3 van7; do hub_ssh_key "$(js $side hub show | jq -r .ssh_public_key)"; done
}
round
# Another host key is another host: refused until a person rules, and nothing changes.
hub_ssh_stop
hub_ssh_new_host_key
hub_ssh_start "$T/ssh"
refuses 5 van3 sync
