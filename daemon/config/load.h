/* What the steps of config_load() share, and the steps. */
#ifndef MUSTER_CONFIG_LOAD_H
#define MUSTER_CONFIG_LOAD_H

#include "daemon/config/config.h"
#include "daemon/config/expand.h"
#include "daemon/config/table.h"

struct arena;
struct ini;
struct ini_file;
struct user_cache;

struct load {
	struct config *config;
	struct config_notes *notes;
	struct source *source;
	struct arena *arena;   /* the configuration's: what stays */
	struct arena *scratch; /* what goes when the load is done */
	struct ini *ini;
	struct user_cache *users;
	struct expand_scope scope; /* what every section may use */
	uid_t uid;                 /* who the daemon is going to be */
	size_t process_count;
	void *defaults[SECTION_KIND_COUNT]; /* a target with all defaults set, made when first
	                                       needed */
	const struct ini_file *file; /* the file of the last section, and its path in `arena` */
	char *file_path;
};

/* Reads the main file and all that it includes into load->ini. As config_load(). */
int include_read(struct load *load, const char *file);

/* [supervisord], [musterd], the servers, the client. -ENOMEM. */
int daemon_read(struct load *load);

/* All groups with their programs, into load->config. -ENOMEM. */
int group_read_all(struct load *load);

/* Whether what each daemon_of= names is there, and no circle; what is wrong breaks its program. The
 * fingerprints of groups are taken after it. -ENOMEM. */
int daemon_of_check(struct load *load);

#endif
