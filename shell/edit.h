#ifndef YD_SHELL_EDIT_H
#define YD_SHELL_EDIT_H

#include <stddef.h>

struct recall;

/*
 * The line editor: Emacs keys, history, `?` that helps without losing the line, TAB that completes or
 * turns through what fits, Ctrl+Z. What is typed is echoed as it is, nothing is coloured.
 */
struct edit;

typedef void edit_word_fn(void *arg, const char *word);

struct edit_ops {
	/* The prompt, in out. */
	const char *(*prompt)(void *arg, char *out, size_t cap);
	/* Prints what fits behind this line. */
	void (*help)(void *arg, const char *line);
	/* The words for what stands from *start on; as cli_complete. */
	size_t (*complete)(
		void *arg, const char *line, size_t *start, edit_word_fn *fn, void *fn_arg);
	/* A descriptor that is readable when there is something to be printed while a line is typed, or -1;
	 * and what prints it, in whole lines. */
	int (*news_fd)(void *arg);
	void (*news)(void *arg);
	void *arg;
};

/* On standard input and output. */
struct edit *edit_new(const struct edit_ops *ops);
void edit_free(struct edit *ed);
/* The next line without its newline, valid until the next call; EDIT_RETURN for Ctrl+Z; NULL at the end. */
const char *edit_line(struct edit *ed);
extern const char EDIT_RETURN[];
/* What Up and Ctrl+P go through. */
void edit_history(struct edit *ed, const struct recall *h);

#endif
