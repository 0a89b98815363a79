#ifndef YD_TESTS_DAEMON_ROWS_H
#define YD_TESTS_DAEMON_ROWS_H

struct arena;
struct store;

/*
 * Rows as lines of text, so that tests read like a configuration without needing a grammar:
 *   put TABLE COLUMN=VALUE …    set TABLE KEY[,KEY] COLUMN=VALUE …    del TABLE KEY[,KEY]
 * One line into the store; blank lines and those with # do nothing. 0 or -errno.
 */
int rows_line(struct store *s, const char *line, struct arena *a);
/* All lines of a text; stops at the first that fails. */
int rows_text(struct store *s, const char *text, struct arena *a);

#endif
