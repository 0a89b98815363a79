#ifndef YD_SHELL_PAGER_H
#define YD_SHELL_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Output a page at a time, as VRP does it: "  ---- More ----", erased after the key. Space is a page,
 * Enter a line, q and Ctrl+C leave the display.
 */
#define PAGER_MORE "  ---- More ----"
#define PAGER_ERASE "\033[16D                \033[16D"

enum pager_key { PAGER_PAGE, PAGER_LINE, PAGER_LEAVE };

/* Waits for a key. */
typedef enum pager_key pager_key_fn(void *arg);

struct pager {
	FILE *stream; /* the terminal */
	pager_key_fn *key;
	void *arg;
	bool (*interrupted)(void *arg); /* Ctrl+C while lines are printed; may be NULL */
	size_t length;			/* lines of the screen, 0: never stops */
	size_t width;			/* columns; longer lines take several */
	size_t left;			/* lines until the next stop */
	bool on;
};

void pager_init(
	struct pager *p, FILE *stream, pager_key_fn *key, void *arg, size_t length, size_t width);
void pager_begin(struct pager *p, bool paged);
/* Asked before a line is printed; false: the operator leaves. */
bool pager_line(struct pager *p, const char *text);
void pager_end(struct pager *p);

#endif
