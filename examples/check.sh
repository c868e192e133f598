#!/usr/bin/env bash
# Proves the examples: they are valid, the fleet applies to the simulator, and
# then a plan finds nothing to do. Usage: examples/check.sh BINARY
set -euo pipefail
computesync=$(realpath "$1")
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'kill "$simulator" 2>/dev/null || true; rm -rf "$work"' EXIT
"$computesync" simulate --listen 127.0.0.1:0 >"$work/simulator" 2>&1 &
simulator=$!
for _ in $(seq 100); do
	url=$(sed -n 's/^simulator ready at //p' "$work/simulator")
	[ -z "$url" ] || break
	kill -0 "$simulator" || { cat "$work/simulator"; exit 1; }
	sleep 0.1
done

export COMPUTESYNC_ENDPOINT=$url
export COMPUTESYNC_SECRET_LAB_VM=not-a-real-password
export COMPUTESYNC_SECRET_SCORING_VM=not-a-real-password
export COMPUTESYNC_SECRET_SPARK_KEY=not-a-real-key

mkdir "$work/credentials"
echo not-a-real-token >"$work/credentials/git-token"
CREDENTIALS_DIRECTORY=$work/credentials "$computesync" run --check --config config.yaml
"$computesync" validate fleet
"$computesync" apply --state-dir "$work/state" --auto-approve fleet
"$computesync" plan --state-dir "$work/state" --exit-code fleet
