#ifndef YD_SHELL_OUT_H
#define YD_SHELL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "shell/cli/cli.h"

struct err;
struct pager;

/*
 * Where the shell's output goes: line by line through the filters that were typed behind a display, as
 * text or as elements of a JSON array, past the pager, to a stream. All printing of displays ends here.
 */
struct out;

/* Over streams (borrowed) for what is asked for and for errors. pager may be NULL (then nothing stops) and is borrowed. */
struct out *out_new(FILE *stream, FILE *errors, struct pager *pager);
void out_free(struct out *o);

/* Between begin and end lies one display: filtered, counted, paged; json: it is one JSON array.
 * -EINVAL with err when a regular expression does not compile; then nothing has begun. */
int out_begin(struct out *o, const struct cli_pipe *pipes, size_t n, bool json, struct err *e);
void out_end(struct out *o);
/* The same for a display that failed: nothing is closed or counted. */
void out_abandon(struct out *o);

/* One line of text; in JSON a string. A text with newlines is several lines. */
void out_line(struct out *o, const char *text);
void out_linef(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One JSON object, without newlines. */
void out_object(struct out *o, const char *json);
/* A question: no newline behind it, shown at once. */
void out_question(struct out *o, const char *text);
/* A line on the stream for errors; text there as it is. */
void out_error(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void out_progress(struct out *o, const char *text);
void out_flush(struct out *o);

/* Does the display that has begun want objects? */
bool out_is_json(const struct out *o);
/* Has the operator left the display (q, Ctrl+C)? What follows is discarded until out_end. */
bool out_left(const struct out *o);
/* out_line as a sink of the grammar. */
struct cli_sink out_sink(struct out *o);

/* The time that displays show; tests set it (0: the clock's). */
time_t out_now(const struct out *o);
void out_set_now(struct out *o, time_t now);

#endif
