#!/bin/sh
# Writes a file as a comment on a pull request of GitHub, Gitea or Forgejo; a comment that begins with the same marker is replaced.
# usage: comment.sh FILE       FORGE_API: https://api.github.com or https://HOST/api/v1
#                              FORGE_REPOSITORY: owner/name   FORGE_NUMBER: of the pull request   FORGE_TOKEN
set -eu
file=$1
marker=$(head -n 1 "$file")
body=$(mktemp)
trap 'rm -f "$body"' EXIT
jq -Rs '{body: .}' "$file" > "$body"
# The token goes to curl by standard input, not as an argument that others see.
forge() {
  printf 'header = "Authorization: token %s"\n' "$FORGE_TOKEN" |
    curl --silent --show-error --fail-with-body --config - --header 'Content-Type: application/json' "$@"
}
comments=$FORGE_API/repos/$FORGE_REPOSITORY/issues/$FORGE_NUMBER/comments
page=1
id=
while [ -z "$id" ]; do
  found=$(forge "$comments?per_page=50&limit=50&page=$page")
  id=$(printf '%s' "$found" | jq -r --arg marker "$marker" '[.[] | select(.body | startswith($marker)) | .id][0] // empty')
  [ "$(printf '%s' "$found" | jq length)" -ge 50 ] || break
  page=$((page + 1))
done
if [ -n "$id" ]; then
  forge --request PATCH --data-binary "@$body" "$FORGE_API/repos/$FORGE_REPOSITORY/issues/comments/$id" > /dev/null
else
  forge --request POST --data-binary "@$body" "$comments" > /dev/null
fi
