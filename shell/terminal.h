#ifndef YD_SHELL_TERMINAL_H
#define YD_SHELL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "shell/pager.h"

/* The operator's terminal: its size, single keys, Ctrl+C. The line editor is edit.c. */
struct terminal;

/* On standard input and output; NULL when they are not a terminal. */
struct terminal *terminal_open(void);
void terminal_close(struct terminal *t);
/* Size as the terminal says, 24 × 80 where it says nothing. */
void terminal_size(const struct terminal *t, size_t *lines, size_t *columns);
/* A key for the pager. */
enum pager_key terminal_key(void *terminal);
/* One line in answer to a question that has been printed. 0, or -1 at the end of input or Ctrl+C. */
int terminal_answer(struct terminal *t, char *answer, size_t cap);

/* From begin on Ctrl+C does not end the program but is seen by interrupt_seen, once. */
void interrupt_begin(void);
bool interrupt_seen(void *unused);
void interrupt_end(void);

#endif
