/* Looking at the configuration in a child. */
#include "daemon/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/config/config.h"
#include "daemon/config/source.h"

static void preflight_say(const struct config_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		fprintf(stderr, "musterd: %s%s\n",
		        notes->items[i].is_error ? "" : "warning: ", notes->items[i].text);
}

/* In the run directory, which several daemons may have: by the socket, which only one has. */
static void preflight_place_ledger(struct preflight *preflight, const struct daemon_config *daemon)
{
	uint32_t hash = 2166136261u; /* FNV-1a, RFC 9923 */
	int n;

	if (daemon->on_guardian_death != GUARDIAN_DEATH_LEAVE && !daemon->keep_workers)
		return;
	for (const char *at = daemon->socket; *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619u;
	snprintf(preflight->run_dir, sizeof(preflight->run_dir), "%s", daemon->run_dir);
	n = snprintf(preflight->ledger, sizeof(preflight->ledger), "%s/ledger-%08x",
	             daemon->run_dir, hash);
	if (n < 0 || (size_t)n >= sizeof(preflight->ledger))
		preflight->ledger[0] = '\0';
}

static void preflight_fill(struct preflight *preflight, const struct daemon_config *daemon)
{
	preflight->usable = true;
	preflight->nodaemon = daemon->nodaemon;
	preflight->umask = daemon->umask;
	preflight->uid = daemon->user.uid;
	preflight->gid = daemon->user.gid;
	if (daemon->directory)
		snprintf(preflight->directory, sizeof(preflight->directory), "%s",
		         daemon->directory);
	preflight_place_ledger(preflight, daemon);
	if (daemon->user.name)
		snprintf(preflight->user, sizeof(preflight->user), "%s", daemon->user.name);
}

/* In the foreground the engine says the same into the same terminal. */
static bool preflight_is_repeated(const struct config *config, bool foreground)
{
	return !config->daemon.broken && !config->daemon.strict &&
	       (foreground || config->daemon.nodaemon);
}

static void preflight_look(const char *config_file, bool foreground, struct preflight *preflight)
{
	struct source *source = source_new();
	struct config_notes notes = {0};
	struct config *config = NULL;
	int r = source ? config_load(config_file, source, &notes, &config) : -ENOMEM;

	if (r < 0 || !preflight_is_repeated(config, foreground))
		preflight_say(&notes);
	if (r < 0 && !notes.count)
		fprintf(stderr, "musterd: cannot read %s: %s\n", config_file, strerror(-r));
	if (r < 0)
		goto out;
	if (config->daemon.broken)
		fprintf(stderr, "musterd: %s: the daemon does not start\n", config->daemon.broken);
	else if (config->daemon.strict && notes.error_count)
		fprintf(stderr, "musterd: strict=true: with errors the daemon does not start\n");
	else
		preflight_fill(preflight, &config->daemon);
out:
	config_notes_done(&notes);
	config_free(config);
	source_free(source);
}

int preflight_run(const char *config_file, bool foreground, struct preflight *ret_preflight)
{
	struct preflight preflight = {0};
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		preflight_look(config_file, foreground, &preflight);
		/* Not _exit(): sanitizers and coverage have their say at the end. */
		exit(write(ends[1], &preflight, sizeof(preflight)) != sizeof(preflight));
	}
	close(ends[1]);
	/* Smaller than a pipe's atomic write would be better still, but there is one writer, and
	 * its end is the end of the pipe. */
	for (size_t used = 0; pid > 0 && used < sizeof(preflight); used += (size_t)n) {
		n = read(ends[0], (char *)&preflight + used, sizeof(preflight) - used);
		if (n <= 0)
			break;
	}
	close(ends[0]);
	if (pid < 0)
		return -errno;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return -EIO;
	*ret_preflight = preflight;
	return 0;
}
