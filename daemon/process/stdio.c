/* Pipes and log files of one process. */
#include "daemon/process/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/base/crashpoint.h"
#include "daemon/config/config.h"
#include "daemon/config/program.h"
#include "daemon/guardian/channel.h"
#include "daemon/guardian/ledger.h"
#include "daemon/guardian/store.h"
#include "daemon/process/autolog.h"
#include "daemon/process/context.h"
#include "daemon/process/keeper.h"
#include "daemon/process/logfile.h"
#include "daemon/process/terminal.h"

#define STDIO_PIPE_SIZE (64 * 1024)
/* What a terminal takes at once: its own queue of input (N_TTY_BUF_SIZE). */
#define STDIO_TYPE_MAX 4096u

struct stdio_log {
	struct logfile *file;
	struct output *output;
};

struct stdio {
	struct stdio_log logs[2];
	int fds[STORE_PIPES_COUNT]; /* borrowed from the store's process, or our own; -1: none */
	int null;                   /* borrowed */
	bool tty; /* the pipe to its standard input is a terminal, for all three */
	struct terminal *terminal;
	bool redirect_stderr;
	bool inherits; /* has the daemon's own, and no pipes */
};

/* One row a stream: which log of the program it is, and its pipe in the store. */
static const struct stdio_stream {
	const char *name;
	int number;
	size_t config; /* of struct log_config in struct program */
	enum store_pipe read_end;
	enum store_pipe write_end;
} streams[2] = {
    {"stdout", 1, offsetof(struct program, stdout_log), STORE_STDOUT_READ, STORE_STDOUT_WRITE},
    {"stderr", 2, offsetof(struct program, stderr_log), STORE_STDERR_READ, STORE_STDERR_WRITE},
};

static const struct log_config *stdio_config(const struct program *program, int index)
{
	return (const struct log_config *)((const char *)program + streams[index].config);
}

static bool stdio_is_captured(const struct program *program, int index)
{
	const struct log_config *config = stdio_config(program, index);

	if (index == 1 && program->redirect_stderr)
		return false;
	return config->kind != LOG_NONE;
}

/* Clients and the engine's own work come before one more process. */
static bool stdio_has_room(const struct context *context)
{
	int fd = fcntl(context->null_fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && fd < context->fd_limit;
}

static int stdio_open_log(struct stdio *stdio, const struct context *context,
                          const struct program *program, uint32_t record, int index, char *text,
                          size_t size)
{
	const struct log_config *config = stdio_config(program, index);
	char path[PATH_MAX];
	int r = 0;

	if (!stdio_has_room(context)) {
		snprintf(text, size, "opening its %s log: %s", streams[index].name,
		         strerror(EMFILE));
		return -EMFILE;
	}
	/* Until the system's log is served its lines are kept in a file: none is lost. */
	if (config->kind != LOG_PATH)
		r = autolog_path(&context->config->daemon, program, streams[index].name,
		                 ledger_log_suffix(context->ledger, record, streams[index].number),
		                 path);
	else
		snprintf(path, sizeof(path), "%s", config->path);
	if (r == 0)
		r = logfile_open(context->logfiles, path, config->maxbytes, config->backups,
		                 &stdio->logs[index].file);
	if (r < 0)
		snprintf(text, size, "opening %s log %s: %s", streams[index].name, path,
		         strerror(-r));
	return r;
}

static int stdio_take_from_store(struct stdio *stdio, const struct context *context,
                                 uint32_t record)
{
	int found = 0;

	for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++) {
		stdio->fds[i] = store_get(context->store, store_process_slot(record, i));
		found += stdio->fds[i] >= 0;
	}
	return found;
}

