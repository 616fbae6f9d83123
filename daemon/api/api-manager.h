/* What the files of org.muster.Manager share. */
#ifndef MUSTER_API_API_MANAGER_H
#define MUSTER_API_API_MANAGER_H

struct api_call;
struct api_method;
struct config_notes;

extern const struct api_method api_manager_update;
extern const struct api_method api_manager_upgrade;
extern const struct api_method api_manager_watch;

/* Answers NotNow, with the supervisor's state. */
void api_manager_refuse_now(struct api_call *call);
/*
 * Answers for a configuration that could not be read: `error` (-errno), or the first fault that is
 * in the notes.
 */
void api_manager_refuse_config(struct api_call *call, int error, const struct config_notes *notes);

#endif
