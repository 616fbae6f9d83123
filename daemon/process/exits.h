/*
 * The notices of the guardian: exits, each applied exactly once, and signals. A notice is looked
 * at, its effect is committed to the ledger, and only then is it taken from the channel.
 */
#ifndef MUSTER_PROCESS_EXITS_H
#define MUSTER_PROCESS_EXITS_H

struct context;
struct exits;

typedef void (*exits_signal_cb)(void *arg, int signal);

/* Begins to listen. NULL when out of memory. */
struct exits *exits_new(const struct context *context, exits_signal_cb signalled, void *arg);
/* Applies all that is there now, and what comes meanwhile. */
void exits_catch_up(struct exits *exits);
void exits_free(struct exits *exits);

#endif
