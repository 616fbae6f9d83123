/* What the reader of lines (ini-read.c) puts into the store (ini.c). */
#ifndef MUSTER_CONFIG_INI_STORE_H
#define MUSTER_CONFIG_INI_STORE_H

#include "daemon/config/ini.h"

struct arena;

/* Where all texts of it live. */
struct arena *ini_arena(struct ini *ini);

/* The section, or the option with its value emptied; made where it is not there. NULL when out of
 * memory. */
struct ini_section *ini_open_section(struct ini *ini, const char *name, const struct ini_file *file,
                                     int line);
struct ini_option *ini_open_option(struct ini *ini, struct ini_section *section, const char *name,
                                   const struct ini_file *file, int line);

#endif
