#!/bin/sh
# Test a password reset from a shell, whatever language the application is written in:
# start a server, let the application send its mail, wait for it, follow the link in it, stop the server.
set -eu

directory=$(mktemp -d)
export MAILTRAP_LITE_READY_FILE="$directory/ready.json" # where the server says where it is, and commands look

mailtrap-lite --smtp 127.0.0.1:0 --pop3 127.0.0.1:0 --web 127.0.0.1:0 --store memory > "$directory/log" 2>&1 &
server=$!
trap 'kill "$server" 2> /dev/null; wait "$server" || true; rm -r "$directory"' EXIT
until [ -e "$MAILTRAP_LITE_READY_FILE" ]; do
    kill -0 "$server" 2> /dev/null || { cat "$directory/log" >&2; exit 1; }
    sleep 0.1
done

# The application. This one calls sendmail, as PHP and cron do; others are given the SMTP address in the ready file.
mailtrap-lite sendmail -t -i -f noreply@example.com << 'MAIL'
From: Example <noreply@example.com>
To: Bob <bob@example.com>
Subject: Reset your password

Somebody asked for a new password. If it was you, go to
https://example.com/reset?token=4f5c9d
MAIL

text=$(mailtrap-lite wait --to bob@example.com --subject 'reset your password' --timeout 10 --text)
link=$(printf '%s\n' "$text" | grep -o 'https://[^ ]*')
echo "the link is $link"

# Nobody else got one.
[ "$(mailtrap-lite list --json | grep -c '"MessageID"')" = 1 ]
