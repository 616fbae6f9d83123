/* What a signal to the daemon means. */
#ifndef MUSTER_PROCESS_SIGNALS_H
#define MUSTER_PROCESS_SIGNALS_H

struct context;
struct supervisor;

/*
 * Acts on a signal that the guardian got. Where there is a foreground program it is the one that
 * gets the signal, as it would without us; but those that mean an end stop it, and everything else.
 */
void signals_act(struct supervisor *supervisor, const struct context *context, int signal);

#endif
