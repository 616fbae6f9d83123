/* Types of values with parts: lists, users, logs, addresses. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/parse.h"
#include "daemon/config/arena.h"
#include "daemon/config/config.h"
#include "daemon/config/environment.h"
#include "daemon/config/fingerprint.h"
#include "daemon/config/note.h"
#include "daemon/config/pathname.h"
#include "daemon/config/table.h"
#include "daemon/config/user.h"
#include "daemon/config/value.h"

static void add_texts(uint64_t *fingerprint, const void *field)
{
	fingerprint_add_texts(fingerprint, *(char **const *)field);
}

/* The next part of a list with commas, stripped, in scratch; NULL at the end or out of memory. */
static char *take_part(struct arena *arena, const char **text)
{
	const char *start = *text;
	size_t size;

	if (!start)
		return NULL;
	size = strcspn(start, ",");
	*text = start[size] ? start + size + 1 : NULL;
	while (size > 0 && isspace((unsigned char)*start)) {
		start++;
		size--;
	}
	while (size > 0 && isspace((unsigned char)start[size - 1]))
		size--;
	return arena_strndup(arena, start, size);
}

static size_t count_parts(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

static int set_list(struct value *value, void *field)
{
	size_t count = count_parts(value->text);
	char **items = arena_array(value->arena, count + 1, sizeof(*items));
	const char *rest = value->text;

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; *value->text && i < count; i++) {
		items[i] = take_part(value->arena, &rest);
		if (!items[i])
			return -ENOMEM;
	}
	*(char ***)field = items;
	return 0;
}

const struct value_type value_list = {.name = "list", .set = set_list, .add = add_texts};

/* supervisord's; sorted. */
static const char *const events[] = {
    "EVENT",
    "PROCESS_COMMUNICATION",
    "PROCESS_COMMUNICATION_STDERR",
    "PROCESS_COMMUNICATION_STDOUT",
    "PROCESS_GROUP",
    "PROCESS_GROUP_ADDED",
    "PROCESS_GROUP_REMOVED",
    "PROCESS_LOG",
    "PROCESS_LOG_STDERR",
    "PROCESS_LOG_STDOUT",
    "PROCESS_STATE",
    "PROCESS_STATE_BACKOFF",
    "PROCESS_STATE_EXITED",
    "PROCESS_STATE_FATAL",
    "PROCESS_STATE_RUNNING",
    "PROCESS_STATE_STARTING",
    "PROCESS_STATE_STOPPED",
    "PROCESS_STATE_STOPPING",
    "PROCESS_STATE_UNKNOWN",
    "REMOTE_COMMUNICATION",
    "SUPERVISOR_STATE_CHANGE",
    "SUPERVISOR_STATE_CHANGE_RUNNING",
    "SUPERVISOR_STATE_CHANGE_STOPPING",
    "TICK",
    "TICK_3600",
    "TICK_5",
    "TICK_60",
};

#define EVENT_COUNT (sizeof(events) / sizeof(events[0]))

static bool is_event(const char *name)
{
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		if (strcmp(events[i], name) == 0)
			return true;
	}
	return false;
}

static const char *nearest_event(const char *name)
{
	const char *nearest = "PROCESS_STATE";
	unsigned best = 4;

	for (size_t i = 0; i < EVENT_COUNT; i++) {
		unsigned distance = parse_distance(name, events[i], best);

		if (distance < best) {
			best = distance;
			nearest = events[i];
		}
	}
	return nearest;
}

static int set_events(struct value *value, void *field)
{
	char **names = NULL;
	int result = set_list(value, &names);

	if (result < 0)
		return result;
	for (size_t i = 0; names[i]; i++) {
		const char *quoted;

		for (char *p = names[i]; *p; p++)
			*p = (char)toupper((unsigned char)*p);
		if (is_event(names[i]))
			continue;
		quoted = note_quote(value->scratch, names[i]);
		if (!quoted)
			return -ENOMEM;
		return value_fail(value, "there is no event %s; did you mean %s?", quoted,
		                  nearest_event(names[i]));
	}
	*(char ***)field = names;
	return 0;
}

const struct value_type value_events = {
    .name = "list of events", .set = set_events, .add = add_texts};

static int set_exitcodes(struct value *value, void *field)
{
	const char *rest = *value->text ? value->text : NULL;
	uint64_t codes[4] = {0};

	while (rest) {
		char *part = take_part(value->scratch, &rest);
		const char *quoted;
		long code;

		if (!part)
			return -ENOMEM;
		if (parse_int(part, 0, 255, &code) < 0) {
			quoted = note_quote(value->scratch, value->text);
			return quoted
			           ? value_fail(value, "%s is not a list of exit codes (0 to 255)",
			                        quoted)
			           : -ENOMEM;
		}
		codes[code / 64] |= (uint64_t)1 << (code % 64);
	}
	memcpy(field, codes, sizeof(codes));
	return 0;
}

