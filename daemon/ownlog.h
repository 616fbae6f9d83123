/* Where the daemon's own log lines go: its logfile, and standard error in the foreground. */
#ifndef MUSTER_DAEMON_OWNLOG_H
#define MUSTER_DAEMON_OWNLOG_H

#include <stdbool.h>

struct daemon_config;
struct logfiles;
struct ownlog;

/* Opens the log that the configuration names; where that fails it is said, and standard error is
 * used. NULL when out of memory. */
struct ownlog *ownlog_new(struct logfiles *files, const struct daemon_config *config,
                          bool foreground, int early);
void ownlog_end_early(struct ownlog *ownlog);

/* Log lines go to standard error again. */
void ownlog_free(struct ownlog *ownlog);

#endif
