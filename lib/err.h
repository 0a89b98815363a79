#ifndef YD_LIB_ERR_H
#define YD_LIB_ERR_H

/*
 * What an operator will read when something is refused: the object it is about
 * and one sentence that says what is wrong and what to do next.
 */
struct err {
	char object[96];
	char text[256];
};

/* Fills e (which may be NULL) and returns code, so that callers write `return err_set(…)`. */
int err_set(struct err *e, int code, const char *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Empties e. */
void err_clear(struct err *e);

#endif
