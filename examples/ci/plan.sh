#!/bin/sh
# Plans a commit in the clone that holds mpc's state, keeps the plan under the id of the commit's tree, and writes comment.md.
# usage: plan.sh COMMIT        MPC_SITE: the clone on the runner, set up with mpc init
set -eu
commit=$1
git -C "$MPC_SITE" fetch --quiet origin "$commit"
git -C "$MPC_SITE" checkout --quiet --detach FETCH_HEAD
tree=$(git -C "$MPC_SITE" rev-parse 'HEAD^{tree}')
mkdir -p "$MPC_SITE/.proxmox/plans"
mpc -C "$MPC_SITE" plan --out "$MPC_SITE/.proxmox/plans/$tree.json" --format markdown > comment.md