static int stdio_make_pipe(struct stdio *stdio, enum store_pipe read_end, enum store_pipe write_end,
                           bool engine_reads, int fd_limit)
{
	int ends[2];
	int r = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (ends[0] >= fd_limit || ends[1] >= fd_limit)
		r = -EMFILE;
	/* Only our own end: the child's is a blocking one, as programs expect. */
	else if (fcntl(ends[engine_reads ? 0 : 1], F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	stdio->fds[read_end] = ends[0];
	stdio->fds[write_end] = ends[1];
	return 0;
}

/*
 * Where processes may outlive us all, their ends are open both ways: as its own reader and writer,
 * a process meets no broken pipe and no end of its input while nobody is at the other end, and the
 * next daemon finds the pipe by it.
 */
static int stdio_open_both_ways(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

static uint64_t stdio_inode(int fd)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* For a ledger that lasts: the children's ends, and by what they are known again. */
static int stdio_make_lasting(struct stdio *stdio, const struct context *context, uint32_t record)
{
	uint64_t *inodes = ledger_pipes(context->ledger, record);

	for (unsigned i = 0; i < LEDGER_PIPES; i++) {
		int *childs = &stdio->fds[store_ends[i].childs];
		int both = -1;
		if (*childs >= 0 && (both = stdio_open_both_ways(*childs)) < 0)
			return -errno;
		if (both >= 0) {
			close(*childs);
			*childs = both;
		}
		inodes[i] = stdio_inode(*childs);
	}
	return 0;
}

/* The pipe that the process has as that descriptor, where it is the one that it was given. */
static int stdio_find_pipe(struct stdio *stdio, pid_t pid, unsigned i, uint64_t inode)
{
	struct stat status;
	char path[48];
	int ours, childs;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", (int)pid, i);
	/* To open anything else might have effects. */
	if (!inode || stat(path, &status) < 0 || !S_ISFIFO(status.st_mode) ||
	    status.st_ino != inode)
		return -ENOENT;
	ours = open(path, store_ends[i].flags | O_CLOEXEC);
	if (ours < 0)
		return -errno;
	childs = stdio_inode(ours) == inode ? stdio_open_both_ways(ours) : -1;
	if (childs < 0) {
		close(ours);
		return -ENOENT;
	}
	stdio->fds[store_ends[i].ours] = ours;
	stdio->fds[store_ends[i].childs] = childs;
	return 0;
}

/* The slave where the child reads, the master where we write. */
static int stdio_make_terminal(struct stdio *stdio, const struct program *program, int fd_limit)
{
	uid_t uid = program->user.name && geteuid() == 0 ? program->user.uid : (uid_t)-1;
	int master, slave;
	int r = terminal_open(uid, &master, &slave);

	if (r < 0)
		return r;
	if (master >= fd_limit || slave >= fd_limit) {
		close(master);
		close(slave);
		return -EMFILE;
	}
	stdio->fds[STORE_STDIN_READ] = slave;
	stdio->fds[STORE_STDIN_WRITE] = master;
	return 0;
}

static void stdio_keep(const struct stdio *stdio, const struct context *context, uint32_t record)
{
	for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++)
		if (stdio->fds[i] >= 0)
			keeper_add(context->keeper, store_process_slot(record, i), stdio->fds[i]);
}

/* Only of pipes that are not in the store: there they are closed by being dropped. */
static void stdio_close_pipes(struct stdio *stdio)
{
	for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++) {
		if (stdio->fds[i] >= 0)
			close(stdio->fds[i]);
		stdio->fds[i] = -1;
	}
}

static int stdio_make_pipes(struct stdio *stdio, const struct context *context,
                            const struct program *program, uint32_t record)
{
	int r;

	/* A record that has pipes has all it needs: they were stored in one order. */
	if (stdio_take_from_store(stdio, context, record))
		return 0;
	if (program->tty)
		r = stdio_make_terminal(stdio, program, context->fd_limit);
	else
		r = stdio_make_pipe(stdio, STORE_STDIN_READ, STORE_STDIN_WRITE, false,
		                    context->fd_limit);
	for (int i = 0; i < 2 && r == 0; i++)
		if (stdio_is_captured(program, i))
			r = stdio_make_pipe(stdio, streams[i].read_end, streams[i].write_end, true,
			                    context->fd_limit);
	if (r < 0) {
		stdio_close_pipes(stdio);
		return r;
	}
	if (ledger_lasts(context->ledger) && !program->tty)
		r = stdio_make_lasting(stdio, context, record);
	if (r < 0) {
		stdio_close_pipes(stdio);
		return r;
	}
	stdio_keep(stdio, context, record);
	crash_point(CRASH_PIPES_MADE);
	return 0;
}

void stdio_find_pipes(struct stdio *stdio, const struct context *context,
                      const struct program *program, uint32_t record, pid_t pid)
{
	const uint64_t *inodes = ledger_pipes(context->ledger, record);
	bool wanted[LEDGER_PIPES] = {true, stdio_is_captured(program, 0),
	                             stdio_is_captured(program, 1)};
	/* A terminal is hung up when its last master is closed. */
	int r = program->tty ? -ENOENT : 0;

	if (stdio->inherits || stdio_take_from_store(stdio, context, record))
		return;
	for (unsigned i = 0; i < LEDGER_PIPES && r == 0; i++)
		if (wanted[i])
			r = stdio_find_pipe(stdio, pid, i, inodes[i]);
	if (r == 0) {
		/* From the store they are taken as those of any other. */
		stdio_keep(stdio, context, record);
		keeper_flush(context->keeper);
		for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++)
			stdio->fds[i] = -1;
		return;
	}
	stdio_close_pipes(stdio);
	log_warn("%s (pid %d) has not the pipes any more that it was started with: what it writes "
	         "is not logged until its next start",
	         program->full_name, (int)pid);
}

