/*
 * Reads a log file from its end: the last lines, and then what is added, also where the file is
 * rotated, emptied or made anew on the way. Only regular files; every read is bounded.
 */
#ifndef MUSTER_PROCESS_TAIL_H
#define MUSTER_PROCESS_TAIL_H

#include <stdbool.h>
#include <stddef.h>

/* A longer line comes in pieces. */
#define TAIL_LINE_MAX (64u * 1024u)
/* How far back the last lines are looked for. */
#define TAIL_BACK_MAX (1024u * 1024u)

struct tail;

/*
 * A file that is not there yet is as good as an empty one; the path is copied. NULL when out of
 * memory.
 */
struct tail *tail_new(const char *path);
void tail_free(struct tail *tail);

const char *tail_path(const struct tail *tail);

/* 0 for a regular file or none at all, -ENOTSUP for what is something else. */
int tail_check(const char *path);

/*
 * Goes to where the last `lines` lines begin (0: the end), but not further back than TAIL_BACK_MAX;
 * a last line that has no newline yet counts. 0 also where there is no file yet; -ENOTSUP, -errno.
 */
int tail_seek(struct tail *tail, unsigned lines);

/*
 * The next line with its newline, or a piece of one: 1, and *ret_line is valid until the next call.
 * 0 where there is none now; a last line without a newline is kept back, unless `unfinished` asks
 * for it. -errno where the file cannot be opened or read now; the next call tries again.
 */
int tail_next(struct tail *tail, bool unfinished, const char **ret_line, size_t *ret_size);

#endif
