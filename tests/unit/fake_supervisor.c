/* A supervisor without processes behind it; see the header. */
#include "tests/unit/fake_supervisor.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/bus.h"
#include "daemon/config/config.h"
#include "daemon/config/diff.h"
#include "daemon/process/process.h"

struct process {
	struct supervisor *supervisor;
	struct program program;
	char *name;
	char *group;
	enum process_state state;
	bool has_exitcode;
	int exitcode;
	int pid;
	char *logfiles[3];
	int answer;
	int signal;
	char *sent;
};

struct job {
	struct supervisor *supervisor;
	struct job *next;
	enum job_verb verb;
	bool wait;
	uint64_t asked_usec;
	struct process **processes;
	size_t count;
	size_t at;
	job_cb report;
	void *arg;
};

struct supervisor {
	struct bus *bus;
	uint64_t serial;
	enum supervisor_state state;
	struct config config;
	struct process *processes[FAKE_PROCESSES_MAX];
	size_t count;
	struct job *jobs;
	int config_answer;
	update_cb update;
	void *update_arg;
	upgrade_cb upgrade;
	void *upgrade_arg;
	unsigned upgrades;
	bool shutdown;
	struct run_result run;
	char run_wanted[1024];
	const void *run_owner;
	const void *run_gone;
};

struct supervisor *fake_supervisor_new(void)
{
	static char file[] = "/etc/fake.conf";
	static char identifier[] = "fake";
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));

	if (!supervisor)
		abort();
	supervisor->bus = bus_new(&supervisor->serial);
	supervisor->state = SUPERVISOR_RUNNING;
	supervisor->config.file = file;
	supervisor->config.daemon.identifier = identifier;
	return supervisor;
}

static void fake_process_free(struct process *process)
{
	for (int i = 0; i < 3; i++)
		free(process->logfiles[i]);
	free(process->sent);
	free(process->group);
	free(process->name);
	free(process);
}

void fake_supervisor_free(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->count; i++)
		fake_process_free(supervisor->processes[i]);
	while (supervisor->jobs)
		job_cancel(supervisor->jobs);
	bus_free(supervisor->bus);
	free(supervisor);
}

void fake_supervisor_set_state(struct supervisor *supervisor, enum supervisor_state state)
{
	struct notice notice = {.type = NOTICE_MANAGER_STATE, .subject = "", .to = (int)state};

	supervisor->state = state;
	bus_publish(supervisor->bus, &notice);
}

static void fake_process_number(struct process *process)
{
	size_t i = 0;

	while (process->supervisor->processes[i] != process)
		i++;
	process->pid = state_is_alive(process->state) ? 1000 + (int)i : 0;
}

struct process *fake_process_add(struct supervisor *supervisor, const char *name,
                                 enum process_state state)
{
	static char command[] = "sleep";
	static char argument[] = "60";
	static char *argv[] = {command, argument, NULL};
	struct process *process = calloc(1, sizeof(*process));

	if (!process || supervisor->count == FAKE_PROCESSES_MAX)
		abort();
	process->supervisor = supervisor;
	process->name = strdup(name);
	process->group = strndup(name, strcspn(name, ":"));
	process->state = state;
	process->program.argv = argv;
	supervisor->processes[supervisor->count++] = process;
	fake_process_number(process);
	return process;
}

void fake_process_remove(struct supervisor *supervisor, struct process *process)
{
	struct notice notice = {.type = NOTICE_GROUP_REMOVED, .subject = process->group};
	size_t i = 0;

	while (supervisor->processes[i] != process)
		i++;
	supervisor->count--;
	memmove(&supervisor->processes[i], &supervisor->processes[i + 1],
	        (supervisor->count - i) * sizeof(supervisor->processes[0]));
	bus_publish(supervisor->bus, &notice);
	fake_process_free(process);
}

void fake_process_set(struct process *process, enum process_state state, int exitcode)
{
	struct notice notice = {.type = NOTICE_PROCESS_STATE,
	                        .subject = process->name,
	                        .object = process,
	                        .from = (int)process->state,
	                        .to = (int)state};

	process->state = state;
	process->has_exitcode = state_is_ended(state);
	process->exitcode = exitcode;
	fake_process_number(process);
	bus_publish(process->supervisor->bus, &notice);
}

