/* Programs and processes for tests; see the header. */
#include "tests/unit/fake_program.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/bus.h"
#include "daemon/base/clock.h"
#include "daemon/guardian/ledger.h"
#include "daemon/process/lifecycle.h"

#define STATES_TEXT_MAX 1024

static void state_cb(void *arg, const struct notice *notice)
{
	struct fake_program *fake = arg;

	if (notice->object != fake->process)
		return;
	assert_true(fake->state_count < FAKE_STATES_MAX);
	fake->states[fake->state_count++] = notice->to;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	assert_non_null(made);
	return made;
}

static char *log_path(const struct fake_engine *engine, const char *name, const char *ending)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s.%s", engine->directory, name, ending);
	return copy(path);
}

static void split(struct fake_program *fake, const char *words)
{
	size_t count = 1;
	char *text = copy(words), *rest = text, *word;

	fake->argv[0] = copy(fake->engine->child);
	while ((word = strtok_r(rest, " ", &rest))) {
		assert_true(count + 1 < sizeof(fake->argv) / sizeof(fake->argv[0]));
		fake->argv[count++] = copy(word);
	}
	free(text);
}

struct fake_program *fake_program_new(struct fake_engine *engine, const char *name,
                                      const char *words)
{
	struct fake_program *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake->engine = engine;
	split(fake, words);
	fake->program = (struct program){
	    .name = copy(name),
	    .group = copy(name),
	    .full_name = copy(name),
	    .argv = fake->argv,
	    .umask = -1,
	    .priority = 999,
	    .autorestart = AUTORESTART_FALSE,
	    .startretries = 3,
	    .exitcodes = {1},
	    .stopsignal = SIGTERM,
	    .stopwaitsecs_usec = 3 * USEC_PER_SEC,
	    .stdout_log = {.kind = LOG_PATH, .path = log_path(engine, name, "out")},
	    .stderr_log = {.kind = LOG_PATH, .path = log_path(engine, name, "err")},
	    .fingerprint = 1,
	};
	fake->subscription =
	    bus_subscribe(engine->context.bus, 1u << NOTICE_PROCESS_STATE, state_cb, fake);
	assert_non_null(fake->subscription);
	assert_int_equal(process_new(&engine->context, &fake->program, &fake->process), 0);
	return fake;
}

static bool is_done(void *arg)
{
	return process_is_done(((struct fake_program *)arg)->process);
}

void fake_program_free(struct fake_program *fake)
{
	(void)process_kill(fake->process);
	fake_engine_run_until(fake->engine, is_done, fake);
	process_free(fake->process, true);
	bus_unsubscribe(fake->subscription);
	for (char **word = fake->argv; *word; word++)
		free(*word);
	free(fake->program.name);
	free(fake->program.group);
	free(fake->program.full_name);
	free(fake->program.stdout_log.path);
	free(fake->program.stderr_log.path);
	free(fake);
}

static uint32_t find_record(const struct fake_program *fake)
{
	const struct ledger *ledger = fake->engine->context.ledger;
	uint32_t record = 0;

	while (record < ledger_high(ledger) &&
	       !(ledger_is_used(ledger, record) &&
	         strcmp(ledger_name(ledger, record), fake->program.full_name) == 0))
		record++;
	assert_true(record < ledger_high(ledger));
	return record;
}

void fake_program_adopt(struct fake_program *fake)
{
	process_free(fake->process, false);
	assert_int_equal(process_adopt(&fake->engine->context, &fake->program, find_record(fake),
	                               &fake->process),
	                 0);
}

struct awaited {
	struct fake_program *fake;
	enum process_state state;
	const char *text;
};

static bool is_in_state(void *arg)
{
	const struct awaited *awaited = arg;

	return process_state(awaited->fake->process) == awaited->state;
}

void fake_program_await(struct fake_program *fake, enum process_state state)
{
	struct awaited awaited = {.fake = fake, .state = state};

	fake_engine_run_until(fake->engine, is_in_state, &awaited);
}

static bool has_written(void *arg)
{
	const struct awaited *awaited = arg;
	char *text = fake_engine_read(awaited->fake->program.stdout_log.path);
	bool found = strstr(text, awaited->text) != NULL;

	free(text);
	return found;
}

void fake_program_await_output(struct fake_program *fake, const char *text)
{
	struct awaited awaited = {.fake = fake, .text = text};

	fake_engine_run_until(fake->engine, has_written, &awaited);
}

int fake_program_number(const struct fake_program *fake, const char *word)
{
	char *text = fake_engine_read(fake->program.stdout_log.path);
	const char *at = strstr(text, word);
	int number;

	assert_non_null(at);
	number = atoi(at + strlen(word));
	free(text);
	return number;
}

static void list_states(const struct fake_program *fake, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < fake->state_count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
		                         state_name((enum process_state)fake->states[i]));
}

static bool has_entered(void *arg)
{
	const struct awaited *awaited = arg;
	char found[STATES_TEXT_MAX];

	list_states(awaited->fake, found, sizeof(found));
	return strcmp(found, awaited->text) == 0;
}

void fake_program_await_states(struct fake_program *fake, const char *states)
{
	struct awaited awaited = {.fake = fake, .text = states};

	fake_engine_run_until(fake->engine, has_entered, &awaited);
	fake->state_count = 0;
}

void fake_program_expect(struct fake_program *fake, const char *states)
{
	char found[STATES_TEXT_MAX];

	list_states(fake, found, sizeof(found));
	fake->state_count = 0;
	assert_string_equal(found, states);
}
