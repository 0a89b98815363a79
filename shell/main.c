/*
 * yongsh, the router command shell: arguments, where lines come from, and the exit status.
 */
#include "config.h"

#include "lib/err.h"
#include "lib/log.h"
#include "shell/batch.h"
#include "shell/session.h"
#include "shell/shell.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

struct arguments {
	const char *dir;
	const char *file;
	char **command; /* of argv */
	size_t n_commands;
	bool json;
};

static const char usage[] = "usage: yongsh [-hjV] [-s DIR] [-c COMMAND ...] [-f FILE]\n";

/* -1 to go on, or the exit status. */
static int
parse_arguments(int argc, char **argv, struct arguments *a)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:c:f:jhV")) != -1) {
		switch (opt) {
		case 's': a->dir = optarg; break;
		case 'c': a->command[a->n_commands++] = optarg; break;
		case 'f': a->file = optarg; break;
		case 'j': a->json = true; break;
		case 'h': fputs(usage, stdout); return 0;
		case 'V': printf("yongsh %s\n", PACKAGE_VERSION); return 0;
		default: fputs(usage, stderr); return EXIT_USAGE;
		}
	}
	if (optind < argc || (a->file && a->n_commands)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* What was committed is in effect when the program ends. */
static int
settle(struct shell *sh, int rc)
{
	struct err e;
	int settled = session_settle(sh, &e);

	if (settled) {
		sh->line = 0;
		shell_fail(sh, settled, &e);
	}
	return rc ? rc : settled;
}

static int
run_commands(struct shell *sh, const struct arguments *a)
{
	int rc = 0;

	sh->file = "-c";
	for (size_t i = 0; !rc && i < a->n_commands; i++) {
		sh->line = (unsigned int)i + 1;
		rc = session_line(sh, a->command[i]);
	}
	return settle(sh, rc == 1 ? 0 : rc);
}

static int
run_stdin(struct shell *sh)
{
	char *line = NULL;
	size_t cap = 0;
	int rc = 0;

	sh->file = "-";
	while (!rc && getline(&line, &cap, stdin) >= 0) {
		sh->line++;
		line[strcspn(line, "\r\n")] = '\0';
		rc = session_line(sh, line);
	}
	free(line);
	return settle(sh, rc == 1 ? 0 : rc);
}

static int
run(const struct arguments *a)
{
	const struct session_options o = { .dir = a->dir,
		.json = a->json,
		.interactive =
			!a->file && !a->n_commands && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
		.batch = a->file != NULL,
		.sock = -1,
		.stream = stdout,
		.errors = stderr };
	struct shell *sh;
	struct err e;
	int rc = session_open(&o, &sh, &e);

	if (rc) {
		fprintf(stderr, "yongsh: Error: %s\n", e.text);
		return rc == -ECONNREFUSED ? EXIT_NO_DAEMON : EXIT_FAILED;
	}
	if (a->file)
		rc = batch_run(sh, a->file);
	else if (a->n_commands)
		rc = run_commands(sh, a);
	else if (o.interactive)
		rc = session_interactive(sh);
	else
		rc = run_stdin(sh);
	if (rc && sh->no_daemon)
		rc = EXIT_NO_DAEMON;
	else
		rc = rc ? EXIT_FAILED : EXIT_SUCCESS;
	session_close(sh);
	return rc;
}

int
main(int argc, char **argv)
{
	struct arguments a = { .dir = STATEDIR };
	int rc;

	if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8"); /* texts are UTF-8 whatever the login says */
	signal(SIGPIPE, SIG_IGN);
	log_init("yongsh", 1, LOG_LV_WARN);
	a.command = calloc((size_t)argc, sizeof(*a.command));
	if (!a.command)
		return EXIT_FAILED;
	rc = parse_arguments(argc, argv, &a);
	if (rc < 0)
		rc = run(&a);
	free(a.command);
	if (fflush(stdout))
		rc = rc ? rc : EXIT_FAILED;
	return rc;
}
