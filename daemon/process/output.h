/*
 * What a process writes, on its way from the pipe to the log file.
 *
 * A pipe is treated as a network card treats packets: the first byte wakes the engine; once the
 * pipe has been drained it is not watched again but looked at after a nap, together with all
 * others, until a nap has brought nothing. Many slow writers so cost a few wake-ups for all of
 * them, and an idle one none. A pipe that fills during its nap is made larger and gets shorter
 * naps, or none.
 *
 * A file that takes nothing (disk full) leaves the bytes in the pipe: it is tried again, said once,
 * and only the process behind this pipe waits.
 */
#ifndef MUSTER_PROCESS_OUTPUT_H
#define MUSTER_PROCESS_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct logfile;
struct loop;
struct output;
struct pump;

/* The naps, shared by all outputs. NULL when out of memory. */
struct pump *pump_new(struct loop *loop);
void pump_free(struct pump *pump);

/* Bytes have been stored in the file. */
typedef void (*output_cb)(void *arg);

/*
 * Begins to move what comes from `pipe` (borrowed) to `file` (borrowed). `stored` may be NULL. NULL
 * when out of memory.
 */
struct output *output_new(struct pump *pump, int pipe, struct logfile *file, output_cb stored,
                          void *arg);
void output_free(struct output *output);

/* Moves everything that is in the pipe now. */
void output_flush(struct output *output);

/* How often the file has refused bytes that were there. */
uint64_t output_stalls(const struct output *output);

#endif