static void add_exitcodes(uint64_t *fingerprint, const void *field)
{
	fingerprint_add(fingerprint, field, 4 * sizeof(uint64_t));
}

const struct value_type value_exitcodes = {
    .name = "list of numbers", .set = set_exitcodes, .add = add_exitcodes};

static int set_environment(struct value *value, void *field)
{
	const char *why = "";
	int result = environment_parse(value->arena, value->text, field, &why);

	return result == -EINVAL ? value_fail(value, "%s", why) : result;
}

const struct value_type value_environment = {
    .name = "KEY=\"value\" pairs", .set = set_environment, .add = add_texts};

static int refuse_user(struct value *value, int error)
{
	const char *quoted = note_quote(value->scratch, value->text);

	if (!quoted || error == -ENOMEM)
		return -ENOMEM;
	if (error == -ENOENT)
		return value_fail(value, "no such user: %s", quoted);
	return value_fail(value, "cannot look up user %s: %s", quoted, strerror(-error));
}

static int set_user(struct value *value, void *field)
{
	struct user_config user;
	int result = user_resolve(value->users, value->text, &user);

	if (result < 0)
		return refuse_user(value, result);
	/* Only root can become somebody else; to run on as who we are would be a surprise. */
	if (value->uid != 0 && user.uid != value->uid)
		return value_fail(value,
		                  "musterd runs as user %lu and cannot start anything as %s: start "
		                  "musterd as root",
		                  (unsigned long)value->uid, value->text);
	*(struct user_config *)field = user;
	return 0;
}

static int set_owner(struct value *value, void *field)
{
	int result = user_resolve_owner(value->users, value->text, field);

	if (result == -ENOENT) {
		const char *quoted = note_quote(value->scratch, value->text);

		return quoted ? value_fail(value, "no such user or group: %s", quoted) : -ENOMEM;
	}
	return result < 0 ? refuse_user(value, result) : 0;
}

static void add_user(uint64_t *fingerprint, const void *field)
{
	const struct user_config *user = field;

	fingerprint_add_text(fingerprint, user->name);
	fingerprint_add(fingerprint, &user->uid, sizeof(user->uid));
	fingerprint_add(fingerprint, &user->gid, sizeof(user->gid));
	/* Not the groups: who is a member of what changes outside of the configuration. */
}

const struct value_type value_user = {.name = "user", .set = set_user, .add = add_user};
const struct value_type value_owner = {.name = "user:group", .set = set_owner, .add = add_user};

static const struct {
	const char *word;
	enum log_kind kind;
} log_words[] = {
    {"none", LOG_NONE},
    {"off", LOG_NONE},
    {"auto", LOG_AUTO},
    {"syslog", LOG_SYSLOG},
};

static int set_logfile(struct value *value, void *field)
{
	struct log_config *log = field;
	const char *directory;
	char *path;

	for (size_t i = 0; i < sizeof(log_words) / sizeof(log_words[0]); i++) {
		if (strcasecmp(value->text, log_words[i].word) == 0) {
			log->kind = log_words[i].kind;
			log->path = NULL;
			if (log->kind == LOG_SYSLOG)
				value->warning = "the word syslog is obsolete here; use "
						 "stdout_syslog or stderr_syslog";
			return 0;
		}
	}
	if (!*value->text)
		return value_fail(value, "it is empty; write NONE for no log");
	path = pathname_expand_home(value->arena, value->text);
	directory = path ? pathname_directory(value->scratch, path) : NULL;
	if (!directory)
		return -ENOMEM;
	if (*directory && !pathname_is_directory(directory))
		return value_fail(value, "the directory %s does not exist; create it first",
		                  directory);
	log->kind = LOG_PATH;
	log->path = path;
	return 0;
}

static void add_logfile(uint64_t *fingerprint, const void *field)
{
	const struct log_config *log = field;

	fingerprint_add(fingerprint, &log->kind, sizeof(log->kind));
	fingerprint_add_text(fingerprint, log->path);
}

const struct value_type value_logfile = {
    .name = "path, AUTO or NONE", .set = set_logfile, .add = add_logfile};

/* "9001", "*:9001", "host:9001". */
static int set_port(struct value *value, void *field)
{
	const char *colon = strrchr(value->text, ':');
	struct http_config *http = field;
	char *host = NULL;
	long port;

	if (parse_int(colon ? colon + 1 : value->text, 1, 65535, &port) < 0) {
		const char *quoted = note_quote(value->scratch, value->text);

		return quoted ? value_fail(value, "%s is not host:port with a port of 1 to 65535",
		                           quoted)
		              : -ENOMEM;
	}
	if (colon && colon > value->text && strncmp(value->text, "*:", 2) != 0) {
		host = arena_strndup(value->arena, value->text, (size_t)(colon - value->text));
		if (!host)
			return -ENOMEM;
		for (char *p = host; *p; p++)
			*p = (char)tolower((unsigned char)*p);
	}
	http->host = host;
	http->port = (unsigned)port;
	return 0;
}

const struct value_type value_port = {.name = "host:port", .set = set_port};
