#!/usr/bin/env bash
# stall_ssh.sh - over SSH.
cd "$(dirname "$0")/../.."
. tests/link/stall.inc.sh
stalls ssh
