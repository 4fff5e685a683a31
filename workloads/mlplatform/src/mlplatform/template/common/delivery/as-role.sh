#!/usr/bin/env bash
# as-role.sh ROLE_ARN COMMAND…: runs one command as a role, which the job gets for the token of its git host. Nothing is stored, and no other step
# of the job sees the credentials. Where there is no token, as on a laptop, the command runs as whoever is signed in.
set -euo pipefail
role="$1"
shift

if [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  token=$(curl --silent --show-error --fail --retry 3 \
    --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
    "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8")).value')
elif [ -n "${AWS_ID_TOKEN:-}" ]; then
  token="$AWS_ID_TOKEN"
else
  exec "$@"
fi

read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN < <(
  aws sts assume-role-with-web-identity --role-arn "$role" --role-session-name "${SESSION_NAME:-delivery}" \
    --web-identity-token "$token" --duration-seconds "${ROLE_SECONDS:-3600}" \
    --query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]' --output text
) || {
  echo "AWS gave no credentials for $role: its trust does not name this repository, branch or environment." >&2
  exit 1
}
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
unset token AWS_ID_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL
exec "$@"
