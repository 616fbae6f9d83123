/*
 * Command-line options by table: one row an option, which says where in a struct its value goes.
 * The global options are one table and each verb has one of its own, so help, completion and the
 * manual's test read what the parser reads.
 */
#ifndef MUSTER_CLI_OPTION_H
#define MUSTER_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG,    /* bool */
	OPTION_TEXT,    /* const char *, points into argv */
	OPTION_COUNT,   /* long, not negative */
	OPTION_SECONDS, /* double */
	OPTION_TEXTS,   /* struct option_texts: it may be given many times */
	OPTION_KIND_COUNT
};

#define OPTION_TEXTS_MAX 64

struct option_texts {
	const char *items[OPTION_TEXTS_MAX]; /* pointing into argv */
	size_t count;
};

/* Tables end with a row without a name. */
struct option_row {
	const char *name; /* "follow", for --follow */
	char letter;      /* 'f', or 0 */
	enum option_kind kind;
	const char *argument; /* "LINES" for help; NULL for a flag */
	size_t offset;        /* of the value in the target struct */
	const char *help;
};

/* Rows, and the struct that they fill. */
struct option_set {
	const struct option_row *rows; /* NULL: none */
	void *target;
};

#define OPTION_SETS_MAX 2
#define OPTION_ERROR_SIZE 256

struct option_parser {
	char **argv; /* NULL-terminated; only read */
	size_t next; /* first argument not yet looked at */
	struct option_set sets[OPTION_SETS_MAX];
	/* Stop before the first word that is no option; else words and options may mix, and "--"
	 * ends the options. */
	bool stop_at_word;
	char error[OPTION_ERROR_SIZE];
};

/*
 * Reads arguments from `next` on. Words that are no options go to `words`, in order, which has room
 * for all of argv. 0, or -EINVAL with what is wrong in `error`.
 */
int option_parse(struct option_parser *parser, char **words, size_t *ret_count);

/* True where options of this kind are followed by a value. */
bool option_has_argument(const struct option_row *row);

#endif
