# SPDX-License-Identifier: BSD-3-Clause
# debian-root.sh: a separate Debian to try the tree in, for check-fresh and in-debian; sourced, as root,
# with `set -eu`. Needs debootstrap and Debian's archive; DEBIAN_MIRROR names another one.
# shellcheck shell=sh

# debian_needs PROGRAM PACKAGE: ends with 77 and says so where it is not installed.
debian_needs() {
    command -v "$1" >/dev/null || {
        echo "skipped: there is no $1; please install first, as root:  apt-get install $2" >&2
        exit 77
    }
}

# namespace_enter SCRIPT ARGUMENTS: starts the script again where everything that it mounts and runs goes
# with it, however it ends.
namespace_enter() {
    [ -z "${IDQ_NAMESPACE:-}" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        echo "skipped: $1 needs root" >&2
        exit 77
    fi
    debian_needs debootstrap debootstrap
    IDQ_NAMESPACE=1 exec unshare --mount --pid --fork --kill-child --propagation private "$@"
}

# inside COMMAND ARGUMENTS: in the root, once there is one.
inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root \
        DEBIAN_FRONTEND=noninteractive "$@"
}

# debian_root RELEASE: a minimal one, in memory, at $root.
debian_root() {
    mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
    root=$(mktemp -d)
    trap 'rmdir "$root"' EXIT
    mount -t tmpfs -o size=6g,mode=755 tmpfs "$root"
    # What still runs in it ends with the namespace.
    trap 'umount -R -l "$root"; rmdir "$root"' EXIT
    debootstrap --variant=minbase "$1" "$root" "$mirror" >"$root/debootstrap.out" 2>&1 || {
        cat "$root/debootstrap.out" >&2
        exit 1
    }
    rm "$root/debootstrap.out"
    # A mirror may be some days behind, and the releases that move most say so soonest. Signatures are checked.
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/50mirror"
    debian_devices
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    # The installer writes this one, and debootstrap does not.
    echo "127.0.0.1 localhost $(hostname)" >"$root/etc/hosts"
}

# The devices of programs at a terminal, with private terminals.
debian_devices() {
    mount -t proc proc "$root/proc"
    # With the control groups, which journald does not start without.
    mount --rbind /sys "$root/sys"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    for node in null:3 zero:5 full:7 random:8 urandom:9; do
        mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
    done
    mknod -m 666 "$root/dev/tty" c 5 0
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    for number in 0:stdin 1:stdout 2:stderr; do
        ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
    done
}

# debian_source SOURCE: the tree as git has it, without what is not committed and without its history, in
# the root's /src.
debian_source() {
    mkdir "$root/src"
    git -C "$1" archive HEAD | tar -x -C "$root/src"
}
