#!/usr/bin/env bash
# cuts_ssh.sh - over SSH.
cd "$(dirname "$0")/../.."
. tests/link/cuts.inc.sh
cuts ssh
