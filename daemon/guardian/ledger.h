/*
 * The ledger: a memfd of fixed-size records, mapped by guardian and engine, that outlives the
 * engine. What it says is so; the engine's structs are caches of it. No pointers, no names of
 * things above.
 *
 * A process has one record. Its changing part, struct ledger_life, is there twice: a change is
 * written into the copy that is not in force and then put in force by one atomic store. An engine
 * that is killed at any instruction leaves the state before the change or the state after it.
 */
#ifndef MUSTER_GUARDIAN_LEDGER_H
#define MUSTER_GUARDIAN_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LEDGER_VERSION 2u
#define LEDGER_PROCESSES_MAX 32768u
#define LEDGER_NAME_SIZE 192u
#define LEDGER_ERROR_SIZE 160u
#define LEDGER_SUFFIX_SIZE 8u
#define LEDGER_BOOT_ID_SIZE 40u
#define LEDGER_PIPES 3u /* stdin, stdout, stderr */

/* The status of an exit of which nobody could tell how it was: no status of wait(2). */
#define LEDGER_STATUS_UNKNOWN 0x7f

/* Why the engine was started the last time. */
enum ledger_reason {
	REASON_START,
	REASON_CRASH,
	REASON_HANG,
	REASON_UPGRADE,
	REASON_RELOAD,
	REASON_ADOPT, /* the guardian before has died, or left */
	REASON_COUNT
};

/* What the guardian does when the engine has ended. */
enum ledger_phase {
	PHASE_RUNNING,  /* starts another */
	PHASE_ENDING,   /* ends with exit_code */
	PHASE_UPGRADING /* becomes the binary in the store, which starts another */
};

struct ledger_header {
	uint32_t magic;
	uint32_t version;
	uint32_t process_limit;
	int32_t guardian_pid;
	uint64_t guardian_started_wall_usec;
	_Atomic int32_t engine_pid;
	_Atomic uint32_t engine_starts;
	_Atomic uint32_t engine_reason; /* enum ledger_reason */
	_Atomic int32_t engine_end;     /* wait status of the engine before */
	_Atomic uint32_t phase;         /* enum ledger_phase */
	_Atomic int32_t exit_code;
	_Atomic uint32_t intent; /* what an engine was about, for the next to go on; 0 is nothing */
	_Atomic uint64_t exits_sent;    /* serial of the last exit that the guardian has reported */
	_Atomic uint64_t notices_taken; /* out of the channel, by all engines: a sign of life */
	_Atomic uint32_t silence_msec;  /* how long the engine may take none; 0: for ever */
	_Atomic uint32_t engine_begun;  /* the engine has come as far as to take some */
	_Atomic uint32_t process_high;  /* records from here on were never used */
	_Atomic uint32_t free_count;    /* released records below process_high */
	uint64_t notices;               /* serial of the last notice on the bus */
	char boot_id[LEDGER_BOOT_ID_SIZE]; /* of a ledger that is a file; \"\" */
};

struct ledger_life {
	uint32_t state; /* enum process_state */
	int32_t pid;    /* 0: none */
	int32_t
	    tree; /* pid and process group of the last leader, while some of its tree may be left */
	int32_t exit_status;   /* as wait(2) has it, of the last exit */
	int32_t exec_error;    /* errno where the last start failed in execve(2) or before it; 0 */
	uint64_t exits_before; /* an exit of `pid` has a serial above this */
	uint64_t exit_serial;  /* of the last exit applied to this record */
	uint64_t
	    identity; /* of `pid`: what no other process of this boot has with it; 0: unknown */
	uint64_t started_wall_usec;
	uint64_t started_usec; /* monotonic */
	uint64_t ended_wall_usec;
	uint64_t since_wall_usec; /* of the state */
	uint64_t deadline_usec;   /* monotonic; what it is for follows from the state; 0: none */
	uint64_t fingerprint;     /* of the configuration that the process was started with */
	int32_t stop_signal;      /* for the stop of this run; 0: the program's own */
	uint32_t tries;           /* failed starts in a row */
	uint32_t restarts;        /* automatic starts since somebody asked for one */
	bool wanted;              /* it is to be up */
	bool spawning;     /* a child may exist that is not in `pid` yet: see struct ledger_birth */
	bool spawn_failed; /* its last start brought no process */
	bool was_started;
	bool was_ended; /* exit_status means something */
	bool was_expected;
	bool signalled; /* the stop signal has been sent */
	bool foreign;   /* `pid` is the child of a guardian before ours: nobody reports its end */
	bool overdue;   /* SIGKILL has been sent */
	char error[LEDGER_ERROR_SIZE];
};

/* Written by the child itself between clone and exec, so that none can exist that the ledger does
 * not know. A report about that pid with a serial up to exits_before speaks of an earlier process.
 */
struct ledger_birth {
	_Atomic int32_t pid;
	_Atomic int32_t stage; /* where the child failed: enum spawn_stage; 0: it did not */
	_Atomic int32_t error; /* errno of that */
	_Atomic uint64_t exits_before;
};

struct ledger_record;

struct ledger {
	int fd;
	struct ledger_header *header;
	struct ledger_record *records;
};

/* A new ledger in a memfd, or one mapped from a descriptor, which then belongs to it. -errno;
 * -EPROTO where it is of another version. */
int ledger_create(struct ledger *ledger);
int ledger_open(struct ledger *ledger, int fd);

/* True where it is a file, which outlives the guardian (ledger-file.h). */
bool ledger_lasts(const struct ledger *ledger);

/* "start", "crash", ...: as Manager.Status spells them. */
const char *ledger_reason_name(enum ledger_reason reason);

/* A free record, taken for `name`; -ENOSPC when there is none, -ENAMETOOLONG. */
int ledger_take(struct ledger *ledger, const char *name, uint32_t *ret_index);
void ledger_release(struct ledger *ledger, uint32_t index);
bool ledger_is_used(const struct ledger *ledger, uint32_t index);
/* Indexes below this may be used. */
uint32_t ledger_high(const struct ledger *ledger);

const char *ledger_name(const struct ledger *ledger, uint32_t index);
const struct ledger_life *ledger_life(const struct ledger *ledger, uint32_t index);
struct ledger_birth *ledger_birth(const struct ledger *ledger, uint32_t index);
/* What was appended to the name of the AUTO log of a stream (1, 2); "" for none yet. */
char *ledger_log_suffix(const struct ledger *ledger, uint32_t index, int stream);

/* The inodes of its pipes, by the descriptor the child has them under. */
uint64_t *ledger_pipes(const struct ledger *ledger, uint32_t index);

/* Puts `life` in force, at once and whole. */
void ledger_commit(struct ledger *ledger, uint32_t index, const struct ledger_life *life);

#endif
