/* The environment a process is started with: the daemon's, what it is told, and its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/config/config.h"
#include "daemon/process/context.h"
#include "daemon/process/environment.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static struct program program_of(char **environment)
{
	return (struct program){
	    .name = TEXT("web_01"), .group = TEXT("web"), .environment = environment};
}

/* One entry a line. */
static void expect(char **entries, const char *expected)
{
	char text[1024] = "";
	size_t used = 0;

	assert_non_null(entries);
	for (size_t i = 0; entries[i]; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s\n", entries[i]);
	assert_string_equal(text, expected);
	free(entries);
}

static void what_is_the_daemons_own_is_left_out(void **unused)
{
	char *before[] = {TEXT("PATH=/bin"),           TEXT("NOTIFY_SOCKET=/run/x"),
	                  TEXT("NOTIFY_SOCKETS=kept"), TEXT("WATCHDOG_USEC=1"),
	                  TEXT("LISTEN_FDS=3"),        TEXT("SUPERVISOR_SERVER_URL=http://outer"),
	                  TEXT("HOME=/root"),          NULL};

	(void)unused;
	expect(environment_of_daemon(before), "PATH=/bin\nNOTIFY_SOCKETS=kept\nHOME=/root\n");
	expect(environment_of_daemon(&before[7]), "");
}

static void a_process_is_told_who_it_is(void **unused)
{
	char *daemon[] = {TEXT("PATH=/bin"), NULL};
	struct config config = {.daemon = {.socket = TEXT("/run/m.sock")}};
	struct context context = {.environment = daemon, .config = &config};
	struct program program = program_of(NULL);

	(void)unused;
	expect(environment_for(&context, &program),
	       "PATH=/bin\nSUPERVISOR_ENABLED=1\nSUPERVISOR_PROCESS_NAME=web_01\n"
	       "SUPERVISOR_GROUP_NAME=web\nMUSTER_SOCKET=/run/m.sock\n");
	program.serverurl = TEXT("http://localhost:9001");
	config.daemon.socket = NULL;
	expect(environment_for(&context, &program),
	       "PATH=/bin\nSUPERVISOR_ENABLED=1\nSUPERVISOR_SERVER_URL=http://localhost:9001\n"
	       "SUPERVISOR_PROCESS_NAME=web_01\nSUPERVISOR_GROUP_NAME=web\n");
}

/* Each name is there once, and its own word is the last. */
static void the_last_word_on_a_name_counts(void **unused)
{
	char *daemon[] = {TEXT("A=daemon"), TEXT("MUSTER_SOCKET=/old"), TEXT("B=daemon"), NULL};
	char *own[] = {TEXT("B=own"),   TEXT("C=own"),  TEXT("SUPERVISOR_ENABLED=no"),
	               TEXT("C=again"), TEXT("AA=own"), NULL};
	struct config config = {.daemon = {.socket = TEXT("/new")}};
	struct context context = {.environment = daemon, .config = &config};
	struct program program = program_of(own);

	(void)unused;
	expect(environment_for(&context, &program),
	       "A=daemon\nMUSTER_SOCKET=/new\nB=own\nSUPERVISOR_ENABLED=no\n"
	       "SUPERVISOR_PROCESS_NAME=web_01\nSUPERVISOR_GROUP_NAME=web\nC=again\nAA=own\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_the_daemons_own_is_left_out),
	    cmocka_unit_test(a_process_is_told_who_it_is),
	    cmocka_unit_test(the_last_word_on_a_name_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
