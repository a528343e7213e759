#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# ./autogen.sh            makes sources.am, which lists the sources, and ./configure, and nothing else
# ./autogen.sh check      from a fresh Debian: installs what is missing, builds in ./build, runs every test;
#                         `check FILE`: a skip that FILE does not list is a failure
# ./autogen.sh demo       the same up to the build, then a login on this terminal, opened by a QR code
# ./autogen.sh packages   prints the names of what `check` installs, and does nothing; `packages build`:
#                         of what building takes
# ./autogen.sh coverage   which lines the tests run, by a second build with clang in ./build/coverage
# ./autogen.sh fuzz       looks for inputs that break a parser, for FUZZ_SECONDS each; in ./build-fuzz
#
# CONFIGURE_FLAGS adds to configure's arguments; for all but `demo`, warnings are errors.
set -eu
umask 022
cd "$(dirname "$0")"

build_packages="autoconf automake pkg-config make gcc g++ libc6-dev libpam0g-dev libmd-dev
    libcurl4-openssl-dev libssl-dev libjansson-dev libpng-dev libzxing-dev libqrencode-dev
    libmicrohttpd-dev libseccomp-dev libsqlite3-dev libpq-dev libxml2-dev libxmlsec1-dev libjose-dev"
# What the tests drive: the real sudo, login, sshd and polkit, terminals, a browser (which does not start
# without a font), the tools and decoders that read what we wrote, and what `make bench` compares with.
test_packages="check libvterm-dev libzbar-dev libjpeg-dev rapidjson-dev mandoc sudo login
    util-linux locales dbus-daemon pkexec polkitd openssh-client pamtester vlock dpkg-dev xvfb xterm tmux
    systemd chromium chromium-driver fonts-dejavu-core curl qrencode clang-format cppcheck shellcheck codespell groff-base
    zsh jq sqlite3 xmlsec1 libxml2-utils postgresql python3-prometheus-client"
clang_packages="clang libclang-rt-dev llvm"
directory=build

usage() {
    sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        echo "autogen.sh: this is no Debian; what is needed is known by these names there: $*" >&2
        return
    fi
    missing=
    for package in "$@"; do
        is_installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "autogen.sh: please install first, as root:  apt-get install$missing" >&2
        exit 1
    fi
    echo "autogen.sh: installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The tests start PostgreSQL themselves: no server from the package.
    case "$missing " in
    *" postgresql "*)
        mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/idinqr-tests.conf
        ;;
    esac
    apt-get update -qq
    # How many packages and megabytes, with what these need. This installs nothing.
    # shellcheck disable=SC2086 # a list of names
    LC_ALL=C apt-get install -y --print-uris --no-install-recommends $missing |
        sed -nE 's/^([0-9]+ upgraded|Need to get|After this operation)/autogen.sh: \1/p'
    # shellcheck disable=SC2086 # a list of names
    apt-get install -y -qq --no-install-recommends $missing
}

