/* musterd: options, the first look at the configuration, going into the background, the guardian.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/path.h"
#include "daemon/config/check.h"
#include "daemon/engine.h"
#include "daemon/guardian/fdstore.h"
#include "daemon/guardian/guardian.h"
#include "daemon/guardian/handover.h"
#include "daemon/guardian/ledger.h"
#include "daemon/preflight.h"
#include "daemon/process/spawn.h"

/* What a daemon may say until it is ready. */
#define MAIN_EARLY_MAX 16384

#define EXIT_USAGE 2
#define EXIT_SOFTWARE 70

struct main_options {
	const char *config_file;
	char **command; /* the words behind "--"; NULL: none */
	bool foreground;
	bool check;
};

static const struct option long_options[] = {
    {"configuration", required_argument, NULL, 'c'},
    {"nodaemon", no_argument, NULL, 'n'},
    {"check", no_argument, NULL, 't'},
    {"ledger-version", no_argument, NULL, 'L'},
    {"version", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void main_print_usage(FILE *out)
{
	fputs("usage: musterd [-n] [-c FILE] [-- COMMAND [ARGUMENT...]]\n"
	      "       musterd --check [FILE]\n"
	      "\n"
	      "  -c, --configuration FILE  read FILE (default: the first of those below)\n"
	      "  -n, --nodaemon            stay in the foreground\n"
	      "  -t, --check               check the configuration, tell all that is wrong, and "
	      "exit\n"
	      "  -v, --version             print the version and exit\n"
	      "  -h, --help                print this and exit\n"
	      "\n"
	      "COMMAND is run in the foreground, beside what is in FILE or alone: it has our\n"
	      "standard input and output and gets our signals, and when it ends we end with\n"
	      "its exit status.\n"
	      "\n"
	      "Without -c, and without COMMAND, the first of these that is there:\n",
	      out);
	for (const char *const *place = path_config_places(); *place; place++)
		fprintf(out, "  %s\n", *place);
}

static void main_free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* Copies of what stands behind "--": the engine writes its title over the words themselves. */
static char **main_copy_words(char **words)
{
	size_t count = 0;
	char **copy;

	while (words[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i]) {
			main_free_words(copy);
			return NULL;
		}
	}
	return copy;
}

/* Takes "-- COMMAND ARGUMENT...", where `at` is the word behind the "--". */
static void main_take_command(char **at, struct main_options *options)
{
	if (!*at || options->check) {
		fprintf(stderr, "musterd: %s; for help, use musterd -h\n",
		        *at ? "--check runs no command" : "a command is missing after --");
		exit(EXIT_USAGE);
	}
	options->command = main_copy_words(at);
	options->foreground = true;
	if (!options->command) {
		fprintf(stderr, "musterd: out of memory\n");
		exit(EXIT_SOFTWARE);
	}
}

/* Exits where an option asks for nothing more, or makes no sense. */
static void main_parse_options(int argc, char **argv, struct main_options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "+c:ntvh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_file = optarg;
			break;
		case 'n':
			options->foreground = true;
			break;
		case 't':
			options->check = true;
			break;
		case 'L': /* what upgrade_new() reads */
			printf("%s %u\n", MUSTER_VERSION, LEDGER_VERSION);
			exit(0);
		case 'v':
			puts(MUSTER_VERSION);
			exit(0);
		case 'h':
			main_print_usage(stdout);
			exit(0);
		default:
			fprintf(stderr, "For help, use musterd -h\n");
			exit(EXIT_USAGE);
		}
	}
	/* An init has nobody to leave behind. */
	options->foreground |= getpid() == 1;
	/* Not where it is the argument of -c. */
	if (optind > 1 && strcmp(argv[optind - 1], "--") == 0 &&
	    argv[optind - 1] != options->config_file) {
		main_take_command(argv + optind, options);
		return;
	}
	if (options->check && !options->config_file && optind < argc)
		options->config_file = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "musterd: '%s' is not understood here; for help, use musterd -h\n",
		        argv[optind]);
		exit(EXIT_USAGE);
	}
}

