#!/bin/sh
# Finds what the build, the tests or another group of work needs and is missing, and installs it with
# apt-get. Each row names a group, how its presence is seen, and Debian's package (12 and 13 call
# them the same). Nothing that is already there is touched.
#
#   tests/setup.sh GROUP...          installs what is missing, as root or through sudo
#   tests/setup.sh --check GROUP...  only tells: one line with the packages' names, exit status 1
set -eu
PATH=$PATH:/usr/sbin:/sbin

# pc: a pkg-config file; cmd: a command; file: one of the paths matching a pattern.
needs() {
    cat <<'EOF'
build   cmd  cc            gcc
build   file /usr/include/stdio.h libc6-dev
build   cmd  pkg-config    pkg-config
build   pc   libevent_core libevent-dev
build   pc   inih          libinih-dev
build   pc   jansson       libjansson-dev
build   pc   libproc2      libproc2-dev
test    pc   cmocka        libcmocka-dev
test    cmd  python3       python3
test    cmd  ps            procps
test    cmd  supervisord   supervisor
demo    file /usr/bin/python3 python3
demo    cmd  top           procps
lint    cmd  python3       python3
lint    pc   cmocka        libcmocka-dev
lint    cmd  clang         clang
lint    cmd  clang-format  clang-format
lint    cmd  mandoc        mandoc
lint    cmd  shellcheck    shellcheck
coverage cmd gcovr         gcovr
bench   cmd  python3       python3
bench   cmd  supervisord   supervisor
bench   cmd  runsvdir      runit
bench   cmd  s6-svscan     s6
systemd cmd  debootstrap   debootstrap
systemd cmd  systemd-nspawn systemd-container
EOF
}

is_there() { # kind, what
    case $1 in
    pc) pkg-config --exists "$2" 2>/dev/null ;;
    cmd) command -v "$2" >/dev/null 2>&1 ;;
    file) [ -e "$2" ] ;;
    esac
}

missing_packages() { # group...
    for group; do
        needs | while read -r row_group kind what package; do
            [ "$row_group" = "$group" ] || continue
            is_there "$kind" "$what" || echo "$package"
        done
    done | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

apt_install() { # package...
    as_root apt-get install -y -q --no-install-recommends "$@"
}

# Packages of other supervisors bring services: they are wanted on the disk, not running. While this
# file answers 101, maintainer scripts start nothing; a file that was there before is left alone.
policy=/usr/sbin/policy-rc.d
policy_is_ours=
keep_services_down() {
    [ ! -e $policy ] || return 0
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    policy_is_ours=yes
    as_root chmod 755 $policy
}

let_services_up() {
    [ -z "$policy_is_ours" ] || as_root rm -f $policy
    policy_is_ours=
}

disable_service_of() { # package
    case " $packages " in
    *" $1 "*) ! command -v systemctl >/dev/null || as_root systemctl disable "$1" || true ;;
    esac
}

check_only=
if [ "${1-}" = --check ]; then
    check_only=yes
    shift
fi
packages=$(missing_packages "$@")
[ -n "$packages" ] || exit 0

if [ -n "$check_only" ]; then
    echo "missing: apt-get install ${packages% } (make test and make demo do so by themselves)" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "missing, and there is no apt-get to install them: ${packages% }" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "missing, and only root may install them: apt-get install ${packages% }" >&2
    exit 1
fi

exec </dev/null
echo "installing: ${packages% }"
trap let_services_up EXIT
trap 'exit 1' HUP INT TERM
keep_services_down
# Package lists may be absent, or name versions that are gone: then fetch them, once.
# shellcheck disable=SC2086 # the names are words
if ! apt_install $packages; then
    as_root apt-get update -q
    apt_install $packages
fi
disable_service_of supervisor

still=$(missing_packages "$@")
if [ -n "$still" ]; then
    echo "still not found after the installation: ${still% }" >&2
    exit 1
fi
