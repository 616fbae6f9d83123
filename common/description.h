/* The Varlink interface descriptions of common/api/, embedded when the program is built. */
#ifndef MUSTER_COMMON_DESCRIPTION_H
#define MUSTER_COMMON_DESCRIPTION_H

struct description {
	const char *interface; /* "org.muster.Process" */
	const char *text;      /* its .varlink file */
};

/* By name, ended by a row without one. */
extern const struct description descriptions[];

#endif