void fake_process_set_logfile(struct process *process, int stream, const char *path)
{
	free(process->logfiles[stream]);
	process->logfiles[stream] = strdup(path);
}

void fake_process_logged(struct process *process)
{
	struct notice notice = {
	    .type = NOTICE_PROCESS_LOG, .subject = process->name, .object = process};

	bus_publish(process->supervisor->bus, &notice);
}

void fake_process_answer(struct process *process, int answer)
{
	process->answer = answer;
}

int fake_process_last_signal(const struct process *process)
{
	return process->signal;
}

const char *fake_process_sent(const struct process *process)
{
	return process->sent;
}

enum job_verb fake_job_verb(const struct supervisor *supervisor)
{
	return supervisor->jobs->verb;
}

bool fake_job_waits(const struct supervisor *supervisor)
{
	return supervisor->jobs->wait;
}

uint64_t fake_job_asked_usec(const struct supervisor *supervisor)
{
	return supervisor->jobs->asked_usec;
}

size_t fake_job_count(const struct supervisor *supervisor)
{
	size_t count = 0;

	for (const struct job *job = supervisor->jobs; job; job = job->next)
		count++;
	return count;
}

void fake_job_report(struct supervisor *supervisor, enum outcome_status status, const char *message)
{
	struct job *job = supervisor->jobs;
	struct outcome outcome = {.status = status, .message = message};
	bool last = job->at + 1 >= job->count;

	if (job->count > 0)
		outcome.name = job->processes[job->at++]->name;
	job->report(job->arg, job->count > 0 ? &outcome : NULL, last);
	if (last)
		job_cancel(job);
}

void fake_config_answer(struct supervisor *supervisor, int answer)
{
	supervisor->config_answer = answer;
}

bool fake_update_is_asked(const struct supervisor *supervisor)
{
	return supervisor->update != NULL;
}

void fake_update_report(struct supervisor *supervisor, const char *group, const char *change)
{
	if (supervisor->update)
		supervisor->update(supervisor->update_arg, group, change);
	if (!change)
		supervisor->update = NULL;
}

bool fake_shutdown_is_asked(const struct supervisor *supervisor)
{
	return supervisor->shutdown;
}

/* --- process.h --- */

const struct program *process_program(const struct process *process)
{
	return &process->program;
}

const char *process_name(const struct process *process)
{
	return process->name;
}

const char *process_group(const struct process *process)
{
	return process->group;
}

enum process_state process_state(const struct process *process)
{
	return process->state;
}

pid_t process_pid(const struct process *process)
{
	return process->pid;
}

bool process_exitcode(const struct process *process, int *ret_exitcode)
{
	if (process->has_exitcode)
		*ret_exitcode = process->exitcode;
	return process->has_exitcode;
}

uint64_t process_state_since_usec(const struct process *process)
{
	(void)process;
	return 1700000000000000u;
}

uint64_t process_started_usec(const struct process *process)
{
	return process->pid ? 1700000000000000u : 0;
}

unsigned process_restarts(const struct process *process)
{
	(void)process;
	return 0;
}

bool process_is_done(const struct process *process)
{
	return state_is_ended(process->state);
}

const char *process_spawn_error(const struct process *process)
{
	return process->state == STATE_FATAL ? "can't find command" : NULL;
}

void process_describe(const struct process *process, char *text, size_t size)
{
	snprintf(text, size, "pid %d, \"quoted\"", process->pid);
}

const char *process_logfile(const struct process *process, int stream)
{
	return process->logfiles[stream];
}

void process_flush_logs(struct process *process)
{
	(void)process;
}

int process_signal(struct process *process, int signal)
{
	process->signal = signal;
	return process->pid ? process->answer : -ESRCH;
}

int process_send(struct process *process, const char *data, size_t size)
{
	free(process->sent);
	process->sent = strndup(data, size);
	return process->pid ? process->answer : -ESRCH;
}

/* As there: what was still in the pipe is stored first, and told. */
int process_clear_logs(struct process *process)
{
	if (!process->logfiles[1])
		return -ENOENT;
	fake_process_logged(process);
	return process->answer;
}

/* --- supervisor.h --- */

const char *supervisor_state_name(enum supervisor_state state)
{
	static const char *const names[] = {"starting", "running", "restarting", "stopping"};

	return names[state];
}

