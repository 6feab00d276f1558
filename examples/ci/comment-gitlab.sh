#!/bin/sh
# Writes a file as a note on a merge request of GitLab; a note that begins with the same marker is replaced.
# usage: comment-gitlab.sh FILE    CI_API_V4_URL, CI_PROJECT_ID and CI_MERGE_REQUEST_IID as GitLab CI sets them
#                                  FORGE_TOKEN: a project access token with the scope api
set -eu
file=$1
marker=$(head -n 1 "$file")
body=$(mktemp)
trap 'rm -f "$body"' EXIT
jq -Rs '{body: .}' "$file" > "$body"
# The token goes to curl by standard input, not as an argument that others see.
forge() {
  printf 'header = "PRIVATE-TOKEN: %s"\n' "$FORGE_TOKEN" |
    curl --silent --show-error --fail-with-body --config - --header 'Content-Type: application/json' "$@"
}
notes=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
page=1
id=
while [ -z "$id" ]; do
  found=$(forge "$notes?per_page=50&page=$page")
  id=$(printf '%s' "$found" | jq -r --arg marker "$marker" '[.[] | select(.body | startswith($marker)) | .id][0] // empty')
  [ "$(printf '%s' "$found" | jq length)" -ge 50 ] || break
  page=$((page + 1))
done
if [ -n "$id" ]; then
  forge --request PUT --data-binary "@$body" "$notes/$id" > /dev/null
else
  forge --request POST --data-binary "@$body" "$notes" > /dev/null
fi