int stdio_new(const struct context *context, const struct program *program, uint32_t record,
              char *text, size_t size, struct stdio **ret_stdio)
{
	struct stdio *stdio = calloc(1, sizeof(*stdio));
	int r = 0;

	if (!stdio) {
		snprintf(text, size, "out of memory");
		return -ENOMEM;
	}
	stdio->redirect_stderr = program->redirect_stderr;
	stdio->inherits = program->is_foreground;
	stdio->tty = program->tty;
	stdio->null = context->null_fd;
	for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++)
		stdio->fds[i] = -1;
	for (int i = 0; i < 2 && r == 0; i++)
		if (stdio_is_captured(program, i))
			r = stdio_open_log(stdio, context, program, record, i, text, size);
	if (r < 0) {
		stdio_free(stdio);
		return r;
	}
	*ret_stdio = stdio;
	return 0;
}

int stdio_open_pipes(struct stdio *stdio, const struct context *context,
                     const struct program *program, uint32_t record, output_cb stored, void *arg)
{
	int r;

	if (stdio->inherits || stdio->fds[STORE_STDIN_READ] >= 0)
		return 0;
	r = stdio_make_pipes(stdio, context, program, record);
	for (int i = 0; i < 2 && r == 0; i++) {
		struct stdio_log *log = &stdio->logs[i];
		int fd = stdio->fds[streams[i].read_end];
		if (!log->file || fd < 0)
			continue;
		log->output = output_new(context->pump, fd, log->file, stored, arg);
		r = log->output ? 0 : -ENOMEM;
	}
	if (r == 0 && stdio->tty) {
		stdio->terminal = terminal_new(context->loop, stdio->fds[STORE_STDIN_WRITE],
		                               stdio->fds[STORE_STDOUT_WRITE]);
		r = stdio->terminal ? 0 : -ENOMEM;
	}
	return r;
}

static void stdio_free_outputs(struct stdio *stdio)
{
	terminal_free(stdio->terminal);
	stdio->terminal = NULL;
	for (int i = 0; i < 2; i++) {
		output_free(stdio->logs[i].output);
		stdio->logs[i].output = NULL;
	}
}

/* Drops the first so many of the record's slots. */
static void stdio_forget_slots(const struct context *context, uint32_t record, uint32_t first)
{
	uint32_t slots[STORE_PER_PROCESS];
	uint32_t count = 0;
	int r;

	/* What is on its way to the guardian must be there before it can be dropped. */
	keeper_flush(context->keeper);
	for (uint32_t i = 0; i < first; i++) {
		uint32_t slot = store_process_slot(record, i);
		if (store_get(context->store, slot) < 0)
			continue;
		store_drop(context->store, slot);
		slots[count++] = slot;
	}
	crash_point(CRASH_PIPES_FORGOTTEN);
	r = count ? channel_send_drop(context->channel, slots, count) : 0;
	crash_point(CRASH_PIPES_DROPPED);
	if (r < 0)
		log_error("the guardian keeps descriptors it need not: %s", strerror(-r));
}

void stdio_drop_pipes(struct stdio *stdio, const struct context *context, uint32_t record)
{
	stdio_free_outputs(stdio);
	stdio_forget_slots(context, record, STORE_PIPES_COUNT);
	for (uint32_t i = 0; i < STORE_PIPES_COUNT; i++)
		stdio->fds[i] = -1;
}

void stdio_free(struct stdio *stdio)
{
	if (!stdio)
		return;
	stdio_free_outputs(stdio);
	for (int i = 0; i < 2; i++)
		logfile_unref(stdio->logs[i].file);
	free(stdio);
}

