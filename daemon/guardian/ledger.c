/* The ledger: records in a memfd that both processes map. */
#include "daemon/guardian/ledger.h"

#include "daemon/guardian/ledger-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_MAGIC 0x7274736du /* "mstr" */

struct ledger_record {
	_Atomic uint32_t used;
	_Atomic uint32_t active; /* which life is in force */
	char name[LEDGER_NAME_SIZE];
	char log_suffix[2][LEDGER_SUFFIX_SIZE];
	uint64_t pipes[LEDGER_PIPES];
	struct ledger_birth birth;
	struct ledger_life life[2];
};

/* The header has a page of its own: the guardian touches no other. */
#define LEDGER_HEADER_SIZE 4096u
_Static_assert(sizeof(struct ledger_header) <= LEDGER_HEADER_SIZE, "the header fits its page");

static const char *const reason_names[] = {
    [REASON_START] = "start",     [REASON_CRASH] = "crash",   [REASON_HANG] = "hang",
    [REASON_UPGRADE] = "upgrade", [REASON_RELOAD] = "reload", [REASON_ADOPT] = "adopt",
};
_Static_assert(sizeof(reason_names) / sizeof(reason_names[0]) == REASON_COUNT,
               "every reason has a name");

static size_t ledger_size(void)
{
	return LEDGER_HEADER_SIZE + LEDGER_PROCESSES_MAX * sizeof(struct ledger_record);
}