/* The absolute path of the configuration file; exits where there is none. */
static void main_find_config(const struct main_options *options, char path[PATH_MAX])
{
	char *found = options->config_file ? strdup(options->config_file) : path_find_config();

	if (!found) {
		fprintf(stderr, "musterd: no configuration file was found; name one with -c, or "
		                "make one of\n");
		for (const char *const *place = path_config_places(); *place; place++)
			fprintf(stderr, "  %s\n", *place);
		exit(EXIT_USAGE);
	}
	if (!realpath(found, path)) {
		fprintf(stderr, "musterd: cannot read %s: %s\n", found, strerror(errno));
		exit(options->check ? 1 : EXIT_USAGE);
	}
	free(found);
}

/* [supervisord] user=: whole and checked, before anything of the daemon runs. */
static int main_drop_privileges(const struct preflight *preflight)
{
	if (!preflight->user[0] || geteuid() != 0)
		return 0;
	if (initgroups(preflight->user, preflight->gid) < 0 ||
	    setresgid(preflight->gid, preflight->gid, preflight->gid) < 0 ||
	    setresuid(preflight->uid, preflight->uid, preflight->uid) < 0)
		return -errno;
	return preflight->uid != 0 && setresuid(0, 0, 0) == 0 ? -EPERM : 0;
}

/* The first look at the configuration, where there is one: 0, or the exit status. */
static int main_look(const struct main_options *options, const char *config_file,
                     struct preflight *ret_preflight)
{
	int r;

	if (!config_file) {
		*ret_preflight = (struct preflight){.usable = true, .umask = (int)umask(022)};
		return 0;
	}
	r = preflight_run(config_file, options->foreground, ret_preflight);
	if (r < 0)
		fprintf(stderr, "musterd: cannot look at the configuration: %s\n", strerror(-r));
	return r < 0 || !ret_preflight->usable ? EXIT_USAGE : 0;
}

static int main_prepare(const struct preflight *preflight, bool foreground)
{
	int r = main_drop_privileges(preflight);

	if (r < 0) {
		fprintf(stderr, "musterd: cannot become user %s: %s\n", preflight->user,
		        strerror(-r));
		return r;
	}
	if (preflight->directory[0] && !foreground && chdir(preflight->directory) < 0) {
		r = -errno;
		fprintf(stderr, "musterd: cannot change to directory %s: %s\n",
		        preflight->directory, strerror(-r));
		return r;
	}
	umask(preflight->umask < 0 ? 022 : (mode_t)preflight->umask);
	return 0;
}

/*
 * In the process that was started: waits until the daemon is ready (a NUL byte comes), or has
 * ended; then what it has said is for whoever started it, who does not read its log.
 */
static _Noreturn void main_wait_for_daemon(pid_t pid, int ready_fd)
{
	char text[MAIN_EARLY_MAX];
	size_t used = 0;
	int status;
	ssize_t n;

	while ((n = read(ready_fd, text + used, sizeof(text) - used)) > 0) {
		if (memchr(text + used, '\0', (size_t)n))
			exit(0);
		used += (size_t)n;
		if (used == sizeof(text))
			used = 0; /* the last of it tells most */
	}
	(void)fwrite(text, 1, used, stderr);
	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		exit(WEXITSTATUS(status));
	exit(EXIT_SOFTWARE);
}

/* Goes into the background. The descriptor by which to tell that the daemon is ready, or -errno. */
static int main_daemonize(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int ends[2];
	pid_t pid;

	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid > 0) {
		close(ends[1]);
		main_wait_for_daemon(pid, ends[0]);
	}
	close(ends[0]);
	if (setsid() < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(null, fd) < 0)
			return -errno;
	close(null);
	return ends[1];
}

/*
 * How an upgrade calls the new binary: as we were called, with what we have found out since. The
 * array is the caller's to free. NULL when out of memory.
 */
