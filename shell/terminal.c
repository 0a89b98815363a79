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

enum { CTRL_C = 3 };

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
	case CTRL_C: *key = PAGER_LEAVE; return true;
	default: return false;
	}
}

/* Keys one by one, neither echoed nor made into signals, until key_mode_end. */
static void
key_mode_begin(struct termios *before)
{
	struct termios raw;

	tcgetattr(STDIN_FILENO, before);
	raw = *before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

static void
key_mode_end(const struct termios *before)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, before);
}

/* The next key; CTRL_C at the end of input too. */
static char
read_key(void)
{
	ssize_t n;
	char c;

	/* a Ctrl+C from before the keys were ours was a signal still */
	if (interrupt_seen(NULL))
		return CTRL_C;
	do
		n = read(STDIN_FILENO, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? c : CTRL_C;
}

enum pager_key
terminal_key(void *terminal)
{
	struct termios before;
	enum pager_key key;

	(void)terminal;
	key_mode_begin(&before);
	while (!key_of(read_key(), &key))
		;
	key_mode_end(&before);
	return key;
}

static void
echo(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		return; /* the terminal is gone; so will its keys be */
}

int
terminal_answer(struct terminal *t, char *answer, size_t cap)
{
	struct termios before;
	size_t len = 0;
	char c;

	(void)t;
	key_mode_begin(&before);
	while ((c = read_key()) != CTRL_C && c != '\r' && c != '\n') {
		if ((c == '\b' || c == 0x7f) && len) {
			len--;
			echo("\b \b");
		} else if (c >= ' ' && c < 0x7f && len + 1 < cap) {
			echo((const char[]){ c, '\0' });
			answer[len++] = c;
		}
	}
	echo("\r\n");
	key_mode_end(&before);
	answer[len] = '\0';
	return c == CTRL_C ? -1 : 0;
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
