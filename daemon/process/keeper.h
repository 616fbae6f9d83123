/*
 * Descriptors on their way into the guardian's store, several in one order: each order wakes the
 * guardian, on a machine that has a process to start at that moment.
 */
#ifndef MUSTER_PROCESS_KEEPER_H
#define MUSTER_PROCESS_KEEPER_H

#include <stdint.h>

struct context;
struct keeper;

/* NULL when out of memory. The context is looked at when there is something to be sent. */
struct keeper *keeper_new(const struct context *context);
void keeper_free(struct keeper *keeper);

/*
 * `fd` belongs to the store under that number from now on; the guardian has it after
 * keeper_flush(), which must come before anything depends on that.
 */
void keeper_add(struct keeper *keeper, uint32_t slot, int fd);
void keeper_flush(struct keeper *keeper);

#endif
