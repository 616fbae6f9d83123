/* A private directory with configuration files, and what a load of them gave. */
#ifndef MUSTER_TESTS_UNIT_FAKE_FILES_H
#define MUSTER_TESTS_UNIT_FAKE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/config.h"
#include "daemon/config/source.h"

struct files {
	char directory[64];
	char path[256]; /* of the file that was loaded last */
	struct source *source;
	struct config *config;
	struct config_notes notes;
	int result;
};

int files_setup(void **state);
int files_teardown(void **state);

/* The path of a file in the directory; valid until the next call. */
const char *files_path(const struct files *files, const char *name);

/* A file of this text; "sub/x.conf" makes the folder. */
void files_write(const struct files *files, const char *name, const char *text);
void files_write_bytes(const struct files *files, const char *name, const void *data, size_t size);

/* Loads a file in place of what was loaded before; or main.conf, written with this text. */
void files_load(struct files *files, const char *name);
void files_load_text(struct files *files, const char *text);

/*
 * The notes are these and no others, in this order, ended by NULL. Each is "file:line: ..." below
 * the directory for an error, and "warning: file:line: ..." for a warning; # stands for the
 * directory.
 */
void files_expect_notes(const struct files *files, ...);

/* The process of that full name; it must be there. */
const struct program *files_program(const struct files *files, const char *full_name);

/* One program of these lines, loaded without notes. */
const struct program *files_one_program(struct files *files, const char *lines);

/* One program of these lines of which exactly this is wrong, with the key: "priority: ...". */
void files_expect_fault(struct files *files, const char *lines, const char *fault);

#endif
