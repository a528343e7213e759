#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh BUILD-DIRECTORY AGENT-USER [-relay]: a login on this terminal, through the real module and a private
# PAM stack, against a private sandbox. Changes nothing on the machine. Run by `make demo`. With -relay, by `make
# demo-relay`: between them is a relay, whose acquirer and bank are the sandbox. The person is enrolled first.
#
# DEMO_AUTO=1           the sandbox approves by itself; with -relay, curl is the phone
# DEMO_LISTEN=ADDRESS   an address of this machine that a phone can reach
set -eu
umask 022
build=$(cd "$1" && pwd)
agent_user=$2
with_relay=${3:-}
user=$(id -un)
if [ -n "$with_relay" ] && [ "$(id -u)" = 0 ]; then
    echo "demo: a relay does not run as root: please run this as another user." >&2
    exit 1
fi

dir=$(mktemp -d)
sandbox=
relay=
end() {
    kill "$1" || echo "demo: the $2 had ended" >&2
    wait "$1" || echo "demo: the $2 ended with status $?" >&2
}
clean_up() {
    [ -z "$relay" ] || end "$relay" relay
    [ -z "$sandbox" ] || end "$sandbox" sandbox
    rm -rf "$dir"
}
trap clean_up EXIT
# A person who leaves is no error.
trap 'exit 0' INT
trap 'exit 143' TERM HUP

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
phone=
[ -z "$with_relay" ] || [ -z "${DEMO_AUTO:-}" ] || phone=with_phone
{ [ -t 1 ] && [ -z "$phone" ]; } || display=half
conf=$dir/sandbox/idinqr.conf
[ -z "$with_relay" ] || conf=$dir/desk.conf

# The agent runs as another user, who must be able to reach the sandbox's certificate and not to read the
# agent; and the module takes no program from a directory that others can write, which a checkout may well be.
chmod 711 "$dir"
mkdir "$dir/pam.d"
cp "$build/idinqr-agent" "$build/idinqr-fetch" "$build/idinqr-picture" "$build/pam_idinqr.so" "$dir"
chmod 711 "$dir/idinqr-agent" "$dir/idinqr-fetch" "$dir/idinqr-picture"
cat >"$dir/pam.d/demo" <<EOF
auth     required $dir/pam_idinqr.so conf=$conf display=$display
account  required pam_permit.so
EOF

mkfifo "$dir/ready"
# In another session: Ctrl-C is for the login.
start_sandbox() {
    setsid "$build/idinqr-sandbox" --dir "$dir/sandbox" ${DEMO_AUTO:+--auto anna} --quiet --exit-with-parent "$@" \
        >"$dir/ready" &
    sandbox=$!
    read -r ready <"$dir/ready"
}

# The desk's configuration is what `desk add` prints, with the files of this demo.
start_relay() {
    relay_url=https://127.0.0.1:$((20000 + $$ % 10000))
    start_sandbox --acquirer "$relay_url"
    set -- "$build/idinqr-relay" --conf "$dir/sandbox/relay.conf"
    "$@" key >"$dir/key"
    {
        printf 'tries_per_account = 0\ntries_in_all = 0\n'
        printf '%s = %s\n' agent "$dir/idinqr-agent" map "$dir/map" key "$dir/map.key" ca_file "$dir/sandbox/ca.pem"
        "$@" desk add balie-1
    } >"$conf"
    chmod 600 "$conf"
    # It ends with this shell, as the sandbox does.
    setsid setpriv --pdeathsig TERM "$@" serve >"$dir/ready" 2>"$dir/relay.log" &
    relay=$!
    if ! read -r _ <"$dir/ready"; then
        relay=
        cat "$dir/relay.log" >&2
        exit 1
    fi
}

page() {
    curl -sSL --cacert "$dir/sandbox/ca.pem" -c "$dir/cookies" -b "$dir/cookies" "$@"
}

# The address behind the button of a page.
button() {
    sed -n 's/.*class="button" href="\([^"]*\)".*/\1/p' | sed 's/&amp;/\&/g'
}

# phone LINK: a person's phone. Prints the number for the desk. The list of banks may not be there yet.
phone() {
    until page "$1" | grep -q 'name="bank"'; do
        kill -0 "$relay" || return 1
        sleep 0.1
    done
    bank=$(page -d bank=TSTNNL22 "$1" | button)
    back=$(page "$bank" | button)
    page "$back" | sed -n 's/.*<output>\([0-9]*\) \([0-9]*\)<.*/\1\2/p'
}

# with_phone COMMAND: runs it, opens the link that it prints, and types the number.
with_phone() {
    rm -f "$dir/keys" "$dir/failed"
    mkfifo "$dir/keys"
    {
        "$@" <"$dir/keys" 2>&1 || echo $? >"$dir/failed"
    } | {
        exec 3>"$dir/keys"
        while IFS= read -r line; do
            printf '%s\n' "$line"
            case $line in
            *" HTTPS://"*) phone "${line##* }" >&3 ;;
            esac
        done
    }
    [ ! -e "$dir/failed" ] || return "$(cat "$dir/failed")"
}

if [ -n "$with_relay" ]; then
    start_relay
else
    start_sandbox --agent "$dir/idinqr-agent" --enroll "$user=anyone" ${DEMO_LISTEN:+--listen "$DEMO_LISTEN"}
fi

if [ -t 0 ] && ! [ -w "$(tty)" ]; then
    echo "demo: this terminal is another user's. After su, run: script -qc 'make -C $build demo' /dev/null" >&2
    exit 1
fi
# A phone cannot reach the loopback of this machine.
how="Scan the code, or open its link in a browser."
[ -n "${DEMO_LISTEN:-}" ] || how="Open the link of the code in a browser here."
if [ -n "$with_relay" ]; then
    cat <<EOF

This is a desk with $dir/pam_idinqr.so.
Its relay is at $relay_url, and the relay's acquirer and bank are a sandbox:
no bank is asked. Open the link of each code in a browser here.
The certificate is the sandbox's own, so the browser warns. Choose any bank,
then Anna, and approve. Type the number that the page shows.
The first code enrolls $user. The second one logs in.
EOF
else
    cat <<EOF

This is a login through $dir/pam_idinqr.so.
The QR backend is a sandbox at ${ready#ready }:
no bank is asked. $how
The certificate is the sandbox's own, so the browser warns. Choose any bank,
then Anna, and approve. (Some of the other persons are refused on purpose.)
EOF
fi
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
if [ -n "$with_relay" ]; then
    $phone "$build/idinqr" --conf "$conf" enroll --yes "$user" || status=$?
    [ -z "$left" ] || exit 0
    [ "$status" = 0 ] || exit "$status"
fi
if [ -e "$dir/passwd" ]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount sh -euc 'mount --bind "$1" /etc/passwd; shift; exec "$@"' sh "$dir/passwd" "$@" || status=$?
else
    $phone "$@" || status=$?
fi
# A person who refused or pressed Ctrl-C has seen the demo. If the sandbox was to approve, it is a fault.
if { [ "$status" = 3 ] || [ -n "$left" ]; } && [ -z "${DEMO_AUTO:-}" ]; then
    echo "The demo itself has worked. Run it again to see a login that opens."
    status=0
fi
if [ -n "$with_relay" ]; then
    printf '\nThe log of the relay:\n'
    sed 's/^<[0-9]>//' "$dir/relay.log"
fi
(exit "$status")
