/* Text to values: every parser on every text; what comes out must be within what is promised. */
#include "tests/fuzz/fuzz.h"

#include "common/log.h"
#include "common/parse.h"
#include "common/state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void try_numbers(const char *text)
{
	enum process_state state;
	enum log_level level;
	uint64_t number;
	unsigned mode;
	int sig;
	bool truth;
	long value;

	if (parse_int(text, -100, 100, &value) == 0)
		FUZZ_REQUIRE(value >= -100 && value <= 100);
	if (parse_seconds(text, &number) == 0)
		FUZZ_REQUIRE(number <= PARSE_USEC_MAX);
	if (parse_octal(text, &mode) == 0)
		FUZZ_REQUIRE(mode <= 07777);
	if (parse_signal(text, &sig) == 0)
		FUZZ_REQUIRE(sig > 0 && sig <= SIGRTMAX);
	if (parse_bool(text, &truth) == 0)
		FUZZ_REQUIRE(strpbrk(text, "10tTfFoOyYnN") != NULL);
	if (state_parse(text, &state) == 0)
		FUZZ_REQUIRE(state < STATE_COUNT);
	if (log_level_parse(text, &level) == 0)
		FUZZ_REQUIRE(level < LEVEL_COUNT);
	(void)parse_size(text, &number);
}

/* The words, each between single quotes, as a shell would have to be given them; NULL: no memory.
 */
static char *quote_words(char *const *words, size_t count, size_t total)
{
	char *text = malloc(total * 4 + count * 3 + 1), *p = text;

	for (size_t i = 0; text && i < count; i++) {
		*p++ = '\'';
		for (const char *c = words[i]; *c; c++) {
			if (*c == '\'')
				p = mempcpy(p, "'\\''", 4);
			else
				*p++ = *c;
		}
		p = mempcpy(p, "' ", 2);
	}
	if (text)
		*p = '\0';
	return text;
}

/* Words that were quoted are the same words when split again. */
static void try_quoted(char *const *words, size_t count, size_t total)
{
	char *text = quote_words(words, count, total), **again = NULL;
	size_t again_count = 0;
	const char *why;

	if (!text)
		return;
	FUZZ_REQUIRE(parse_words(text, &again, &again_count, &why) == 0 && again_count == count);
	for (size_t i = 0; i < count; i++)
		FUZZ_REQUIRE(strcmp(words[i], again[i]) == 0);
	free(again);
	free(text);
}

static void try_words(const char *text)
{
	const char *why = NULL;
	char **words = NULL;
	size_t count, total = 0;

	if (parse_words(text, &words, &count, &why) < 0) {
		FUZZ_REQUIRE(why != NULL && words == NULL);
		return;
	}
	for (size_t i = 0; i < count; i++)
		total += strlen(words[i]);
	FUZZ_REQUIRE(words[count] == NULL && total <= strlen(text));
	try_quoted(words, count, total);
	for (size_t i = 0; i + 1 < count; i++) {
		unsigned far = parse_distance(words[i], words[i + 1], 5);

		FUZZ_REQUIRE(far <= 6 && far == parse_distance(words[i + 1], words[i], 5));
		FUZZ_REQUIRE((far == 0) == (strcmp(words[i], words[i + 1]) == 0));
	}
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	try_numbers(text);
	try_words(text);
	free(text);
	return 0;
}