static char **main_say_again(char *name, const struct engine_options *engine)
{
	size_t words = 0, count = 0;
	char **argv;

	while (engine->command && engine->command[words])
		words++;
	argv = calloc(words + 6, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[count++] = name;
	if (engine->foreground)
		argv[count++] = (char *)(uintptr_t) "-n";
	if (engine->config_file) {
		argv[count++] = (char *)(uintptr_t) "-c";
		argv[count++] = (char *)(uintptr_t)engine->config_file;
	}
	if (words)
		argv[count++] = (char *)(uintptr_t) "--";
	for (size_t i = 0; i < words; i++)
		argv[count++] = engine->command[i];
	return argv;
}

/* All that is done once, however often the daemon is upgraded. 0, or the exit status. */
static int main_begin(const struct main_options *options, struct engine_options *engine,
                      char ledger_file[PATH_MAX])
{
	struct preflight preflight;
	int r = main_look(options, engine->config_file, &preflight);

	if (r != 0)
		return r;
	engine->foreground |= preflight.nodaemon;
	if (main_prepare(&preflight, engine->foreground) < 0)
		return EXIT_USAGE;
	/* Where it cannot be made, the guardian says what it cannot open. */
	/* Whoever process 1 had ends with it. */
	if (getpid() == 1)
		preflight.ledger[0] = '\0';
	if (preflight.ledger[0])
		(void)mkdir(preflight.run_dir, geteuid() == 0 ? 0755 : 0700);
	snprintf(ledger_file, PATH_MAX, "%s", preflight.ledger);
	if (engine->foreground)
		return 0;
	engine->ready_fd = main_daemonize();
	if (engine->ready_fd >= 0)
		return 0;
	fprintf(stderr, "musterd: cannot go into the background: %s\n",
	        strerror(-engine->ready_fd));
	return EXIT_SOFTWARE;
}

/* The configuration's absolute path, where there is to be one. */
static void main_place_config(const struct main_options *options, bool resumed, char path[PATH_MAX],
                              struct engine_options *engine)
{
	if (options->command && !options->config_file)
		return;
	/* In an upgrade it is an absolute path, of a file that may be gone by now. */
	if (resumed && options->config_file)
		snprintf(path, PATH_MAX, "%s", options->config_file);
	else
		main_find_config(options, path);
	engine->config_file = path;
}

int main(int argc, char **argv)
{
	struct main_options options = {0};
	struct engine_options engine = {.ready_fd = -1};
	struct guardian_options guardian = {.engine = engine_main, .engine_arg = &engine};
	char config_file[PATH_MAX], binary[PATH_MAX] = "", ledger_file[PATH_MAX] = "";
	struct fdstore fdstore = {0};
	char **again;
	int r;

	guardian.handover = handover_find();
	if (guardian.handover < 0 && fdstore_take(&fdstore) < 0)
		fprintf(stderr, "musterd: what the service manager has kept cannot be used\n");
	guardian.fdstore = &fdstore;
	r = spawn_reserve(guardian.handover >= 0 || fdstore.count);
	if (r < 0) {
		fprintf(stderr, "musterd: cannot open /dev/null: %s\n", strerror(-r));
		return EXIT_SOFTWARE;
	}
	main_parse_options(argc, argv, &options);
	main_place_config(&options, guardian.handover >= 0, config_file, &engine);
	if (options.check)
		return config_check(config_file, stdout);
	if (readlink("/proc/self/exe", binary, sizeof(binary) - 1) < 0)
		fprintf(stderr, "musterd: cannot tell which file it is: %s\n", strerror(errno));
	engine.binary = binary;
	engine.command = options.command;
	engine.foreground = options.foreground;
	r = guardian.handover >= 0 ? 0 : main_begin(&options, &engine, ledger_file);
	if (r != 0)
		return r;
	/* The words lie one behind the other (execve(2)). */
	engine.title = argv[0];
	engine.title_size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
	engine.umask = umask(022);
	umask(engine.umask);
	again = main_say_again(argv[0], &engine);
	guardian.ledger_file = ledger_file[0] ? ledger_file : NULL;
	guardian.argv = again;
	r = again ? guardian_run(&guardian) : EXIT_SOFTWARE;
	free(again);
	main_free_words(options.command);
	return r;
}
