#!/usr/bin/env bash
# Boots a Debian with systemd in a container, with what `make install` puts there, and runs inside.sh in
# it as a unit. What it checks is shown here as it goes; the last line is "N passed, N failed".
#
# The base of the root is made once by debootstrap (build/systemd/base) and kept; each run has a copy.
# The container shares no network and is ended by the pid of its systemd-nspawn.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
PATH=$PATH:/usr/sbin:/sbin
BOOT_SECONDS=${BOOT_SECONDS:-180}

if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo 'tests/systemd: only root can boot a container' >&2; exit 1; }
    exec sudo "$0" "$@"
fi

# The base is of the release that the programs were built on, with the libraries they are linked with.
suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
package_of() { # path of a library
    dpkg-query -S "*/${1##*/}" 2>/dev/null | head -n 1 | cut -d: -f1
}
packages=systemd,systemd-sysv,dbus,libpam-systemd,procps
for library in $(ldd build/musterd build/muster | awk '$3 ~ "^/" { print $3 }' | sort -u); do
    package=$(package_of "$library")
    case ",$packages," in
    *,"$package",*) ;;
    *) packages=$packages${package:+,$package} ;;
    esac
done

work=$top/build/systemd
base=$work/base
root=$work/root
mkdir -p "$work"
if [ "$(cat "$work/base.made-of" 2>/dev/null)" != "$suite $packages" ]; then
    echo "# making a root of Debian $suite with $packages"
    rm -rf "$base" "$work/base.made-of"
    if ! debootstrap --variant=minbase --include="$packages" "$suite" "$base" \
        >"$work/debootstrap.log" 2>&1; then
        tail -n 20 "$work/debootstrap.log"
        echo 'not ok - debootstrap makes a root'
        printf '\n0 passed, 1 failed\n'
        exit 1
    fi
    rm -rf "$base"/var/cache/apt/archives/*.deb
    echo "$suite $packages" >"$work/base.made-of"
fi

echo '# installing into it'
rm -rf "$root"
cp -a "$base" "$root"
install -d "$root/etc/muster" "$root/muster-test"
install -m 644 tests/systemd/muster.conf "$root/etc/muster/muster.conf"
make -s install DESTDIR="$root" PREFIX=/usr >"$work/install.log"
install -m 755 tests/systemd/inside.sh tests/systemd/worker.sh tests/tap.sh "$root/muster-test/"
install -m 644 tests/systemd/muster-test.service "$root/etc/systemd/system/"
systemctl --root="$root" enable musterd.service muster-test.service 2>/dev/null
rm -f "$root/etc/machine-id" && systemd-machine-id-setup --root="$root" 2>/dev/null
# No service of the base has work here.
systemctl --root="$root" mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
    fstrim.timer e2scrub_all.timer systemd-resolved.service 2>/dev/null || true

# Where systemd runs this machine it makes the container's scope; elsewhere nspawn stays in the group
# that it was started in.
unit_flags=(--register=no)
[ -d /run/systemd/system ] || unit_flags+=(--keep-unit)

echo '# booting'
results=$root/muster-test/results
: >"$results"
# Its own control groups are v2, whatever this machine has.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
timeout -k 15 "$BOOT_SECONDS" systemd-nspawn -q -b "${unit_flags[@]}" --private-network \
    --console=pipe -M "muster-test-$$" -D "$root" </dev/null >"$work/console.log" 2>&1 &
container=$!
end_container() {
    kill -TERM "$container" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
}
trap end_container EXIT
trap 'exit 1' HUP INT TERM

tail -n +1 -f --pid="$container" "$results" &
tail_pid=$!
status=0
wait "$container" || status=$?
trap - EXIT
wait "$tail_pid" 2>/dev/null || true

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
echo '# the container has ended'
outside "it ended by itself (exit status $status)" test "$status" -eq 0
outside 'inside.sh came to its end' grep -qx '# end' "$results"
outside 'poweroff stopped the workers in order' \
    test "$(tail -n 3 "$root/muster-test/stops" 2>/dev/null | cut -d' ' -f1 | tr '\n' ' ')" = 'last middle first '

passed=$(grep -c '^ok ' "$results" || true)
failed=$(grep -c '^not ok ' "$results" || true)
if [ "$failed" -gt 0 ]; then
    echo "# --- the console ($work/console.log)"
    tail -n 60 "$work/console.log"
    echo '# --- the journal'
    journalctl --root="$root" -u musterd -u muster-test --no-pager -q -n 80 2>/dev/null || true
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
