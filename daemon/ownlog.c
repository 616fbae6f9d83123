/* The daemon's own log. */
#include "daemon/ownlog.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/config.h"
#include "daemon/process/logfile.h"
#include "daemon/systemlog.h"

/* What a pipe that says it is writable takes at once (pipe(7)). */
#define OWNLOG_PIECE 4096u

/* supervisord's word for a logfile that is the system's log. */
#define OWNLOG_SYSLOG "syslog"

struct ownlog {
	int system; /* the system's log; -1: not that */
	struct logfile *file;
	bool to_stderr;
	int early; /* who started us and waits for us to be ready; -1: nobody */
	bool writing;
	unsigned long lost; /* lines that the file did not take, since it last did */
};

/* Not where it would wait for a reader: a full pipe must not stop the daemon. */
static bool ownlog_write_stderr(const char *line, size_t size)
{
	while (size) {
		struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
		ssize_t n;
		if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
			return false;
		n = write(STDERR_FILENO, line, size < OWNLOG_PIECE ? size : OWNLOG_PIECE);
		if (n <= 0)
			return false;
		line += n;
		size -= (size_t)n;
	}
	return true;
}

static bool ownlog_write(struct ownlog *ownlog, const char *line, size_t size)
{
	bool written = true;

	/* Gone where an engine before us has been ready. */
	if (ownlog->early >= 0 && write(ownlog->early, line, size) < 0)
		ownlog->early = -1;
	if (ownlog->to_stderr)
		written &= ownlog_write_stderr(line, size);
	if (ownlog->system >= 0)
		written &= systemlog_send(ownlog->system, line, size) == 0;
	if (ownlog->file)
		written &= logfile_write(ownlog->file, line, size) == 0;
	return written;
}

static void ownlog_sink(void *arg, const char *line, size_t size)
{
	struct ownlog *ownlog = arg;
	unsigned long lost = ownlog->lost;

	/* A line about writing this one would come here again. */
	if (ownlog->writing)
		return;
	ownlog->writing = true;
	if (!ownlog_write(ownlog, line, size))
		ownlog->lost++;
	else
		ownlog->lost = 0;
	ownlog->writing = false;
	if (lost && !ownlog->lost)
		log_error("%lu lines of this log could not be written", lost);
}

struct ownlog *ownlog_new(struct logfiles *files, const struct daemon_config *config,
                          bool foreground, int early)
{
	struct ownlog *ownlog = calloc(1, sizeof(*ownlog));
	int r = 0;

	if (!ownlog)
		return NULL;
	log_set_level(config->loglevel);
	ownlog->system = -1;
	ownlog->early = early;
	if (config->logfile && strcmp(config->logfile, OWNLOG_SYSLOG) == 0)
		r = ownlog->system = systemlog_open();
	else if (config->logfile)
		r = logfile_open(files, config->logfile, config->logfile_maxbytes,
		                 config->logfile_backups, &ownlog->file);
	if (r < 0)
		log_error("cannot open logfile %s: %s; logging to standard error", config->logfile,
		          strerror(-r));
	ownlog->to_stderr =
	    (!ownlog->file && ownlog->system < 0) || (foreground && !config->silent);
	/* Said once where both are the same. */
	if (ownlog->file && !logfile_is_regular(ownlog->file))
		ownlog->to_stderr = false;
	log_set_sink(ownlog_sink, ownlog);
	return ownlog;
}

void ownlog_end_early(struct ownlog *ownlog)
{
	ownlog->early = -1;
}

void ownlog_free(struct ownlog *ownlog)
{
	if (!ownlog)
		return;
	log_set_sink(NULL, NULL);
	logfile_unref(ownlog->file);
	if (ownlog->system >= 0)
		close(ownlog->system);
	free(ownlog);
}
