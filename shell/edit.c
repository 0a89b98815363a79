/*
 * libedit, fenced in: the only file that knows it. What libedit does to a terminal by itself (NULs while
 * redrawing, echo of type-ahead, signals) is switched off here.
 */
#include "config.h"

#include "shell/edit.h"

#include "shell/recall.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { TYPED_MAX = 2048, WORDS_MAX = 256 };

struct edit {
	struct edit_ops ops;
	EditLine *el;
	History *hist;
	char prompt[256];
	char line[TYPED_MAX];
	bool returned;	/* Ctrl+Z ended the line */
	bool cancelled; /* Ctrl+C did */
	unsigned short columns;

	/* TAB: the words that fit, the line they were asked for, and what stands there now */
	char *words[WORDS_MAX];
	size_t n_words;
	size_t word;
	size_t start;
	char completed[TYPED_MAX];
};

const char EDIT_RETURN[] = "return";

static struct edit *
self(EditLine *el)
{
	void *ed = NULL;

	el_get(el, EL_CLIENTDATA, &ed);
	return ed;
}

static char *
show_prompt(EditLine *el)
{
	struct edit *ed = self(el);

	return ed->prompt;
}

/* The line up to the cursor. */
static void
before_cursor(EditLine *el, char *out, size_t cap)
{
	const LineInfo *li = el_line(el);
	size_t len = (size_t)(li->cursor - li->buffer);

	if (len >= cap)
		len = cap - 1;
	memcpy(out, li->buffer, len);
	out[len] = '\0';
}

static unsigned char
key_help(EditLine *el, int ch)
{
	struct edit *ed = self(el);
	char line[TYPED_MAX];

	before_cursor(el, line, sizeof(line));
	fputs("?\n", stdout);
	ed->ops.help(ed->ops.arg, line);
	fflush(stdout);
	return CC_REDISPLAY;
}

static void
words_forget(struct edit *ed)
{
	for (size_t i = 0; i < ed->n_words; i++)
		free(ed->words[i]);
	ed->n_words = ed->word = 0;
}

static void
words_add(void *arg, const char *word)
{
	struct edit *ed = arg;

	if (ed->n_words < WORDS_MAX && (ed->words[ed->n_words] = strdup(word)))
		ed->n_words++;
}

/* The rest of the only word that fits, as if it were typed: the terminal need not be redrawn. False: what
 * stands there is spelled otherwise. */
static bool
words_type(const struct edit *ed, EditLine *el, const char *line, const char *word)
{
	const char *typed = line + ed->start;
	char text[TYPED_MAX];

	if (strncmp(word, typed, strlen(typed)) != 0)
		return false;
	snprintf(text, sizeof(text), "%s ", word + strlen(typed));
	el_push(el, text);
	return true;
}

/* Puts a word where the line has one that begins at ed->start. */
static void
words_put(struct edit *ed, EditLine *el, const char *line, const char *word, const char *tail)
{
	char text[TYPED_MAX];

	el_deletestr(el, (int)(strlen(line) - ed->start));
	snprintf(text, sizeof(text), "%s%s", word, tail);
	el_insertstr(el, text);
	before_cursor(el, ed->completed, sizeof(ed->completed));
}

static unsigned char
key_complete(EditLine *el, int ch)
{
	struct edit *ed = self(el);
	char line[TYPED_MAX];

	before_cursor(el, line, sizeof(line));
	if (ed->n_words > 1 && !strcmp(line, ed->completed)) {
		ed->word = (ed->word + 1) % ed->n_words;
	} else {
		words_forget(ed);
		ed->ops.complete(ed->ops.arg, line, &ed->start, words_add, ed);
		if (!ed->n_words || ed->start > strlen(line))
			return CC_NORM;
	}
	if (ed->n_words == 1 && words_type(ed, el, line, ed->words[0])) {
		words_forget(ed);
		return CC_NORM;
	}
	if (ed->n_words == 1) {
		words_put(ed, el, line, ed->words[0], " ");
		words_forget(ed);
		return CC_REFRESH;
	}
	words_put(ed, el, line, ed->words[ed->word], "");
	fputc('\n', stdout);
	fflush(stdout);
	return CC_REDISPLAY;
}

/* Ends the line as if it were empty. */
static unsigned char
leave_line(EditLine *el, bool *why)
{
	const LineInfo *li = el_line(el);

	*why = true;
	el_cursor(el, (int)(li->lastchar - li->cursor));
	li = el_line(el);
	el_deletestr(el, (int)(li->lastchar - li->buffer));
	el_insertstr(el, "\n");
	fputc('\n', stdout);
	fflush(stdout);
	return CC_NEWLINE;
}

static unsigned char
key_return(EditLine *el, int ch)
{
	struct edit *ed = self(el);

	return leave_line(el, &ed->returned);
}

