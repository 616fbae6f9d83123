/*
 * In the place of a new musterd that is asked for its ledger: does what the file beside it says,
 * NAME.answer, a word and a value in one line: "say TEXT", "exit N", "signal N", "hang".
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *value)
{
	puts(value);
}

static void leave(const char *value)
{
	exit(atoi(value));
}

static void die(const char *value)
{
	raise(atoi(value));
}

static void hang(const char *value)
{
	(void)value;
	while (pause() < 0)
		continue;
}

static const struct {
	const char *word;
	void (*act)(const char *value);
} words[] = {{"say", say}, {"exit", leave}, {"signal", die}, {"hang", hang}};

int main(int argc, char **argv)
{
	char path[4096], word[16] = "", value[256] = "";
	FILE *file;

	if (argc != 2 || strcmp(argv[1], "--ledger-version") != 0)
		return 99;
	snprintf(path, sizeof(path), "%s.answer", argv[0]);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%15s %255[^\n]", word, value) < 1)
		return 98;
	fclose(file);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			words[i].act(value);
	return 0;
}
