/* Our terminal in raw mode (termios(3)): each byte goes on as it is typed, and is not echoed here.
 */
#ifndef MUSTER_CLI_RAW_H
#define MUSTER_CLI_RAW_H

struct raw;

/* Standard input's terminal; NULL where it is none. It is as before after raw_end(), and also where
 * the program exits without it. */
struct raw *raw_begin(void);
void raw_end(struct raw *raw);

/* SIGTERM, SIGHUP and SIGQUIT are held meanwhile: a descriptor that is readable when one has come,
 * and the end of the program by it, after raw_end(). */
int raw_signal_fd(const struct raw *raw);
void raw_die(struct raw *raw) __attribute__((noreturn));

#endif