enum supervisor_state supervisor_state(const struct supervisor *supervisor)
{
	return supervisor->state;
}

const struct config *supervisor_config(const struct supervisor *supervisor)
{
	return &supervisor->config;
}

struct process *supervisor_at(const struct supervisor *supervisor, size_t index)
{
	return index < supervisor->count ? supervisor->processes[index] : NULL;
}

size_t supervisor_count(const struct supervisor *supervisor)
{
	return supervisor->count;
}

size_t supervisor_count_in(const struct supervisor *supervisor, int state)
{
	size_t count = 0;

	for (size_t i = 0; i < supervisor->count; i++)
		count += (int)supervisor->processes[i]->state == state;
	return count;
}

struct process *supervisor_find(const struct supervisor *supervisor, const char *name)
{
	for (size_t i = 0; i < supervisor->count; i++)
		if (strcmp(supervisor->processes[i]->name, name) == 0)
			return supervisor->processes[i];
	return NULL;
}

int supervisor_select(const struct supervisor *supervisor, const char *selector,
                      struct process ***ret_processes, size_t *ret_count)
{
	struct process **found = calloc(supervisor->count + 1, sizeof(struct process *));
	size_t count = 0;

	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < supervisor->count; i++) {
		struct process *process = supervisor->processes[i];

		if (strcmp(selector, "all") == 0 || strcmp(selector, process->group) == 0 ||
		    strcmp(selector, process->name) == 0 ||
		    fnmatch(selector, process->name, 0) == 0)
			found[count++] = process;
	}
	if (count == 0) {
		free(found);
		return -ENOENT;
	}
	*ret_processes = found;
	*ret_count = count;
	return 0;
}

static void fake_note(struct config_notes *notes)
{
	notes->items = calloc(1, sizeof(*notes->items));
	if (!notes->items)
		abort();
	notes->items[0] = (struct config_note){true, strdup("/etc/fake.conf"), 7,
	                                       strdup("/etc/fake.conf:7: [program:x] bad")};
	notes->count = notes->error_count = 1;
}

