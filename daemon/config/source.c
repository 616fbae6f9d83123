/*
 * Every answer is kept, those that were errors too: a restored source gives the same answers in the
 * same order of questions, whatever has become of the disk. What is saved is read back only by the
 * next engine, yet every length is checked: half a file must not become a crash.
 */
#include "daemon/config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_MAGIC 0x6d737263u /* "msrc" */
#define SOURCE_VERSION 1u
#define SOURCE_FIRST_SIZE 4096u
/* A saved source: as many files as may be, and what describes them. */
#define SOURCE_SAVED_MAX ((uint64_t)1 << 32)

enum source_kind { SOURCE_FILE, SOURCE_GLOB, SOURCE_KIND_COUNT };

struct source_entry {
	enum source_kind kind;
	int error;  /* positive errno; 0 for a good answer */
	char *name; /* path or pattern */
	char *data; /* the text, or the paths, each with its NUL; a NUL more behind it */
	size_t size;
	const char **paths; /* of a glob: into data, NULL-ended */
};

struct source {
	struct source_entry **entries;
	size_t count;
	size_t file_count;
	bool restored; /* the disk is not asked any more */
};

struct source_header {
	uint32_t magic;
	uint32_t version;
	uint64_t count;
	uint64_t size; /* of all that follows */
};

struct source_record {
	uint32_t kind;
	uint32_t error;
	uint64_t name_size;
	uint64_t data_size;
};

struct source *source_new(void)
{
	return calloc(1, sizeof(struct source));
}

static void source_entry_free(struct source_entry *entry)
{
	if (!entry)
		return;
	free(entry->name);
	free(entry->data);
	free(entry->paths);
	free(entry);
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->count; i++)
		source_entry_free(source->entries[i]);
	free(source->entries);
	free(source);
}

