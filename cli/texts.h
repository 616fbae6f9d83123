/* Texts that live until the end of an answer: many small ones in few allocations. */
#ifndef MUSTER_CLI_TEXTS_H
#define MUSTER_CLI_TEXTS_H

#include <stddef.h>

struct texts;

/* Never NULL. */
struct texts *texts_new(void);
void texts_free(struct texts *texts);

/* Room for `size` bytes, not zeroed and not aligned, until the texts are freed. */
char *texts_take(struct texts *texts, size_t size);

#endif
