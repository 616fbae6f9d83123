/* Ad-hoc processes in a list: there are few, and they come and go at a person's pace. */
#include "daemon/process/ad-hoc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/bus.h"
#include "daemon/base/loop.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/ad-hoc-store.h"
#include "daemon/process/autolog.h"
#include "daemon/process/context.h"
#include "daemon/process/daemons.h"
#include "daemon/process/lifecycle.h"
#include "daemon/process/proc.h"
#include "daemon/process/table.h"

struct ad_hoc_entry {
	struct ad_hocs *all;
	struct process *process;
	struct config *config;
	/* Of a daemon: whose end is its own. */
	const void *owner;
	int caller; /* pidfd; -1: not watched */
	struct event caller_event;
	bool orphaned; /* by a caller that died while no engine looked */
	struct ad_hoc_entry *next;
};

struct ad_hocs {
	struct context *context;
	struct process_table *table;
	struct ad_hoc_entry *first;
	size_t count;
	struct bus_subscription *subscription;
	struct loop_work work;
};

static void ad_hocs_say(const struct ad_hocs *all, enum notice_type type, const char *name)
{
	struct notice notice = {.type = type, .subject = name};

	bus_publish(all->context->bus, &notice);
}

static void entry_unwatch(struct ad_hoc_entry *entry)
{
	if (entry->caller < 0)
		return;
	event_del(&entry->caller_event);
	close(entry->caller);
	entry->caller = -1;
}

static void entry_free(struct ad_hoc_entry *entry)
{
	entry_unwatch(entry);
	config_free(entry->config);
	free(entry);
}

static void forget_process(void *arg, struct process *process)
{
	(void)arg;
	process_free(process, true);
}

/* The path of a log that the daemon named, or NULL. */
static char *auto_log_of(const struct process *process, const struct log_config *log, int stream)
{
	const char *path = process_logfile(process, stream);

	return path && (log->kind == LOG_AUTO || log->kind == LOG_SYSLOG) ? strdup(path) : NULL;
}

/* *at is the pointer to it in the list. False where there is no memory for it: then it stays. */
static bool entry_remove(struct ad_hoc_entry **at)
{
	struct ad_hoc_entry *entry = *at;
	struct ad_hocs *all = entry->all;
	const struct program *program = process_program(entry->process);
	char *stdout_log = auto_log_of(entry->process, &program->stdout_log, 1);
	char *stderr_log = auto_log_of(entry->process, &program->stderr_log, 2);
	bool removed;

	process_table_remove_group(all->table, program->group, forget_process, NULL);
	removed = !process_table_find(all->table, program->full_name);
	if (removed) {
		*at = entry->next;
		all->count--;
		autolog_remove(stdout_log, program->stdout_log.backups);
		autolog_remove(stderr_log, program->stderr_log.backups);
		ad_hocs_say(all, NOTICE_GROUP_REMOVED, program->group);
		entry_free(entry);
	}
	free(stdout_log);
	free(stderr_log);
	return removed;
}

static struct ad_hoc_entry **find_entry(struct ad_hocs *all, const struct process *process)
{
	struct ad_hoc_entry **at = &all->first;

	while (*at && (*at)->process != process)
		at = &(*at)->next;
	return at;
}

/* ---- Those that have ended ---- */

/* The one that ended first, and how many there are. */
static struct ad_hoc_entry **find_oldest(struct ad_hocs *all, size_t *ret_count)
{
	struct ad_hoc_entry **oldest = NULL;

	*ret_count = 0;
	for (struct ad_hoc_entry **at = &all->first; *at; at = &(*at)->next) {
		if (!process_is_done((*at)->process))
			continue;
		++*ret_count;
		if (!oldest || process_state_since_usec((*at)->process) <
		                   process_state_since_usec((*oldest)->process))
			oldest = at;
	}
	return oldest;
}

static void ad_hocs_work_run(void *arg)
{
	struct ad_hocs *all = arg;
	struct ad_hoc_entry **oldest;
	size_t ended;

	for (struct ad_hoc_entry *entry = all->first; entry; entry = entry->next) {
		if (entry->orphaned)
			(void)process_stop(entry->process);
		entry->orphaned = false;
	}
	while ((oldest = find_oldest(all, &ended)) && ended > AD_HOCS_ENDED_MAX)
		if (!entry_remove(oldest))
			break;
}

static void ad_hocs_notice_cb(void *arg, const struct notice *notice)
{
	struct ad_hocs *all = arg;

	if (process_program(notice->object)->is_ad_hoc && process_is_done(notice->object))
		loop_defer(all->context->loop, &all->work);
}

/* ---- Daemons ---- */

static void caller_ended_cb(evutil_socket_t fd, short what, void *arg)
{
	struct ad_hoc_entry *entry = arg;

	(void)fd;
	(void)what;
	entry_unwatch(entry);
	log_info("the process that ran %s has ended", process_name(entry->process));
	(void)process_stop(entry->process);
}