static struct source_entry *source_find(const struct source *source, enum source_kind kind,
                                        const char *name)
{
	for (size_t i = 0; i < source->count; i++) {
		struct source_entry *entry = source->entries[i];

		if (entry->kind == kind && strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

static int source_add(struct source *source, struct source_entry *entry)
{
	size_t count = source->count;
	struct source_entry **entries;

	/* The array is always as large as the next power of two. */
	if ((count & (count - 1)) == 0) {
		entries = reallocarray(source->entries, count > 0 ? count * 2 : 1,
		                       sizeof(struct source_entry *));
		if (!entries)
			return -ENOMEM;
		source->entries = entries;
	}
	source->entries[source->count++] = entry;
	source->file_count += entry->kind == SOURCE_FILE;
	return 0;
}

/* The text from descriptor to end; the size is not believed, files grow and pipes have none. */
static int read_text(int fd, size_t expected, char **ret_text, size_t *ret_size)
{
	size_t size = expected < SOURCE_FILE_MAX ? expected + 2 : SOURCE_FIRST_SIZE, used = 0;
	char *text = malloc(size), *larger;
	int result = text ? 0 : -ENOMEM;

	while (result == 0) {
		ssize_t got = read(fd, text + used, size - 1 - used);

		if (got < 0 && errno != EINTR)
			result = -errno;
		if (got == 0)
			break;
		if (got > 0)
			used += (size_t)got;
		if (used > SOURCE_FILE_MAX)
			result = -EFBIG;
		if (result == 0 && size - 1 - used == 0) {
			larger = realloc(text, size * 2);
			if (!larger)
				result = -ENOMEM;
			else
				text = larger;
			size *= 2;
		}
	}
	if (result < 0) {
		free(text);
		return result;
	}
	text[used] = '\0';
	*ret_text = text;
	*ret_size = used;
	return 0;
}

/* Files are read more than once, and a read must not wait for a writer: regular ones only. */
static int check_kind(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return -EISDIR;
	if (S_ISREG(status->st_mode))
		return status->st_size > (off_t)SOURCE_FILE_MAX ? -EFBIG : 0;
	return -ENOTSUP;
}

static int read_file(const char *path, char **ret_text, size_t *ret_size)
{
	struct stat status;
	int fd, result;

	/* Looked at before it is opened: to open a device may do something, and a FIFO may hold us.
	 */
	if (stat(path, &status) < 0)
		return -errno;
	result = check_kind(&status);
	if (result < 0)
		return result;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	result = fstat(fd, &status) < 0 ? -errno : check_kind(&status);
	if (result == 0)
		result = read_text(fd, (size_t)status.st_size, ret_text, ret_size);
	close(fd);
	return result;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The paths one behind the other. Sorted by bytes: a locale must not change what wins. */
static int read_glob(const char *pattern, char **ret_data, size_t *ret_size)
{
	glob_t found = {0};
	size_t size = 0, used = 0;
	char *data;
	int result = glob(pattern, GLOB_NOESCAPE | GLOB_NOSORT, NULL, &found);

	if (result == GLOB_NOSPACE || result == GLOB_ABORTED) {
		globfree(&found);
		return result == GLOB_NOSPACE ? -ENOMEM : -EIO;
	}
	if (found.gl_pathc > SOURCE_FILES_MAX) {
		globfree(&found);
		return -EMFILE;
	}
	if (found.gl_pathc > 0)
		qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv), compare_texts);
	for (size_t i = 0; i < found.gl_pathc; i++)
		size += strlen(found.gl_pathv[i]) + 1;
	data = malloc(size + 1);
	for (size_t i = 0; data && i < found.gl_pathc; i++) {
		size_t length = strlen(found.gl_pathv[i]) + 1;

		memcpy(data + used, found.gl_pathv[i], length);
		used += length;
	}
	globfree(&found);
	if (!data)
		return -ENOMEM;
	data[used] = '\0';
	*ret_data = data;
	*ret_size = used;
	return 0;
}

static int entry_split(struct source_entry *entry)
{
	size_t count = 0, i = 0;

	if (entry->kind != SOURCE_GLOB)
		return 0;
	if (entry->size > 0 && entry->data[entry->size - 1] != '\0')
		return -EBADMSG;
	for (size_t at = 0; at < entry->size; at += strlen(entry->data + at) + 1)
		count++;
	entry->paths = calloc(count + 1, sizeof(*entry->paths));
	if (!entry->paths)
		return -ENOMEM;
	for (size_t at = 0; at < entry->size; at += strlen(entry->data + at) + 1)
		entry->paths[i++] = entry->data + at;
	return 0;
}

/* Asks the disk and keeps the answer; an error is an answer, but not that there is no memory. */
static int source_ask(struct source *source, enum source_kind kind, const char *name,
                      struct source_entry **ret_entry)
{
	struct source_entry *entry;
	int result;

	if (source->restored)
		return -ENOENT;
	if (kind == SOURCE_FILE && source->file_count >= SOURCE_FILES_MAX)
		return -EMFILE;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->kind = kind;
	entry->name = strdup(name);
	if (!entry->name)
		result = -ENOMEM;
	else if (kind == SOURCE_FILE)
		result = read_file(name, &entry->data, &entry->size);
	else
		result = read_glob(name, &entry->data, &entry->size);
	if (result < 0 && result != -ENOMEM) {
		entry->error = -result;
		result = 0;
	}
	if (result == 0)
		result = entry_split(entry);
	if (result == 0)
		result = source_add(source, entry);
	if (result < 0) {
		source_entry_free(entry);
		return result;
	}
	*ret_entry = entry;
	return 0;
}

static int source_get(struct source *source, enum source_kind kind, const char *name,
                      struct source_entry **ret_entry)
{
	struct source_entry *entry = source_find(source, kind, name);
	int result = entry ? 0 : source_ask(source, kind, name, &entry);

	if (result < 0)
		return result;
	if (entry->error != 0)
		return -entry->error;
	*ret_entry = entry;
	return 0;
}

int source_read(struct source *source, const char *path, const char **ret_text, size_t *ret_size)
{
	struct source_entry *entry;
	int result = source_get(source, SOURCE_FILE, path, &entry);

	if (result < 0)
		return result;
	*ret_text = entry->data;
	*ret_size = entry->size;
	return 0;
}

int source_glob(struct source *source, const char *pattern, const char *const **ret_paths)
{
	struct source_entry *entry;
	int result = source_get(source, SOURCE_GLOB, pattern, &entry);

	if (result < 0)
		return result;
	*ret_paths = entry->paths;
	return 0;
}

static int write_all(int fd, const void *data, size_t size, off_t *at)
{
	const char *p = data;

	while (size > 0) {
		ssize_t wrote = pwrite(fd, p, size, *at);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		p += wrote;
		size -= (size_t)wrote;
		*at += wrote;
	}
	return 0;
}

static int read_all(int fd, void *data, size_t size, off_t *at)
{
	char *p = data;

	while (size > 0) {
		ssize_t got = pread(fd, p, size, *at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		p += got;
		size -= (size_t)got;
		*at += got;
	}
	return 0;
}

static int save_entry(const struct source_entry *entry, int fd, off_t *at)
{
	struct source_record record = {.kind = entry->kind,
	                               .error = (uint32_t)entry->error,
	                               .name_size = strlen(entry->name),
	                               .data_size = entry->size};
	int result = write_all(fd, &record, sizeof(record), at);

	if (result == 0)
		result = write_all(fd, entry->name, record.name_size, at);
	if (result == 0)
		result = write_all(fd, entry->data, record.data_size, at);
	return result;
}

int source_save(const struct source *source, int fd)
{
	struct source_header header = {
	    .magic = SOURCE_MAGIC, .version = SOURCE_VERSION, .count = source->count};
	off_t at = sizeof(header), start = 0;
	int result = 0;

	/* The header comes last: what was not finished is not taken for a source. */
	if (ftruncate(fd, 0) < 0)
		return -errno;
	for (size_t i = 0; i < source->count && result == 0; i++)
		result = save_entry(source->entries[i], fd, &at);
	header.size = (uint64_t)at - sizeof(header);
	if (result == 0)
		result = write_all(fd, &header, sizeof(header), &start);
	return result;
}

/* A text of the size a record tells, which is no more than what is `left`. */
static int restore_text(int fd, uint64_t size, uint64_t left, off_t *at, char **ret_text)
{
	char *text;
	int result;

	if (size > left || size > SOURCE_SAVED_MAX)
		return -EBADMSG;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	result = read_all(fd, text, size, at);
	if (result < 0) {
		free(text);
		return result;
	}
	text[size] = '\0';
	*ret_text = text;
	return 0;
}

static int restore_entry(struct source *source, int fd, off_t end, off_t *at)
{
	struct source_entry *entry;
	struct source_record record;
	int result;

	if (end - *at < (off_t)sizeof(record))
		return -EBADMSG;
	result = read_all(fd, &record, sizeof(record), at);
	if (result < 0)
		return result;
	if (record.kind >= SOURCE_KIND_COUNT || record.error > INT32_MAX)
		return -EBADMSG;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->kind = record.kind;
	entry->error = (int)record.error;
	result = restore_text(fd, record.name_size, (uint64_t)(end - *at), at, &entry->name);
	/* A name is a text: what looks like a shorter one was not saved by us. */
	if (result == 0 && strlen(entry->name) != record.name_size)
		result = -EBADMSG;
	if (result == 0)
		result =
		    restore_text(fd, record.data_size, (uint64_t)(end - *at), at, &entry->data);
	if (result == 0) {
		entry->size = record.data_size;
		result = entry_split(entry);
	}
	if (result == 0)
		result = source_add(source, entry);
	if (result < 0)
		source_entry_free(entry);
	return result;
}

int source_restore(int fd, struct source **ret_source)
{
	struct source_header header;
	struct source *source;
	struct stat status;
	off_t at = 0;
	int result;

	if (fstat(fd, &status) < 0)
		return -errno;
	result = read_all(fd, &header, sizeof(header), &at);
	if (result < 0)
		return result;
	if (header.magic != SOURCE_MAGIC || header.version != SOURCE_VERSION ||
	    header.size > SOURCE_SAVED_MAX || header.count > header.size ||
	    (uint64_t)status.st_size != sizeof(header) + header.size)
		return -EBADMSG;
	source = source_new();
	if (!source)
		return -ENOMEM;
	source->restored = true;
	for (uint64_t i = 0; i < header.count && result == 0; i++)
		result = restore_entry(source, fd, status.st_size, &at);
	if (result == 0 && at != status.st_size)
		result = -EBADMSG;
	if (result < 0) {
		source_free(source);
		return result;
	}
	*ret_source = source;
	return 0;
}