static unsigned char
key_cancel(EditLine *el, int ch)
{
	return leave_line(el, &self(el)->cancelled);
}

static void
bind_keys(EditLine *el)
{
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_ADDFN, "yd-help", "help at this place", key_help);
	el_set(el, EL_ADDFN, "yd-complete", "complete the word", key_complete);
	el_set(el, EL_ADDFN, "yd-return", "return to the user view", key_return);
	el_set(el, EL_ADDFN, "yd-cancel", "give the line up", key_cancel);
	el_set(el, EL_BIND, "?", "yd-help", NULL);
	el_set(el, EL_BIND, "\t", "yd-complete", NULL);
	el_set(el, EL_BIND, "^Z", "yd-return", NULL);
	el_set(el, EL_BIND, "^C", "yd-cancel", NULL);
}

static void
tame_terminal(EditLine *el)
{
	/* a redraw without these sends NULs on a vt100 */
	el_set(el, EL_SETTC, "ce", "\033[K", NULL);
	el_set(el, EL_SETTC, "cd", "\033[J", NULL);
	/* while a command runs what is typed ahead is neither echoed nor edited nor a signal, but Ctrl+C:
	 * the editor shows it when its turn comes */
	el_set(el, EL_SETTY, "-x", "-echo", "-icanon", "susp=", "quit=", NULL);
	el_set(el, EL_SETTY, "-d", "-isig", NULL);
}

/* What came meanwhile stands above the line that is being typed. */
static void
show_news(struct edit *ed, EditLine *el)
{
	fputs("\r\033[K", stdout);
	fflush(stdout);
	ed->ops.news(ed->ops.arg);
	el_set(el, EL_REFRESH);
}

/* Until a key waits, or the end of the input. */
static void
wait_for_key(struct edit *ed, EditLine *el)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };

	for (;;) {
		p[1].fd = ed->ops.news_fd(ed->ops.arg); /* poll passes over a negative one */
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents)
			show_news(ed, el);
		if (p[0].revents)
			return;
	}
}

/* A key, of as many bytes as it has. */
static int
read_key(EditLine *el, wchar_t *key)
{
	mbstate_t state = { 0 };
	ssize_t n;
	char c;

	for (;;) {
		wait_for_key(self(el), el);
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return (int)n;
		switch (mbrtowc(key, &c, 1, &state)) {
		case (size_t)-1: memset(&state, 0, sizeof(state)); break;
		case (size_t)-2: break;
		default: return 1;
		}
	}
}

struct edit *
edit_new(const struct edit_ops *ops)
{
	struct edit *ed = calloc(1, sizeof(*ed));
	HistEvent ev;

	if (!ed)
		return NULL;
	ed->ops = *ops;
	ed->el = el_init("yongsh", stdin, stdout, stderr);
	ed->hist = history_init();
	if (!ed->el || !ed->hist) {
		edit_free(ed);
		return NULL;
	}
	history(ed->hist, &ev, H_SETSIZE, RECALL_MAX);
	el_set(ed->el, EL_CLIENTDATA, ed);
	el_set(ed->el, EL_PROMPT, show_prompt);
	el_set(ed->el, EL_HIST, history, ed->hist);
	el_set(ed->el, EL_SIGNAL, 0);
	el_set(ed->el, EL_GETCFN, read_key);
	bind_keys(ed->el);
	tame_terminal(ed->el);
	return ed;
}

void
edit_free(struct edit *ed)
{
	if (!ed)
		return;
	words_forget(ed);
	if (ed->el)
		el_end(ed->el);
	if (ed->hist)
		history_end(ed->hist);
	free(ed);
}

/* Follows a window that has changed its size between two lines. */
static void
follow_size(struct edit *ed)
{
	struct winsize w = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	if (w.ws_col != ed->columns && ed->columns)
		el_resize(ed->el);
	ed->columns = w.ws_col;
}

static const char *
read_line(struct edit *ed)
{
	const char *text;
	int len;

	ed->returned = ed->cancelled = false;
	words_forget(ed);
	follow_size(ed);
	text = el_gets(ed->el, &len);
	if (!text || len <= 0)
		return NULL;
	strlcpy(ed->line, text, sizeof(ed->line));
	ed->line[strcspn(ed->line, "\r\n")] = '\0';
	return ed->returned ? EDIT_RETURN : ed->line;
}

const char *
edit_line(struct edit *ed)
{
	ed->ops.prompt(ed->ops.arg, ed->prompt, sizeof(ed->prompt));
	return read_line(ed);
}

void
edit_history(struct edit *ed, const struct recall *h)
{
	HistEvent ev;

	history(ed->hist, &ev, H_CLEAR);
	for (size_t i = 0; i < h->n; i++)
		history(ed->hist, &ev, H_ENTER, h->line[i]);
}
