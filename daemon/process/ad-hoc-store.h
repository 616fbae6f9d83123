/*
 * What Run was asked for, in a memfd in the guardian's store beside the pipes of the process: an
 * engine that starts again makes the same program of it.
 */
#ifndef MUSTER_PROCESS_AD_HOC_STORE_H
#define MUSTER_PROCESS_AD_HOC_STORE_H

#include <stdint.h>

#include "daemon/config/ad-hoc.h"

struct context;
struct ad_hoc_copy;

/* Keeps it for the record; the guardian has it when this returns. -EMFILE, -errno. */
int ad_hoc_keep(const struct context *context, uint32_t record, const struct ad_hoc *wanted);

/*
 * What was kept for the record; ad_hoc_copy_wanted() points into the copy, which is to be freed.
 * -ENOENT where nothing was kept, -EBADMSG where it makes no sense, -EPROTO where another version
 * wrote it, -errno.
 */
int ad_hoc_recall(const struct context *context, uint32_t record, struct ad_hoc_copy **ret_copy);
const struct ad_hoc *ad_hoc_copy_wanted(const struct ad_hoc_copy *copy);
void ad_hoc_copy_free(struct ad_hoc_copy *copy);

#endif