void stdio_forget(const struct context *context, uint32_t record)
{
	stdio_forget_slots(context, record, STORE_PER_PROCESS);
}

bool stdio_is_stored(const struct context *context, uint32_t record)
{
	return store_get(context->store, store_process_slot(record, STORE_STDIN_READ)) >= 0;
}

void stdio_child_ends(const struct stdio *stdio, int ret_fds[3])
{
	for (int fd = 0; fd < 3 && stdio->inherits; fd++)
		ret_fds[fd] = fd;
	if (stdio->inherits)
		return;
	ret_fds[0] = stdio->fds[STORE_STDIN_READ];
	for (int i = 0; i < 2; i++) {
		int fd = stdio->fds[streams[i].write_end];
		ret_fds[streams[i].number] = fd >= 0 ? fd : stdio->null;
	}
	if (stdio->tty)
		ret_fds[1] = ret_fds[0];
	if (stdio->redirect_stderr)
		ret_fds[2] = ret_fds[1];
}

static void stdio_flush_outputs(struct stdio *stdio)
{
	for (int i = 0; i < 2; i++)
		if (stdio->logs[i].output)
			output_flush(stdio->logs[i].output);
}

bool stdio_has_output(const struct stdio *stdio)
{
	for (int i = 0; i < 2; i++) {
		int size = 0;
		if (stdio->logs[i].output &&
		    ioctl(stdio->fds[streams[i].read_end], FIONREAD, &size) == 0 && size > 0)
			return true;
	}
	return false;
}

void stdio_flush(struct stdio *stdio)
{
	/* The pipe may hold less than the terminal. */
	while (stdio->terminal && terminal_flush(stdio->terminal))
		stdio_flush_outputs(stdio);
	stdio_flush_outputs(stdio);
}

void stdio_settle(struct stdio *stdio)
{
	stdio_flush(stdio);
	if (stdio->fds[STORE_STDIN_READ] < 0)
		return;
	if (stdio->tty) {
		(void)tcflush(stdio->fds[STORE_STDIN_READ], TCIFLUSH);
		return;
	}
	/* Not by read(2): what is left may be taken by a grandchild under our hands, and the pipe
	 * is a blocking one. */
	while (splice(stdio->fds[STORE_STDIN_READ], NULL, stdio->null, NULL, STDIO_PIPE_SIZE,
	              SPLICE_F_NONBLOCK) > 0)
		continue;
}

static int stdio_write(const struct stdio *stdio, const char *data, size_t size)
{
	int room = fcntl(stdio->fds[STORE_STDIN_WRITE], F_GETPIPE_SZ) / 2;
	int held = 0;
	ssize_t n;

	/* Partly filled pages make a pipe hold less than its size: this may refuse too early, and
	 * the write below then never stops half way. */
	if (room <= 0 || size > (size_t)room)
		return -EMSGSIZE;
	if (ioctl(stdio->fds[STORE_STDIN_READ], FIONREAD, &held) < 0)
		return -errno;
	if ((size_t)held + size > (size_t)room)
		return -EAGAIN;
	n = write(stdio->fds[STORE_STDIN_WRITE], data, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EAGAIN;
}

/* What does not fit is lost, as with a terminal on which somebody types ahead too far. */
static int stdio_type(const struct stdio *stdio, const char *data, size_t size)
{
	if (size > STDIO_TYPE_MAX)
		return -EMSGSIZE;
	return write(stdio->fds[STORE_STDIN_WRITE], data, size) < 0 ? -errno : 0;
}

int stdio_send(struct stdio *stdio, const char *data, size_t size)
{
	if (stdio->tty)
		return stdio_type(stdio, data, size);
	return stdio_write(stdio, data, size);
}

const char *stdio_logfile(const struct stdio *stdio, int stream)
{
	int index = stream == 2 && !stdio->redirect_stderr;
	const struct logfile *file = stdio->logs[index].file;

	return file && logfile_is_regular(file) ? logfile_path(file) : NULL;
}

int stdio_clear(struct stdio *stdio)
{
	int r = -ENOENT;

	stdio_flush(stdio);
	for (int i = 0; i < 2; i++) {
		struct logfile *file = stdio->logs[i].file;
		if (file && logfile_is_regular(file))
			r = logfile_clear(file);
	}
	return r;
}
