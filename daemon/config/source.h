/*
 * Where the text of the configuration comes from: the disk, or a copy of what was read from it
 * before. The engine keeps such a copy beside the ledger, so that an engine that starts again has
 * the configuration that is in force, and not a half-edited file.
 */
#ifndef MUSTER_CONFIG_SOURCE_H
#define MUSTER_CONFIG_SOURCE_H

#include <stddef.h>

/* The longest file that is read, and how many files one configuration may have. */
#define SOURCE_FILE_MAX (16u * 1024u * 1024u)
#define SOURCE_FILES_MAX 4096u

struct source;

/* A source that reads the disk and remembers. NULL when out of memory. */
struct source *source_new(void);
void source_free(struct source *source);

/*
 * The text of a file, NUL-ended, owned by the source. -errno of open or read; -EFBIG over the
 * limit, -EISDIR for a directory, -ENOTSUP for what is no regular file, -EMFILE for too many files.
 */
int source_read(struct source *source, const char *path, const char **ret_text, size_t *ret_size);

/* The files that a glob pattern names, sorted, NULL-ended, owned by the source. -errno. */
int source_glob(struct source *source, const char *pattern, const char *const **ret_paths);

/* Writes all that was read to a descriptor (a memfd), or makes a source of it again. -errno. */
int source_save(const struct source *source, int fd);
int source_restore(int fd, struct source **ret_source);

#endif