int supervisor_reread(struct supervisor *supervisor, struct config_notes *notes,
                      struct config **ret_config, struct diff_entry **ret_entries,
                      size_t *ret_count)
{
	static char name[] = "added-group";
	static const struct group_config group = {.name = name};
	struct diff_entry *entries;

	if (supervisor->config_answer < 0) {
		fake_note(notes);
		return supervisor->config_answer;
	}
	entries = calloc(1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	entries[0] = (struct diff_entry){DIFF_ADDED, NULL, &group};
	*ret_entries = entries;
	*ret_count = 1;
	*ret_config = NULL;
	return 0;
}

int supervisor_look_at_upgrade(struct supervisor *supervisor, upgrade_cb report, void *arg)
{
	if (supervisor->upgrade_arg)
		return -EBUSY;
	supervisor->upgrade = report;
	supervisor->upgrade_arg = arg;
	return 0;
}

void supervisor_forget_upgrade(struct supervisor *supervisor, void *arg)
{
	if (supervisor->upgrade_arg == arg)
		supervisor->upgrade_arg = NULL;
}

int supervisor_upgrade(struct supervisor *supervisor)
{
	supervisor->upgrades++;
	return 0;
}

void fake_upgrade_report(struct supervisor *supervisor, const char *refusal, const char *version)
{
	supervisor->upgrade(supervisor->upgrade_arg, refusal, version);
}

bool fake_upgrade_is_asked(const struct supervisor *supervisor)
{
	return supervisor->upgrade_arg != NULL;
}

unsigned fake_upgrades(const struct supervisor *supervisor)
{
	return supervisor->upgrades;
}

int supervisor_update(struct supervisor *supervisor, const char *const *groups,
                      struct config_notes *notes, update_cb report, void *arg)
{
	(void)groups;
	if (supervisor->config_answer == -EBUSY)
		return -EBUSY;
	if (supervisor->config_answer < 0) {
		fake_note(notes);
		return supervisor->config_answer;
	}
	supervisor->update = report;
	supervisor->update_arg = arg;
	return 0;
}

void supervisor_update_forget(struct supervisor *supervisor, void *arg)
{
	if (supervisor->update_arg == arg)
		supervisor->update = NULL;
}

int supervisor_shutdown(struct supervisor *supervisor)
{
	supervisor->shutdown = true;
	return 0;
}

int supervisor_reload(struct supervisor *supervisor)
{
	return supervisor->state == SUPERVISOR_STOPPING ? -EALREADY : 0;
}

void supervisor_origin(const struct supervisor *supervisor, struct supervisor_origin *ret_origin)
{
	(void)supervisor;
	*ret_origin = (struct supervisor_origin){1, 2, 1, "start", 1700000000000000u};
}

struct bus *supervisor_bus(const struct supervisor *supervisor)
{
	return supervisor->bus;
}

/* --- job.h --- */

const char *outcome_status_name(enum outcome_status status)
{
	static const char *const names[] = {"done", "already", "NotRunning", "SpawnError",
	                                    "AbnormalTermination"};

	return names[status];
}

struct job *job_new(struct supervisor *supervisor, enum job_verb verb, struct process **processes,
                    size_t count, bool wait, uint64_t asked_usec, job_cb report, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	*job = (struct job){
	    .supervisor = supervisor,
	    .next = supervisor->jobs,
	    .verb = verb,
	    .wait = wait,
	    .asked_usec = asked_usec,
	    .count = count,
	    .report = report,
	    .arg = arg,
	};
	job->processes = calloc(count + 1, sizeof(struct process *));
	if (!job->processes)
		abort();
	for (size_t i = 0; i < count; i++)
		job->processes[i] = processes[i];
	supervisor->jobs = job;
	return job;
}

void job_cancel(struct job *job)
{
	struct job **at = &job->supervisor->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	free(job->processes);
	free(job);
}

/* --- ad-hoc.h --- */

void fake_run_answer(struct supervisor *supervisor, enum run_end end, const char *option,
                     const char *message)
{
	supervisor->run.end = end;
	snprintf(supervisor->run.option, sizeof(supervisor->run.option), "%s", option);
	snprintf(supervisor->run.message, sizeof(supervisor->run.message), "%s", message);
}

const char *fake_run_wanted(const struct supervisor *supervisor)
{
	return supervisor->run_wanted;
}

const void *fake_run_owner(const struct supervisor *supervisor)
{
	return supervisor->run_owner;
}

const void *fake_run_gone(const struct supervisor *supervisor)
{
	return supervisor->run_gone;
}

struct ad_hocs *supervisor_ad_hocs(const struct supervisor *supervisor)
{
	return (struct ad_hocs *)supervisor;
}

static void write_texts(FILE *out, const char *what, const char *const *texts)
{
	fprintf(out, "; %s", what);
	for (; texts && *texts; texts++)
		fprintf(out, " %s", *texts);
}

int ad_hocs_run(struct ad_hocs *all, const struct ad_hoc *wanted, const void *owner,
                struct run_result *ret_result)
{
	struct supervisor *supervisor = (struct supervisor *)all;
	FILE *out = fmemopen(supervisor->run_wanted, sizeof(supervisor->run_wanted), "w");

	if (!out)
		abort();
	fprintf(out, "name %s", wanted->name ? wanted->name : "none");
	write_texts(out, "argv", wanted->argv);
	write_texts(out, "options", wanted->options);
	write_texts(out, "environment", wanted->environment);
	fprintf(out, "; uid %d pid %d%s%s", (int)wanted->caller.uid, (int)wanted->caller_pid,
	        wanted->caller_start_ticks ? " ticks" : "", wanted->daemon ? "; daemon" : "");
	fclose(out);
	supervisor->run_owner = owner;
	*ret_result = supervisor->run;
	snprintf(ret_result->name, sizeof(ret_result->name), "%s",
	         wanted->name ? wanted->name : "chosen");
	if (ret_result->end == RUN_DONE)
		ret_result->process = fake_process_add(supervisor, ret_result->name, STATE_RUNNING);
	return 0;
}

void ad_hocs_owner_gone(struct ad_hocs *all, const void *owner)
{
	((struct supervisor *)all)->run_gone = owner;
}

/* One that has an answer of 0 is removed. */
int ad_hocs_remove(struct ad_hocs *all, struct process *process)
{
	int answer = process->answer;

	if (answer == 0)
		fake_process_remove((struct supervisor *)all, process);
	return answer;
}
