/* The daemon's own log. */
#include "daemon/ownlog.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/config/config.h"
#include "daemon/process/logfile.h"
#include "daemon/systemlog.h"

/* supervisord's word for a logfile that is the system's log. */
#define OWNLOG_SYSLOG "syslog"

struct ownlog {
	int system; /* the system's log; -1: not that */
	struct logfile *file;
	bool to_stderr;
	unsigned long lost; /* lines that the file did not take, since it last did */
};

static void ownlog_write_stderr(const char *line, size_t size)
{
	while (size) {
		ssize_t n = write(STDERR_FILENO, line, size);
		if (n <= 0)
			return;
		line += n;
		size -= (size_t)n;
	}
}

static void ownlog_sink(void *arg, const char *line, size_t size)
{
	struct ownlog *ownlog = arg;

	if (ownlog->to_stderr)
		ownlog_write_stderr(line, size);
	if (ownlog->system >= 0 && systemlog_send(ownlog->system, line, size) < 0)
		ownlog->lost++;
	if (!ownlog->file)
		return;
	if (logfile_write(ownlog->file, line, size) < 0) {
		ownlog->lost++;
		return;
	}
	if (ownlog->lost) {
		unsigned long lost = ownlog->lost;
		ownlog->lost = 0;
		log_error("%lu lines of this log could not be written", lost);
	}
}

struct ownlog *ownlog_new(struct logfiles *files, const struct daemon_config *config,
                          bool foreground)
{
	struct ownlog *ownlog = calloc(1, sizeof(*ownlog));
	int r = 0;

	if (!ownlog)
		return NULL;
	log_set_level(config->loglevel);
	ownlog->system = -1;
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
