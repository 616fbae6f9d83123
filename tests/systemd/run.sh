#!/usr/bin/env bash
# Boots a Debian with systemd in a container, with what `make install` puts there, and runs inside.sh in
# it as a unit. What it checks is shown here as it goes; the last line is "N passed, N failed".
#
#   tests/systemd/run.sh [SUITE...]    Debian's name of a release; without any: those that can run the
#                                      programs built here, this machine's own and Debian 13's
#
# The base of a root is made once by debootstrap (build/systemd/SUITE/base) and kept; each run has a
# copy. The container shares no network and is ended by the pid of its systemd-nspawn.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
PATH=$PATH:/usr/sbin:/sbin
BOOT_SECONDS=${BOOT_SECONDS:-180}

if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo 'tests/systemd: only root can boot a container' >&2; exit 1; }
    exec sudo "$0" "$@"
fi

# Debian 13's systemd has a varlinkctl that reads descriptions; the libraries of 12 that the programs
# are linked with are there under the same names, so what was built on 12 runs there too.
if [ $# -eq 0 ]; then
    case $(. /etc/os-release && echo "${VERSION_CODENAME-}") in
    bookworm) set -- bookworm trixie ;;
    *) set -- trixie ;;
    esac
fi

packages_of() { # suite
    local event=libevent-core-2.1-7t64
    [ "$1" != bookworm ] || event=libevent-core-2.1-7
    echo "systemd,systemd-sysv,dbus,libpam-systemd,procps,$event,libinih1,libjansson4,libproc2-0"
}

# make_base SUITE: where it is not there yet, or was made of something else.
make_base() {
    local made_of
    made_of="$1 $(packages_of "$1")"
    [ "$(cat "$work/base.made-of" 2>/dev/null)" != "$made_of" ] || return 0
    echo "# making a root of Debian $made_of"
    rm -rf "$work/base" "$work/base.made-of"
    if ! debootstrap --variant=minbase --include="$(packages_of "$1")" "$1" "$work/base" \
        >"$work/debootstrap.log" 2>&1; then
        tail -n 20 "$work/debootstrap.log"
        return 1
    fi
    rm -rf "$work/base"/var/cache/apt/archives/*.deb
    echo "$made_of" >"$work/base.made-of"
}

install_into_root() {
    rm -rf "$root"
    cp -a "$work/base" "$root"
    install -d "$root/etc/muster" "$root/muster-test"
    install -m 644 tests/systemd/muster.conf "$root/etc/muster/muster.conf"
    make -s install DESTDIR="$root" PREFIX=/usr >"$work/install.log"
    install -m 755 tests/systemd/inside.sh tests/systemd/varlink.sh tests/systemd/worker*.sh \
        tests/tap.sh "$root/muster-test/"
    install -m 644 tests/systemd/muster-test.service "$root/etc/systemd/system/"
    systemctl --root="$root" enable musterd.service muster-test.service 2>/dev/null
    rm -f "$root/etc/machine-id"
    systemd-machine-id-setup --root="$root" 2>/dev/null
    # No service of the base has work here.
    systemctl --root="$root" mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        fstrim.timer e2scrub_all.timer systemd-resolved.service 2>/dev/null || true
}

# Where systemd runs this machine it makes the container's scope; elsewhere nspawn stays in the group
# that it was started in.
unit_flags=(--register=no)
[ -d /run/systemd/system ] || unit_flags+=(--keep-unit)
# Its own control groups are v2, whatever this machine has.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1

container=
end_container() {
    [ -n "$container" ] || return 0
    kill -TERM "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
}
trap end_container EXIT
trap 'exit 1' HUP INT TERM

# boot: runs the machine until it switches itself off. Its exit status is in $ended.
boot() {
    local tail_pid
    timeout -k 15 "$BOOT_SECONDS" systemd-nspawn -q -b "${unit_flags[@]}" --private-network \
        --console=pipe -M "muster-test-$$" -D "$root" </dev/null >"$work/console.log" 2>&1 &
    container=$!
    tail -n +1 -f --pid="$container" "$results" &
    tail_pid=$!
    ended=0
    wait "$container" || ended=$?
    container=
    wait "$tail_pid" 2>/dev/null || true
}

# What can be seen only from outside: that the end of the machine was an orderly end of the workers.
outside() { # what, command...
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then
        echo "ok - $what" | tee -a "$results"
    else
        echo "not ok - $what" | tee -a "$results"
    fi
}
stopped_in_order() {
    [ "$(tail -n 3 "$root/muster-test/stops" | cut -d' ' -f1 | tr '\n' ' ')" = 'last middle first ' ]
}

passed=0 failed=0
for suite; do
    work=$top/build/systemd/$suite
    root=$work/root
    results=$root/muster-test/results
    mkdir -p "$work"
    echo "# Debian $suite"
    if ! make_base "$suite"; then
        echo 'not ok - debootstrap makes a root'
        failed=$((failed + 1))
        continue
    fi
    install_into_root
    : >"$results"
    boot
    outside "$suite ended by itself (exit status $ended)" test "$ended" -eq 0
    outside 'inside.sh came to its end' grep -qx '# end' "$results"
    outside 'poweroff stopped the workers in order' stopped_in_order
    [ "$suite" = bookworm ] || outside 'varlinkctl was tried' \
        grep -qx '# varlinkctl has been tried' "$results"

    suite_failed=$(grep -c '^not ok ' "$results" || true)
    passed=$((passed + $(grep -c '^ok ' "$results" || true)))
    failed=$((failed + suite_failed))
    [ "$suite_failed" -gt 0 ] || continue
    echo "# --- the console ($work/console.log)"
    tail -n 60 "$work/console.log"
    echo '# --- the journal'
    journalctl --root="$root" -u musterd -u muster-test --no-pager -q -n 80 2>/dev/null || true
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
