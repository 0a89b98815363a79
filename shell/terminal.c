/*
 * The terminal apart from line editing. Signals are blocked and asked for, so that there is no handler
 * and no state outside the caller's.
 */
#include "config.h"

#include "shell/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct terminal {
	struct termios before; /* as found; given back by close */
};

struct terminal *
terminal_open(void)
{
	struct terminal *t;
	struct termios quiet;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t || tcgetattr(STDIN_FILENO, &t->before)) {
		free(t);
		return NULL;
	}
	/* a router's shell is not suspended by Ctrl+Z nor killed by Ctrl+\ */
	quiet = t->before;
	quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
	quiet.c_cc[VQUIT] = _POSIX_VDISABLE;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	return t;
}

void
terminal_close(struct terminal *t)
{
	if (!t)
		return;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before);
	free(t);
}

void
terminal_size(const struct terminal *t, size_t *lines, size_t *columns)
{
	struct winsize w = { 0 };

	(void)t;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	*lines = w.ws_row ? w.ws_row : 24;
	*columns = w.ws_col ? w.ws_col : 80;
}

static bool
key_of(char c, enum pager_key *key)
{
	switch (c) {
	case ' ': *key = PAGER_PAGE; return true;
	case '\r':
	case '\n': *key = PAGER_LINE; return true;
	case 'q':
	case 'Q':
	case 3: *key = PAGER_LEAVE; return true;
	default: return false;
	}
}

enum pager_key
terminal_key(void *terminal)
{
	struct termios now, raw;
	enum pager_key key = PAGER_LEAVE;
	ssize_t n;
	char c;

	(void)terminal;
	tcgetattr(STDIN_FILENO, &now);
	raw = now;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	do
		n = read(STDIN_FILENO, &c, 1);
	while ((n < 0 && errno == EINTR) || (n == 1 && !key_of(c, &key)));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	return key;
}

static void
interrupt_mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(how, &set, NULL);
}

void
interrupt_begin(void)
{
	interrupt_mask(SIG_BLOCK);
}

bool
interrupt_seen(void *unused)
{
	sigset_t set;
	int sig;

	(void)unused;
	sigpending(&set);
	if (!sigismember(&set, SIGINT))
		return false;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigwait(&set, &sig);
	return true;
}

void
interrupt_end(void)
{
	interrupt_mask(SIG_UNBLOCK);
}