static bool is_alive(pid_t pid, uint64_t start_ticks)
{
	struct proc_stat stat;

	return pid > 0 && proc_read_stat(pid, &stat) == 0 && stat.start_ticks == start_ticks;
}

/* The handle first and the proof then: so the handle is that of the process that is proved. */
static void entry_watch(struct ad_hoc_entry *entry, const struct ad_hoc *wanted)
{
	int fd = -1;

	if (!wanted->daemon)
		return;
	if (wanted->caller_pid > 0)
		fd = (int)syscall(SYS_pidfd_open, wanted->caller_pid, 0);
	if (!is_alive(wanted->caller_pid, wanted->caller_start_ticks)) {
		if (fd >= 0)
			close(fd);
		/* While its connection is there, that is what counts. */
		entry->orphaned = !entry->owner;
		if (entry->orphaned)
			loop_defer(entry->all->context->loop, &entry->all->work);
		return;
	}
	if (fd >= 0 && loop_watch(entry->all->context->loop, &entry->caller_event, fd, EV_READ,
	                          caller_ended_cb, entry) == 0) {
		entry->caller = fd;
		return;
	}
	log_error("%s will not be ended with the process that ran it: %s",
	          process_name(entry->process), strerror(errno));
	if (fd >= 0)
		close(fd);
}

void ad_hocs_owner_gone(struct ad_hocs *all, const void *owner)
{
	for (struct ad_hoc_entry *entry = all->first; entry; entry = entry->next) {
		if (entry->owner != owner)
			continue;
		entry->owner = NULL;
		(void)process_stop(entry->process);
	}
}

/* ---- Making one ---- */

/* Into list and table; what it holds is the caller's where this fails. -ENOMEM. */
static int ad_hocs_enter(struct ad_hocs *all, struct config *config, struct process *process,
                         const void *owner)
{
	struct ad_hoc_entry *entry = calloc(1, sizeof(*entry));
	int r = entry ? process_table_add(all->table, process) : -ENOMEM;

	if (r < 0) {
		free(entry);
		return r;
	}
	process_set_rank(process, config->groups[0]->priority);
	*entry = (struct ad_hoc_entry){
	    .all = all,
	    .process = process,
	    .config = config,
	    .owner = owner,
	    .caller = -1,
	    .next = all->first,
	};
	all->first = entry;
	all->count++;
	return 0;
}

/* A process with its record and what the next engine has to know of it. -errno. */
static int ad_hocs_make(struct ad_hocs *all, const struct ad_hoc *wanted, struct config *config,
                        const void *owner)
{
	struct process *process;
	int r = process_new(all->context, config->groups[0]->programs[0], &process);

	if (r < 0)
		return r;
	r = ad_hoc_keep(all->context, process_record(process), wanted);
	if (r == 0)
		r = ad_hocs_enter(all, config, process, owner);
	if (r < 0)
		process_free(process, true);
	return r;
}

static void refuse(struct run_result *result, enum run_end end, const char *option,
                   const char *message)
{
	result->end = end;
	snprintf(result->option, sizeof(result->option), "%s", option ? option : "");
	snprintf(result->message, sizeof(result->message), "%s", message);
}

static void ad_hocs_start(struct ad_hocs *all, const struct ad_hoc *wanted,
                          struct run_result *result)
{
	struct ad_hoc_entry *entry = all->first;

	process_table_sort(all->table);
	ad_hocs_say(all, NOTICE_GROUP_ADDED, process_group(entry->process));
	(void)process_start_now(entry->process);
	if (process_spawn_failed(entry->process)) {
		const char *why = process_spawn_error(entry->process);
		refuse(result, RUN_SPAWN_ERROR, NULL, why ? why : "");
		(void)process_stop(entry->process);
		(void)entry_remove(find_entry(all, entry->process));
		return;
	}
	entry_watch(entry, wanted);
	result->end = RUN_DONE;
	result->process = entry->process;
}

static bool name_is_taken(const struct ad_hocs *all, const char *name)
{
	struct process *process;

	/* Nobody could select it. */
	if (strcmp(name, "all") == 0 || config_find_group(all->context->config, name))
		return true;
	for (size_t i = 0; (process = process_table_at(all->table, i)); i++)
		if (strcmp(process_group(process), name) == 0)
			return true;
	return false;
}

static void choose_name(const struct ad_hocs *all, const char *const *argv, char *name, size_t size)
{
	char base[AD_HOC_NAME_SIZE];

	ad_hoc_make_name(argv[0] ? argv[0] : "", base);
	snprintf(name, size, "%s", base);
	for (unsigned n = 2; name_is_taken(all, name); n++)
		snprintf(name, size, "%s-%u", base, n);
}

