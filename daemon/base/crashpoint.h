/*
 * Crash points: places where an engine of a test build kills itself with SIGKILL when it is told
 * to, so that each can be tried by itself. Another build has nothing of it.
 *
 * The environment variable MUSTER_CRASH_POINT names a file. Where that holds "NAME N", the N-th
 * passage (1 to 9) of the point with that name is the end; the file is removed first, so that the
 * next engine passes. tests/chaos/points.py walks over all of them.
 */
#ifndef MUSTER_BASE_CRASHPOINT_H
#define MUSTER_BASE_CRASHPOINT_H

#include <sys/types.h>

/* One row a point: what has been done by then, or is about to be. */
#define CRASH_POINTS(X)                                                                    \
	/* an engine's beginning */                                                        \
	X(ENGINE_FENCED, "engine-fenced")                                                  \
	X(ENGINE_CONFIGURED, "engine-configured")                                          \
	X(SOCKET_MADE, "socket-made")                                                      \
	X(SOCKET_KEPT, "socket-kept")                                                      \
	X(ENGINE_LISTENING, "engine-listening")                                            \
	X(ENGINE_ADOPTED, "engine-adopted")                                                \
	X(ENGINE_CAUGHT_UP, "engine-caught-up")                                            \
	X(ENGINE_RECOVERED, "engine-recovered")                                            \
	/* any change of state: written but not in force; in force but nothing done yet */ \
	X(STATE_WRITTEN, "state-written")                                                  \
	X(STATE_COMMITTED, "state-committed")                                              \
	X(DEADLINE_COME, "deadline-come")                                                  \
	/* a start */                                                                      \
	X(RECORD_TAKEN, "record-taken")                                                    \
	X(PIPES_MADE, "pipes-made")                                                        \
	X(PIPES_KEPT, "pipes-kept")                                                        \
	X(SPAWN_ANNOUNCED, "spawn-announced")                                              \
	X(CHILD_BORN, "child-born")                                                        \
	X(CHILD_ENTERED, "child-entered")                                                  \
	X(CHILD_CLONED, "child-cloned")                                                    \
	X(CHILD_TAKEN, "child-taken")                                                      \
	X(SPAWN_FAILED, "spawn-failed")                                                    \
	/* an end */                                                                       \
	X(EXIT_PEEKED, "exit-peeked")                                                      \
	X(EXIT_SETTLED, "exit-settled")                                                    \
	X(EXIT_APPLIED, "exit-applied")                                                    \
	X(EXIT_CONSUMED, "exit-consumed")                                                  \
	X(SIGNAL_APPLIED, "signal-applied")                                                \
	X(STOP_SIGNALLED, "stop-signalled")                                                \
	X(KILL_SIGNALLED, "kill-signalled")                                                \
	X(TREE_TOLD, "tree-told")                                                          \
	X(TREE_GONE, "tree-gone")                                                          \
	X(PIPES_FORGOTTEN, "pipes-forgotten")                                              \
	X(PIPES_DROPPED, "pipes-dropped")                                                  \
	/* logs */                                                                         \
	X(LOG_SPLICED, "log-spliced")                                                      \
	X(LOG_COPIED, "log-copied")                                                        \
	X(LOG_SHIFTED, "log-shifted")                                                      \
	X(LOG_ROTATED, "log-rotated")                                                      \
	X(LOG_EMPTIED, "log-emptied")                                                      \
	/* an update */                                                                    \
	X(UPDATE_REMEMBERED, "update-remembered")                                          \
	X(UPDATE_STOPPED, "update-stopped")                                                \
	X(UPDATE_REMOVED, "update-removed")                                                \
	X(UPDATE_ADDED, "update-added")                                                    \
	X(UPDATE_REPLACED, "update-replaced")                                              \
	X(UPDATE_KEPT, "update-kept")                                                      \
	X(UPDATE_LAYERED, "update-layered")                                                \
	X(UPDATE_FORGOTTEN, "update-forgotten")                                            \
	/* the end of everything, or of everything but the daemon */                       \
	X(END_INTENDED, "end-intended")                                                    \
	X(END_STOPPED, "end-stopped")                                                      \
	X(SOCKET_REMOVED, "socket-removed")                                                \
	X(CONFIG_FORGOTTEN, "config-forgotten")                                            \
	X(RECORD_RELEASED, "record-released")                                              \
	X(RECORDS_RELEASED, "records-released")

#ifdef MUSTER_CRASH_POINTS

enum crash_point {
#define CRASH_POINT_VALUE(value, name) CRASH_##value,
	CRASH_POINTS(CRASH_POINT_VALUE) CRASH_POINT_COUNT
#undef CRASH_POINT_VALUE
};

void crash_point(enum crash_point point);

/* In a child between clone and exec: it is `engine` that is killed, and the child goes on after a
 * moment, as one would that got no turn meanwhile. */
void crash_point_of_engine(enum crash_point point, pid_t engine);

#else
#define crash_point(point) ((void)0)
#define crash_point_of_engine(point, engine) ((void)0)
#endif

#endif
