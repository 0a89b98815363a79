#ifndef YD_SHELL_PAGER_H
#define YD_SHELL_PAGER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Output a page at a time, as VRP does it: "  ---- More ----", erased after the key. Space is a page,
 * Enter a line, q and Ctrl+C leave the display.
 */
#define PAGER_MORE "  ---- More ----"
#define PAGER_ERASE "\033[16D                \033[16D"

enum pager_key { PAGER_PAGE, PAGER_LINE, PAGER_LEAVE };

struct pager_ops {
	void (*write)(void *arg,
		const char *text);	  /* to the terminal, at once, after all that was output */
	enum pager_key (*key)(void *arg); /* waits for one */
	void *arg;
};

struct pager {
	struct pager_ops ops;
	size_t length; /* lines of the screen, 0: never stops */
	size_t width;  /* columns; longer lines take several */
	size_t left;   /* lines until the next stop */
	bool on;
};

void pager_init(struct pager *p, const struct pager_ops *ops, size_t length, size_t width);
void pager_begin(struct pager *p, bool paged);
/* Asked before a line is printed; false: the operator leaves. */
bool pager_line(struct pager *p, const char *text);
void pager_end(struct pager *p);

#endif
