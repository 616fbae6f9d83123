/* A head of numbers, the groups of the user, then every text with its NUL, one behind the other. */
#include "daemon/process/ad-hoc-store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/guardian/store.h"
#include "daemon/process/context.h"
#include "daemon/process/keeper.h"

#define AD_HOC_MAGIC 0x68646173u
#define AD_HOC_VERSION 1u
/* The memfd: texts (the name is one more than were counted), groups and head. */
#define AD_HOC_FILE_MAX (AD_HOC_SIZE_MAX + 64u * 1024u + 65536u * sizeof(gid_t))

struct head {
	uint32_t magic;
	uint32_t version;
	uint32_t uid;
	uint32_t gid;
	uint32_t group_count;
	/* Texts: the name, and so many words, texts of options (two each), variables. */
	uint32_t word_count;
	uint32_t option_count;
	uint32_t variable_count;
	uint32_t daemon;
	int32_t caller_pid;
	uint64_t caller_start_ticks;
};

struct ad_hoc_copy {
	struct ad_hoc wanted;
	const char **texts; /* of the words, options and variables, each part ended by NULL */
	char *data;         /* the file */
};

static uint32_t count_texts(const char *const *texts)
{
	uint32_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

static int write_all(int fd, const void *data, size_t size)
{
	ssize_t n = write(fd, data, size);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

/* Texts are gathered: a memfd takes pages, and each write costs a call. */
static int write_texts(FILE *out, const char *const *texts)
{
	for (; texts && *texts; texts++)
		if (fwrite(*texts, strlen(*texts) + 1, 1, out) != 1)
			return -ENOMEM;
	return 0;
}

static int write_everything(FILE *out, const struct ad_hoc *wanted)
{
	const char *const name[] = {wanted->name, NULL};
	const struct user_config *caller = &wanted->caller;
	const struct head head = {
	    .magic = AD_HOC_MAGIC,
	    .version = AD_HOC_VERSION,
	    .uid = caller->uid,
	    .gid = caller->gid,
	    .group_count = (uint32_t)caller->group_count,
	    .word_count = count_texts(wanted->argv),
	    .option_count = count_texts(wanted->options),
	    .variable_count = count_texts(wanted->environment),
	    .daemon = wanted->daemon,
	    .caller_pid = wanted->caller_pid,
	    .caller_start_ticks = wanted->caller_start_ticks,
	};
	int r = fwrite(&head, sizeof(head), 1, out) == 1 ? 0 : -ENOMEM;

	if (r == 0 && caller->group_count &&
	    fwrite(caller->groups, sizeof(gid_t), caller->group_count, out) != caller->group_count)
		r = -ENOMEM;
	if (r == 0)
		r = write_texts(out, name);
	if (r == 0)
		r = write_texts(out, wanted->argv);
	if (r == 0)
		r = write_texts(out, wanted->options);
	if (r == 0)
		r = write_texts(out, wanted->environment);
	return r;
}

static int make_memfd(const struct ad_hoc *wanted)
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);
	int fd = -1;
	int r = out ? write_everything(out, wanted) : -ENOMEM;

	if (out && fclose(out) != 0)
		r = -ENOMEM;
	if (r == 0) {
		fd = memfd_create("muster-run", MFD_CLOEXEC);
		r = fd < 0 ? -errno : write_all(fd, data, size);
	}
	free(data);
	if (r < 0 && fd >= 0)
		close(fd);
	return r < 0 ? r : fd;
}

int ad_hoc_keep(const struct context *context, uint32_t record, const struct ad_hoc *wanted)
{
	int fd = make_memfd(wanted);

	if (fd >= context->fd_limit) {
		close(fd);
		fd = -EMFILE;
	}
	if (fd < 0)
		return fd;
	keeper_add(context->keeper, store_process_slot(record, STORE_AD_HOC), fd);
	keeper_flush(context->keeper);
	return 0;
}

static int read_file(int fd, char **ret_data, size_t *ret_size)
{
	struct stat status;
	char *data;
	size_t size;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)sizeof(struct head) || status.st_size > (off_t)AD_HOC_FILE_MAX)
		return -EBADMSG;
	size = (size_t)status.st_size;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	if (pread(fd, data, size, 0) != (ssize_t)size) {
		free(data);
		return -EIO;
	}
	*ret_data = data;
	*ret_size = size;
	return 0;
}

/* `count` texts from *at on as an array that ends with NULL; NULL where there are fewer. */
static const char **take_texts(const char ***places, uint32_t count, const char **at,
                               const char *end)
{
	const char **first = *places;

	for (uint32_t i = 0; i < count; i++) {
		if (*at >= end)
			return NULL;
		*(*places)++ = *at;
		*at += strlen(*at) + 1;
	}
	*(*places)++ = NULL;
	return first;
}

static int copy_read(struct ad_hoc_copy *copy, size_t size)
{
	struct ad_hoc *wanted = &copy->wanted;
	const char *end = copy->data + size;
	const char *at = copy->data + sizeof(struct head);
	const char **places, **name;
	size_t left = size - sizeof(struct head);
	struct head head;

	memcpy(&head, copy->data, sizeof(head));
	if (head.magic != AD_HOC_MAGIC)
		return -EBADMSG;
	if (head.version != AD_HOC_VERSION)
		return -EPROTO;
	if (head.group_count > left / sizeof(gid_t) || head.word_count > size ||
	    head.option_count > size || head.variable_count > size || head.option_count % 2)
		return -EBADMSG;
	at += head.group_count * sizeof(gid_t);
	if (at >= end || end[-1] != '\0')
		return -EBADMSG;
	copy->texts = calloc(5u + head.word_count + head.option_count + head.variable_count,
	                     sizeof(*copy->texts));
	if (!copy->texts)
		return -ENOMEM;
	places = copy->texts;
	name = take_texts(&places, 1, &at, end);
	wanted->argv = take_texts(&places, head.word_count, &at, end);
	wanted->options = take_texts(&places, head.option_count, &at, end);
	wanted->environment = take_texts(&places, head.variable_count, &at, end);
	if (!name || !wanted->argv || !wanted->options || !wanted->environment)
		return -EBADMSG;
	wanted->name = name[0];
	wanted->caller.uid = head.uid;
	wanted->caller.gid = head.gid;
	wanted->caller.groups = (gid_t *)(void *)(copy->data + sizeof(struct head));
	wanted->caller.group_count = head.group_count;
	wanted->daemon = head.daemon != 0;
	wanted->caller_pid = head.caller_pid;
	wanted->caller_start_ticks = head.caller_start_ticks;
	return 0;
}

int ad_hoc_recall(const struct context *context, uint32_t record, struct ad_hoc_copy **ret_copy)
{
	int fd = store_get(context->store, store_process_slot(record, STORE_AD_HOC));
	struct ad_hoc_copy *copy;
	size_t size = 0;
	int r;

	if (fd < 0)
		return -ENOENT;
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	r = read_file(fd, &copy->data, &size);
	if (r == 0)
		r = copy_read(copy, size);
	if (r < 0)
		ad_hoc_copy_free(copy);
	else
		*ret_copy = copy;
	return r;
}

const struct ad_hoc *ad_hoc_copy_wanted(const struct ad_hoc_copy *copy)
{
	return &copy->wanted;
}

void ad_hoc_copy_free(struct ad_hoc_copy *copy)
{
	if (!copy)
		return;
	free(copy->texts);
	free(copy->data);
	free(copy);
}
