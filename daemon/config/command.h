/* The program of musterd's own command line, `musterd -- CMD ARGS...`: no section stands for it. */
#ifndef MUSTER_CONFIG_COMMAND_H
#define MUSTER_CONFIG_COMMAND_H

struct config;
struct load;
struct program_set;

/* load->config->command as the one program of a set, in a group of its name. -ENOMEM. */
int command_read(struct load *load, struct program_set *ret_set);

/* How the daemon is to be where no file says it: its log goes to standard error and holds what is
 * wrong only, and it leaves no files. */
void command_set_daemon(struct config *config);

#endif