# list NAME FILE...: a variable of make, if there is something to list.
list() {
    [ $# -gt 1 ] || return 0
    printf '%s =' "$1"
    shift
    printf ' \\\n\t%s' "$@"
    echo
}

# sources.am: the files of each folder, as agent_FILES, unit_scripted_FILES; its tests, as unit_TESTS; its fuzz
# targets, and what those are linked with. A file with a main() or RUN_TESTS() is a program, and is not in FILES.
list_sources() {
    find pam_idinqr tests -type d | sort | while read -r folder; do
        name=$(printf '%s' "${folder#*/}" | tr / _)
        # shellcheck disable=SC2046 # no name has blanks
        {
            list "${name}_FILES" $(find "$folder" -maxdepth 1 \( -name '*.[ch]' -o -name '*.cpp' \) ! -name 'test_*.c' \
                ! -name 'fuzz_*.c' ! -name syscall_names.h -exec grep -LE '^(main|RUN_TESTS)\(' {} + | sort)
            list "${name}_TESTS" $(find "$folder" -maxdepth 1 -name 'test_*.c' | sed 's/\.c$//' | sort)
            list "${name}_TARGETS" $(find "$folder" -maxdepth 1 -name 'fuzz_*.c' | sed 's/\.c$//' | sort)
        }
        # shellcheck disable=SC2016 # of make
        find "$folder" -maxdepth 1 -name 'fuzz_*.c' | sort | sed 's,/,_,g; s/\.c$/_LDADD = $(FUZZ_LIBS)/'
    done >sources.am
    # A program with a provider's fixture has a scripted fetch process, which stands in for fetch_request.c and
    # picture_request.c.
    fixtures=$(grep -lF '"tests/unit/scripted/' tests/unit/*.h)
    # shellcheck disable=SC2016 # of make
    grep -lF "$fixtures" tests/unit/test_*.c | while read -r test; do
        printf '%s_SOURCES = %s $(unit_scripted_FILES)\n' "$(printf '%s' "${test%.c}" | tr / _)" "$test"
    done >>sources.am
}

configure_tools() {
    list_sources
    autoreconf -fi
}

build() {
    configure_tools
    mkdir -p "$directory"
    cd "$directory"
    # The paths of an installed system, so that `make install` puts things where PAM looks for them.
    # shellcheck disable=SC2086 # a list of flags
    ../configure --prefix=/usr --sysconfdir=/etc --libexecdir=/usr/libexec "$@" ${CONFIGURE_FLAGS:-}
    make -j"$(nproc)"
}

# The counts in automake's summary, which the TAP driver has made out of single tests.
count() {
    sed -n "s/^# $1: *//p" check.log | tail -n 1
}

# Names the skips that the file does not list; fails if there are any. A line of it is as "test: why", and a
# "?" before it says that another kernel may not skip this. Names also what is listed and was not skipped.
compare_skips() {
    sed -nE 's/^SKIP: ([^ ]+)( [0-9]+)?( - )?/\1: /; T; s/ # SKIP /: /; p' check.log | sort >skips
    sed 's/^? //' "$1" | sort >skips.listed
    sed '/^?/d' "$1" | sort | comm -13 skips - | sed 's/^/listed, and not skipped: /'
    unlisted=$(comm -23 skips skips.listed)
    [ -z "$unlisted" ] || printf '%s\n' "$unlisted" | sed 's/^/FAIL: a skip that is not listed: /'
    [ -z "$unlisted" ]
}

# shellcheck disable=SC2086 # lists of names
case ${1:-} in
"")
    configure_tools
    ;;
demo)
    install_missing $build_packages
    build
    exec make demo
    ;;
check)
    # A third-party OpenID provider, from npm. Node from elsewhere brings npm along, and Debian's
    # would throw it out.
    command -v npm >/dev/null || test_packages="$test_packages nodejs npm"
    install_missing $build_packages $test_packages
    build --enable-werror
    # Six at once: most tests wait for something. Each has a line when its first result is there.
    echo "running the tests, which takes some minutes; all results are in $directory/check.log"
    {
        status=0
        make -j6 check 2>&1 || status=$?
        echo "$status" >check.status
    } | tee check.log |
        awk '/^(PASS|FAIL|SKIP|ERROR): /{ if (!seen[$2]++) print $2; if ($1 !~ /PASS|SKIP/) print; fflush() }'
    read -r status <check.status
    [ "$status" = 0 ] || cat test-suite.log
    [ -z "${2:-}" ] || compare_skips "../$2" || status=1
    printf '%s passed, %s failed, %s skipped\n' "$(count PASS)" \
        "$(($(count FAIL) + $(count ERROR) + $(count XPASS)))" "$(count SKIP)"
    exit "$status"
    ;;
packages)
    case ${2:-} in
    "") ;;
    build) test_packages= ;;
    *) usage ;;
    esac
    printf '%s\n' $build_packages $test_packages
    ;;
coverage)
    install_missing $build_packages $test_packages $clang_packages
    build --enable-werror
    exec make coverage
    ;;
fuzz)
    install_missing $build_packages $test_packages $clang_packages
    directory=build-fuzz
    build --enable-fuzzing --enable-werror CC=clang CXX=clang++
    exec make check-fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-60}"
    ;;
*)
    usage
    ;;
esac
