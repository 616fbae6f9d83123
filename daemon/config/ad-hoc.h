/*
 * A process that no file names: what a caller of Run asked for, read through the rows of
 * [program:x]. Its options are taken as they are, without %(...); its words are not taken apart.
 */
#ifndef MUSTER_CONFIG_AD_HOC_H
#define MUSTER_CONFIG_AD_HOC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/config/config.h"

/* Bytes of all its texts together. */
#define AD_HOC_SIZE_MAX (256u * 1024u)
/* Variables of the caller's environment. */
#define AD_HOC_ENVIRONMENT_MAX 1024u

/* All of it borrowed. */
struct ad_hoc {
	const char *name;
	const char *const *argv;    /* NULL-ended */
	const char *const *options; /* key, value, key, value, ... NULL */
	const char *const
	    *environment;          /* "KEY=value"; environment= of the options is laid over it */
	struct user_config caller; /* who asks: it runs as that user; name is not looked at */
	/* It ends when the caller does: who that is. */
	bool daemon;
	pid_t caller_pid; /* 0: not known */
	uint64_t caller_start_ticks;
};

/* What is wrong with it; both live as long as the configuration. */
struct ad_hoc_fault {
	const char *option; /* a key of the options, or a member of struct ad_hoc */
	const char *why;    /* NULL: nothing is wrong */
};

/*
 * A configuration of one group of one process. `environment` ([supervisord]'s, may be NULL) comes
 * under that of the caller. Where something is wrong the process is there, and broken. -ENOMEM.
 */
int config_load_ad_hoc(const struct ad_hoc *wanted, char *const *environment,
                       struct ad_hoc_fault *ret_fault, struct config **ret_config);

/* A name made of the first word of a command: its last part, with what no name may have replaced.
 */
#define AD_HOC_NAME_SIZE 64u
void ad_hoc_make_name(const char *word, char name[AD_HOC_NAME_SIZE]);

#endif
