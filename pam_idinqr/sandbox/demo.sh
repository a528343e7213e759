#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh BUILD-DIRECTORY AGENT-USER: a login on this terminal, through the real module and a private PAM
# stack, against a private sandbox. Changes nothing on the machine. Run by `make demo`.
#
# DEMO_AUTO=1           the sandbox approves by itself
# DEMO_LISTEN=ADDRESS   an address of this machine that a phone can reach
set -eu
umask 022
build=$(cd "$1" && pwd)
agent_user=$2
user=$(id -un)

dir=$(mktemp -d)
sandbox=
clean_up() {
    if [ -n "$sandbox" ]; then
        kill "$sandbox"
        wait "$sandbox" || echo "demo: the sandbox ended with status $?" >&2
    fi
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Root's login starts the agent as its user alone. Where the machine has none yet, this login has a
# private /etc/passwd.
if [ "$(id -u)" = 0 ] && ! id "$agent_user" >/dev/null 2>&1; then
    {
        cat /etc/passwd
        echo "$agent_user:x:61003:61003::/:/usr/sbin/nologin"
    } >"$dir/passwd"
    unshare --mount mount --bind "$dir/passwd" /etc/passwd || {
        echo "demo: the agent has no user $agent_user here, and this system (a container?) refuses the mount" \
            "namespace that would give it one." >&2
        echo "demo: please make that user (conf/sysusers.d/idinqr.conf), or run the demo without root's rights." >&2
        exit 1
    }
fi

# Without a terminal, the code still goes into the pipe as for one.
display=auto
[ -t 1 ] || display=half

# The agent runs as another user, who must be able to reach the sandbox's certificate and not to read the
# agent; and the module takes no program from a directory that others can write, which a checkout may well be.
chmod 711 "$dir"
mkdir "$dir/pam.d"
cp "$build/idinqr-agent" "$build/idinqr-fetch" "$build/idinqr-picture" "$build/pam_idinqr.so" "$dir"
chmod 711 "$dir/idinqr-agent" "$dir/idinqr-fetch" "$dir/idinqr-picture"
cat >"$dir/pam.d/demo" <<EOF
auth     required $dir/pam_idinqr.so conf=$dir/sandbox/idinqr.conf display=$display
account  required pam_permit.so
EOF

mkfifo "$dir/ready"
# In another session: Ctrl-C is for the login.
setsid "$build/idinqr-sandbox" --dir "$dir/sandbox" --agent "$dir/idinqr-agent" --enroll "$user=anyone" \
    ${DEMO_AUTO:+--auto anna} ${DEMO_LISTEN:+--listen "$DEMO_LISTEN"} --quiet --exit-with-parent \
    >"$dir/ready" &
sandbox=$!
read -r ready <"$dir/ready"

if [ -t 0 ] && ! [ -w "$(tty)" ]; then
    echo "demo: this terminal is another user's. After su, run: script -qc 'make demo' /dev/null" >&2
    exit 1
fi
# A phone cannot reach the loopback of this machine.
how="Scan the code, or open its link in a browser."
[ -n "${DEMO_LISTEN:-}" ] || how="Open the link of the code in a browser here."
cat <<EOF

This is a login through $dir/pam_idinqr.so.
The QR backend is a sandbox at ${ready#ready }:
no bank is asked. $how
The certificate is the sandbox's own, so the browser warns. Choose any bank,
then Anna, and approve. (Some of the other persons are refused on purpose.)
EOF
# The code fills a screen of 24 rows.
if [ -t 0 ] && [ -t 1 ] && [ -z "${DEMO_AUTO:-}" ]; then
    printf 'Press Enter for the code. '
    read -r _
fi
# Not exec: the sandbox has to go when the login is over. The login ends by Ctrl-C itself.
left=
trap 'left=1' INT
set -- "$build/idinqr-demo-login" "$dir/pam.d" "$user"
status=0
if [ -e "$dir/passwd" ]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount sh -euc 'mount --bind "$1" /etc/passwd; shift; exec "$@"' sh "$dir/passwd" "$@" || status=$?
else
    "$@" || status=$?
fi
# A person who refused or pressed Ctrl-C has seen the demo. If the sandbox was to approve, it is a fault.
if { [ "$status" = 3 ] || [ -n "$left" ]; } && [ -z "${DEMO_AUTO:-}" ]; then
    echo "The demo itself has worked. Run it again to see a login that opens."
    status=0
fi
(exit "$status")