/* What is wrong before anything is made; true where nothing is. */
static bool may_run(const struct ad_hocs *all, const struct ad_hoc *wanted,
                    struct run_result *result)
{
	if (wanted->name && name_is_taken(all, wanted->name)) {
		refuse(result, RUN_NAME_IN_USE, NULL, "");
		return false;
	}
	if (all->count >= AD_HOCS_MAX) {
		refuse(result, RUN_SPAWN_ERROR, NULL,
		       "there are as many ad-hoc processes as there may be: end or remove some");
		return false;
	}
	return true;
}

/* What it is to end with is there, unless that is its caller. */
static struct ad_hoc_fault check_master(const struct ad_hocs *all, const struct program *program,
                                        const struct ad_hoc *wanted)
{
	if (!program->daemon_of || wanted->daemon ||
	    daemons_has_master(all->table, program->daemon_of))
		return (struct ad_hoc_fault){0};
	return (struct ad_hoc_fault){"daemon_of", "there is no process or group of that name"};
}

int ad_hocs_run(struct ad_hocs *all, const struct ad_hoc *wanted, const void *owner,
                struct run_result *ret_result)
{
	struct ad_hoc named = *wanted;
	struct ad_hoc_fault fault;
	struct config *config;
	int r;

	*ret_result = (struct run_result){0};
	if (wanted->name)
		snprintf(ret_result->name, sizeof(ret_result->name), "%s", wanted->name);
	else
		choose_name(all, wanted->argv, ret_result->name, sizeof(ret_result->name));
	if (!may_run(all, wanted, ret_result))
		return 0;
	if (!wanted->name)
		named.name = ret_result->name;
	r = config_load_ad_hoc(&named, all->context->config->daemon.environment, &fault, &config);
	if (r < 0)
		return r;
	if (!fault.why)
		fault = check_master(all, config->groups[0]->programs[0], wanted);
	if (fault.why)
		refuse(ret_result, RUN_BAD_OPTION, fault.option, fault.why);
	else
		r = ad_hocs_make(all, &named, config, owner);
	if (r < 0)
		refuse(ret_result, RUN_SPAWN_ERROR, NULL, strerror(-r));
	if (r < 0 || fault.why)
		config_free(config);
	else
		ad_hocs_start(all, &named, ret_result);
	return 0;
}

int ad_hocs_remove(struct ad_hocs *all, struct process *process)
{
	struct ad_hoc_entry **at = find_entry(all, process);

	if (!*at)
		return -EINVAL;
	if (!process_is_done(process))
		return -EBUSY;
	return entry_remove(at) ? 0 : -ENOMEM;
}

/* ---- After an engine that died ---- */

static int ad_hocs_adopt(struct ad_hocs *all, uint32_t record, const struct ad_hoc *wanted)
{
	struct ad_hoc_fault fault;
	struct process *process;
	struct config *config;
	int r =
	    config_load_ad_hoc(wanted, all->context->config->daemon.environment, &fault, &config);

	if (r < 0)
		return r;
	if (fault.why)
		log_error("%s cannot be started again: %s: %s", wanted->name, fault.option,
		          fault.why);
	r = process_adopt(all->context, config->groups[0]->programs[0], record, &process);
	if (r == 0) {
		r = ad_hocs_enter(all, config, process, NULL);
		if (r < 0)
			process_free(process, false);
	}
	if (r < 0)
		config_free(config);
	else
		entry_watch(all->first, wanted);
	return r;
}

void ad_hocs_recover(struct ad_hocs *all)
{
	const struct ledger *ledger = all->context->ledger;

	for (uint32_t record = 0; record < ledger_high(ledger); record++) {
		struct ad_hoc_copy *copy;
		int r;
		if (!ledger_is_used(ledger, record))
			continue;
		r = ad_hoc_recall(all->context, record, &copy);
		if (r == 0) {
			r = ad_hocs_adopt(all, record, ad_hoc_copy_wanted(copy));
			ad_hoc_copy_free(copy);
		}
		if (r < 0 && r != -ENOENT)
			log_error("%s cannot be supervised any more: %s",
			          ledger_name(ledger, record), strerror(-r));
	}
}

struct ad_hocs *ad_hocs_new(struct context *context, struct process_table *table)
{
	struct ad_hocs *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	all->context = context;
	all->table = table;
	all->work.run = ad_hocs_work_run;
	all->work.arg = all;
	all->subscription =
	    bus_subscribe(context->bus, 1u << NOTICE_PROCESS_STATE, ad_hocs_notice_cb, all);
	if (!all->subscription) {
		free(all);
		return NULL;
	}
	return all;
}

void ad_hocs_free(struct ad_hocs *all)
{
	if (!all)
		return;
	bus_unsubscribe(all->subscription);
	loop_cancel(all->context->loop, &all->work);
	while (all->first) {
		struct ad_hoc_entry *entry = all->first;

		all->first = entry->next;
		entry_free(entry);
	}
	free(all);
}
