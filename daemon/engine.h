/* The engine: everything but the guardian's work, put together and run until its end. */
#ifndef MUSTER_DAEMON_ENGINE_H
#define MUSTER_DAEMON_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct handoff;

/* What main read from the command line and from the first look at the configuration. */
struct engine_options {
	const char *config_file; /* absolute; NULL: none */
	const char *binary;      /* absolute path of the program itself */
	char *const *command; /* what is run beside the file (config_load_with()); NULL: nothing */
	bool foreground;
	mode_t umask;
	char *title; /* the words of the command line, which ps shows; the engine writes its own
	                there */
	size_t title_size;
	int ready_fd; /* one byte is written when the daemon is ready, for who started it; -1: none
	               */
};

/* As guardian_engine; arg is a struct engine_options. */
int engine_main(const struct handoff *handoff, void *arg);

#endif