static int ledger_map(struct ledger *ledger, int fd)
{
	char *map = mmap(NULL, ledger_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	ledger->fd = fd;
	ledger->header = (struct ledger_header *)(void *)map;
	ledger->records = (struct ledger_record *)(void *)(map + LEDGER_HEADER_SIZE);
	return 0;
}

int ledger_make(struct ledger *ledger, int fd)
{
	int r;

	/* The pages that no record uses cost nothing: the file is sparse. */
	if (ftruncate(fd, (off_t)ledger_size()) < 0)
		return -errno;
	r = -posix_fallocate(fd, 0, LEDGER_HEADER_SIZE);
	if (r < 0)
		return r;
	r = ledger_map(ledger, fd);
	if (r < 0)
		return r;
	ledger->header->magic = LEDGER_MAGIC;
	ledger->header->version = LEDGER_VERSION;
	ledger->header->process_limit = LEDGER_PROCESSES_MAX;
	return 0;
}

int ledger_create(struct ledger *ledger)
{
	int fd = memfd_create("muster-ledger", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = ledger_make(ledger, fd);
	if (r < 0)
		close(fd);
	return r;
}

int ledger_open(struct ledger *ledger, int fd)
{
	struct stat status;
	struct ledger mapped;
	int r;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_size != (off_t)ledger_size())
		return -EPROTO;
	r = ledger_map(&mapped, fd);
	if (r < 0)
		return r;
	if (mapped.header->magic != LEDGER_MAGIC || mapped.header->version != LEDGER_VERSION) {
		ledger_unmap(&mapped);
		return -EPROTO;
	}
	*ledger = mapped;
	return 0;
}

void ledger_unmap(struct ledger *ledger)
{
	munmap(ledger->header, ledger_size());
	ledger->header = NULL;
	ledger->records = NULL;
}

/*
 * A shutdown that was under way is not what the next daemon is started for: what it has not stopped
 * yet is to come up again, and what it has stopped begins as new.
 */
static void ledger_inherit_record(struct ledger *ledger, uint32_t index, bool ending)
{
	struct ledger_record *record = &ledger->records[index];
	struct ledger_life *life = &record->life[atomic_load(&record->active) & 1u];

	record->name[LEDGER_NAME_SIZE - 1] = '\0';
	record->log_suffix[0][LEDGER_SUFFIX_SIZE - 1] = '\0';
	record->log_suffix[1][LEDGER_SUFFIX_SIZE - 1] = '\0';
	life->error[LEDGER_ERROR_SIZE - 1] = '\0';
	if (ending && !life->pid && !life->spawning) {
		ledger_release(ledger, index);
		return;
	}
	life->wanted |= ending;
	life->foreign = true;
}

void ledger_inherit(struct ledger *ledger)
{
	struct ledger_header *header = ledger->header;
	bool ending = atomic_load(&header->intent) != 0;

	if (atomic_load(&header->process_high) > LEDGER_PROCESSES_MAX)
		atomic_store(&header->process_high, LEDGER_PROCESSES_MAX);
	for (uint32_t index = 0; index < ledger_high(ledger); index++)
		if (ledger_is_used(ledger, index))
			ledger_inherit_record(ledger, index, ending);
	atomic_store(&header->intent, 0);
	atomic_store(&header->exit_code, 0);
	atomic_store(&header->phase, PHASE_RUNNING);
	atomic_store(&header->engine_pid, 0);
	atomic_store(&header->engine_starts, 0);
	atomic_store(&header->engine_reason, REASON_ADOPT);
}

bool ledger_lasts(const struct ledger *ledger)
{
	return ledger->header->boot_id[0] != '\0';
}

const char *ledger_reason_name(enum ledger_reason reason)
{
	return reason < REASON_COUNT ? reason_names[reason] : "unknown";
}

/* On a full disk a page that is not there yet would be a SIGBUS at the first write. */
static int ledger_allocate(const struct ledger *ledger, size_t offset, size_t size)
{
	return ledger_lasts(ledger) ? -posix_fallocate(ledger->fd, (off_t)offset, (off_t)size) : 0;
}

int ledger_take(struct ledger *ledger, const char *name, uint32_t *ret_index)
{
	int r;

	uint32_t high = atomic_load(&ledger->header->process_high);
	uint32_t index = 0;

	if (strlen(name) >= LEDGER_NAME_SIZE)
		return -ENAMETOOLONG;
	/* Released records are rare and soon reused; else a new one is at the end. */
	if (!atomic_load(&ledger->header->free_count))
		index = high;
	while (index < high && atomic_load(&ledger->records[index].used))
		index++;
	if (index == LEDGER_PROCESSES_MAX)
		return -ENOSPC;
	r = ledger_allocate(ledger, LEDGER_HEADER_SIZE + index * sizeof(struct ledger_record),
	                    sizeof(struct ledger_record));
	if (r < 0)
		return r;
	struct ledger_record *record = &ledger->records[index];
	memset(record, 0, sizeof(*record));
	memcpy(record->name, name, strlen(name) + 1);
	if (index == high)
		atomic_store(&ledger->header->process_high, high + 1);
	else if (atomic_load(&ledger->header->free_count))
		atomic_fetch_sub(&ledger->header->free_count, 1);
	atomic_store(&record->used, 1);
	*ret_index = index;
	return 0;
}

void ledger_release(struct ledger *ledger, uint32_t index)
{
	atomic_store(&ledger->records[index].used, 0);
	atomic_fetch_add(&ledger->header->free_count, 1);
}

bool ledger_is_used(const struct ledger *ledger, uint32_t index)
{
	return atomic_load(&ledger->records[index].used);
}

uint32_t ledger_high(const struct ledger *ledger)
{
	return atomic_load(&ledger->header->process_high);
}

const char *ledger_name(const struct ledger *ledger, uint32_t index)
{
	return ledger->records[index].name;
}

const struct ledger_life *ledger_life(const struct ledger *ledger, uint32_t index)
{
	const struct ledger_record *record = &ledger->records[index];

	return &record->life[atomic_load(&record->active) & 1u];
}

struct ledger_birth *ledger_birth(const struct ledger *ledger, uint32_t index)
{
	return &ledger->records[index].birth;
}

char *ledger_log_suffix(const struct ledger *ledger, uint32_t index, int stream)
{
	return ledger->records[index].log_suffix[stream == 2];
}

uint64_t *ledger_pipes(const struct ledger *ledger, uint32_t index)
{
	return ledger->records[index].pipes;
}

void ledger_commit(struct ledger *ledger, uint32_t index, const struct ledger_life *life)
{
	struct ledger_record *record = &ledger->records[index];
	uint32_t next = (atomic_load(&record->active) & 1u) ^ 1u;

	record->life[next] = *life;
	atomic_store_explicit(&record->active, next, memory_order_release);
}
