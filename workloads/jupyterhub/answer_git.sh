#!/bin/sh
# Git asks here for the name and the password of a repository.
case "$1" in
Username*) cat "$DAGS_CREDENTIALS/GITSYNC_USERNAME" 2>/dev/null || echo git ;;
*) cat "$DAGS_CREDENTIALS/GITSYNC_PASSWORD" ;;
esac
