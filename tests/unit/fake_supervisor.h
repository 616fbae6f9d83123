/*
 * A supervisor whose processes only do what a test tells them: the functions of supervisor.h,
 * process.h and job.h that the api room calls.
 */
#ifndef MUSTER_TESTS_FAKE_SUPERVISOR_H
#define MUSTER_TESTS_FAKE_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/state.h"
#include "daemon/process/ad-hoc.h"
#include "daemon/process/job.h"
#include "daemon/process/supervisor.h"

#define FAKE_PROCESSES_MAX 4096

struct supervisor *fake_supervisor_new(void);
void fake_supervisor_free(struct supervisor *supervisor);
void fake_supervisor_set_state(struct supervisor *supervisor, enum supervisor_state state);

/* A process "name" or "group:name". A pid of 0 where the state has none, else its number from 1000.
 */
struct process *fake_process_add(struct supervisor *supervisor, const char *name,
                                 enum process_state state);
void fake_process_remove(struct supervisor *supervisor, struct process *process);
/* Changes the state and publishes it. */
void fake_process_set(struct process *process, enum process_state state, int exitcode);
void fake_process_set_logfile(struct process *process, int stream, const char *path);
/* Publishes that something was stored. */
void fake_process_logged(struct process *process);
/* What process_signal, process_send and process_clear_logs answer; and what came. */
void fake_process_answer(struct process *process, int answer);
int fake_process_last_signal(const struct process *process);
const char *fake_process_sent(const struct process *process);

/* The verb of the newest job; how many there are; the next outcome of each, until it has none. */
enum job_verb fake_job_verb(const struct supervisor *supervisor);
bool fake_job_waits(const struct supervisor *supervisor);
uint64_t fake_job_asked_usec(const struct supervisor *supervisor);
size_t fake_job_count(const struct supervisor *supervisor);
void fake_job_report(struct supervisor *supervisor, enum outcome_status status,
                     const char *message);

/* What a Run comes to (by default RUN_DONE); all that the last one asked for, as text ("name job;
 * argv a b; ..."), and whose it is; and which owner has gone. */
void fake_run_answer(struct supervisor *supervisor, enum run_end end, const char *option,
                     const char *message);
const char *fake_run_wanted(const struct supervisor *supervisor);
const void *fake_run_owner(const struct supervisor *supervisor);
const void *fake_run_gone(const struct supervisor *supervisor);

/* What reread and update answer, and an update's reports. */
void fake_config_answer(struct supervisor *supervisor, int answer);
bool fake_update_is_asked(const struct supervisor *supervisor);
void fake_update_report(struct supervisor *supervisor, const char *group, const char *change);
/* The answer to a look at a binary; whether there is one who waits for it; upgrades that were
 * begun. */
void fake_upgrade_report(struct supervisor *supervisor, const char *refusal, const char *version);
bool fake_upgrade_is_asked(const struct supervisor *supervisor);
unsigned fake_upgrades(const struct supervisor *supervisor);
bool fake_shutdown_is_asked(const struct supervisor *supervisor);

#endif
