#!/bin/sh
# Applies the plan that was made of exactly these files, and nothing else; writes outcome.md.
# usage: apply.sh COMMIT       MPC_SITE: the clone on the runner, set up with mpc init
set -eu
commit=$1
git -C "$MPC_SITE" fetch --quiet origin "$commit"
git -C "$MPC_SITE" checkout --quiet --detach FETCH_HEAD
tree=$(git -C "$MPC_SITE" rev-parse 'HEAD^{tree}')
plan=$MPC_SITE/.proxmox/plans/$tree.json
if [ ! -f "$plan" ]; then
  echo "No plan was made of these files: the branch was behind when it was merged. Plan it in a new pull request." >&2
  exit 1
fi
mpc -C "$MPC_SITE" apply "$plan" --approved "$plan" --auto-approve --format markdown > outcome.md
