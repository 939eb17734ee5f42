#!/bin/sh
# hub_ssh.sh - a stock hub over SSH for tests: sshd with its own configuration and git-shell, on 127.0.0.1.
#
#   . tests/e2e/hub_ssh.sh
#   hub_ssh_start WORK      sets HUB_SSH_PORT and HUB_SSH_URL (ssh://USER@127.0.0.1:PORT): append the absolute path of a
#                           bare repository; WORK takes keys, configuration and log
#   hub_ssh_key "ssh-ed25519 AAAA..."   lets this key in, for git alone
#   hub_ssh_new_host_key    the host changes its key (stop and start around it)
#   hub_ssh_stop
# or   sh tests/e2e/hub_ssh.sh WORK [PUBLIC-KEY]   prints the URL and serves until a signal comes
#
# SHLVL keeps bash, where it is the login shell, from reading ~/.bashrc before each git command.
# Works as root (who then is the user that logs in) and as anybody else.

hub_ssh_key() {
    printf 'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" %s\n' "$1" >>"$hub_ssh_work/authorized_keys"
}

hub_ssh_new_host_key() {
    rm -f "$hub_ssh_work/host_key" "$hub_ssh_work/host_key.pub"
    ssh-keygen -q -t ed25519 -N '' -C hub -f "$hub_ssh_work/host_key"
}

hub_ssh_start() {
    mkdir -p "$1"
    hub_ssh_work=$(cd "$1" && pwd)
    PATH=$PATH:/usr/sbin
    [ -f "$hub_ssh_work/host_key" ] || hub_ssh_new_host_key
    [ -f "$hub_ssh_work/authorized_keys" ] || (umask 077 && : >"$hub_ssh_work/authorized_keys")
    if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi
    hub_ssh_try=0
    while [ $hub_ssh_try -lt 20 ]; do
        HUB_SSH_PORT=${hub_ssh_port:-$((10000 + ($$ * 7 + hub_ssh_try * 997 + $(date +%S | sed 's/^0//') * 131) % 10000))}
        cat >"$hub_ssh_work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $HUB_SSH_PORT
HostKey $hub_ssh_work/host_key
AuthorizedKeysFile $hub_ssh_work/authorized_keys
PidFile $hub_ssh_work/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
UseDNS no
SetEnv SHLVL=2
LogLevel VERBOSE
END
        rm -f "$hub_ssh_work/sshd.pid"
        "$(command -v sshd)" -D -f "$hub_ssh_work/sshd_config" -E "$hub_ssh_work/sshd.log" &
        hub_ssh_pid=$!
        hub_ssh_wait=0
        while [ $hub_ssh_wait -lt 50 ] && kill -0 $hub_ssh_pid 2>/dev/null; do
            if [ -s "$hub_ssh_work/sshd.pid" ]; then
                hub_ssh_port=$HUB_SSH_PORT
                HUB_SSH_URL=ssh://$(id -un)@127.0.0.1:$HUB_SSH_PORT
                return 0
            fi
            sleep 0.1
            hub_ssh_wait=$((hub_ssh_wait + 1))
        done
        kill $hub_ssh_pid 2>/dev/null || true
        wait $hub_ssh_pid 2>/dev/null || true
        hub_ssh_port=
        hub_ssh_try=$((hub_ssh_try + 1))
    done
    cat "$hub_ssh_work/sshd.log" >&2
    return 1
}

hub_ssh_stop() {
    [ -n "${hub_ssh_pid:-}" ] || return 0
    kill "$hub_ssh_pid" 2>/dev/null || true
    wait "$hub_ssh_pid" 2>/dev/null || true
    hub_ssh_pid=
}

case ${0##*/} in
hub_ssh.sh)
    set -eu
    [ $# -ge 1 ] || { echo "usage: $0 WORK [PUBLIC-KEY]" >&2; exit 2; }
    hub_ssh_start "$1"
    trap 'hub_ssh_stop; exit 0' INT TERM
    if [ $# -ge 2 ]; then hub_ssh_key "$2"; fi
    echo "$HUB_SSH_URL"
    wait "$hub_ssh_pid"
    ;;
esac
