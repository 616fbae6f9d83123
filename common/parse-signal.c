/* Signals by name and number. The C library has the names; what it leaves out stands here. */
#include "common/parse.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

/* The longest name with its offset: "SIGRTMIN+30", with room to spare. */
#define SIGNAL_TEXT_MAX 32

/* Second names of signals, which the library does not list. */
static const struct {
	const char *name;
	int signal;
} aliases[] = {{"IOT", SIGABRT}, {"CLD", SIGCHLD}, {"IO", SIGIO}};

const char *signal_name(int signal)
{
	return signal > 0 ? sigabbrev_np(signal) : NULL;
}

/* The numbers between the standard and the real-time ones are the C library's own. */
static bool signal_is_usable(long number)
{
	return number >= SIGRTMIN ? number <= SIGRTMAX : signal_name((int)number) != NULL;
}

static int parse_signal_number(const char *text, int *ret_signal)
{
	long number;
	int ret = parse_int(text, 1, SIGRTMAX, &number);

	if (ret < 0)
		return ret;
	if (!signal_is_usable(number))
		return -ERANGE;
	*ret_signal = (int)number;
	return 0;
}

/* What follows "RTMIN": nothing, or "+n". */
static int parse_signal_realtime(const char *text, int *ret_signal)
{
	long offset = 0;

	if (*text != '\0') {
		int ret;

		if (text[0] != '+' || !isdigit((unsigned char)text[1]))
			return -EINVAL;
		ret = parse_int(text + 1, 0, SIGRTMAX - SIGRTMIN, &offset);
		if (ret < 0)
			return ret;
	}
	*ret_signal = SIGRTMIN + (int)offset;
	return 0;
}

static int parse_signal_name(const char *name, int *ret_signal)
{
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	if (strncasecmp(name, "RTMIN", 5) == 0)
		return parse_signal_realtime(name + 5, ret_signal);
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcasecmp(name, aliases[i].name) == 0) {
			*ret_signal = aliases[i].signal;
			return 0;
		}
	}
	for (int number = 1; number < SIGRTMIN; number++) {
		const char *known = signal_name(number);

		if (known && strcasecmp(name, known) == 0) {
			*ret_signal = number;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_signal(const char *text, int *ret_signal)
{
	const char *const space = " \t\n\v\f\r";
	const char *word = text + strspn(text, space);
	size_t size = strcspn(word, space);
	char name[SIGNAL_TEXT_MAX];

	if (isdigit((unsigned char)*word) || *word == '-' || *word == '+')
		return parse_signal_number(word, ret_signal);
	if (size >= sizeof(name) || word[size + strspn(word + size, space)] != '\0')
		return -EINVAL;
	memcpy(name, word, size);
	name[size] = '\0';
	return parse_signal_name(name, ret_signal);
}
