#!/bin/sh
# `make install` as a packager does it, a program built against what it put there, and `make uninstall`.
# plain build only
# shellcheck source=tests/lib.sh disable=SC2119
. "$(dirname "$0")/../lib.sh"

to=$DIR/to
make_here() {
    env -u MAKEFLAGS make -s --no-print-directory -C "$TOP" O="${MUSTER_BUILD#"$TOP"/}" DESTDIR="$to" PREFIX=/usr "$@"
}

say 'install'
expect 0 make_here install
check [ -x "$to/usr/sbin/musterd" ]
check [ -x "$to/usr/bin/muster" ]
check [ -f "$to/usr/lib/systemd/system/musterd.service" ]
check [ -f "$to/usr/lib/systemd/user/musterd.service" ]
check [ -f "$to/etc/muster/muster.conf" ]

say 'its configuration keeps its files where a service has them'
for line in logfile=/var/log/muster/musterd.log childlogdir=/var/log/muster pidfile=/run/muster/musterd.pid; do
    check has_line "$to/etc/muster/muster.conf" "^$line\$"
done
sed -e "s|=/var/log/muster|=$to/var/log/muster|" -e "s|=/run/muster|=$to|" \
    "$to/etc/muster/muster.conf" >"$DIR/installed.conf"
expect 0 "$to/usr/sbin/musterd" --check "$DIR/installed.conf"

say 'every template is filled in'
expect 1 grep -rE '@[a-z]+@' "$to/usr/lib/systemd" "$to/usr/lib/tmpfiles.d" "$to/usr/lib/sysusers.d"

say 'a second install leaves the configuration alone'
echo '; mine' >>"$to/etc/muster/muster.conf"
expect 0 make_here install
check has_line "$to/etc/muster/muster.conf" '^; mine$'

say 'libmuster is found by pkg-config'
PKG_CONFIG_PATH=$(dirname "$(find "$to" -name muster.pc)")
# The prefix of the file is that of the machine it is made for: here it is below $to.
PKG_CONFIG_SYSROOT_DIR=$to
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
expect 0 pkg-config --cflags --libs muster
flags=$OUT
cat >"$DIR/client.c" <<'EOF'
#include <muster.h>
#include <stdio.h>

/* A program of its own may use the names that are used inside libmuster. */
int parse_int(void);
int parse_int(void)
{
	return 0;
}

int main(void)
{
	struct muster *muster = NULL;
	bool alive = false;
	int result = muster_connect(NULL, &muster);

	if (!result)
		result = muster_process_is_alive(muster, "web", &alive);
	printf("%s\n", result ? muster_strerror(muster, result) : alive ? "alive" : "not alive");
	muster_close(muster);
	return parse_int();
}
EOF
configure <<'EOF'
[program:web]
command=sleep 1000
startsecs=0
EOF
start_musterd
wait_for in_state web RUNNING

say 'a program is linked with the shared library'
# shellcheck disable=SC2086 # flags are words
must cc -o "$DIR/shared" "$DIR/client.c" $flags
expect 0 env LD_LIBRARY_PATH="$(dirname "$PKG_CONFIG_PATH")" "$DIR/shared"
is alive

say 'and with the static one'
must cc -o "$DIR/static" -I"$to/usr/include" "$DIR/client.c" \
    "$(dirname "$PKG_CONFIG_PATH")/libmuster.a" -ljansson
expect 0 "$DIR/static"
is alive

say 'uninstall leaves the configuration and nothing else'
expect 0 make_here uninstall
is "$to/etc/muster/muster.conf" "$(find "$to" ! -type d)"
