/*
 * What an operator will read. Decides nothing and logs nothing.
 */
#include "config.h"

#include "lib/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int code, const char *object, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	strlcpy(e->object, object ? object : "", sizeof(e->object));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

void
err_clear(struct err *e)
{
	if (e)
		*e = (struct err){ 0 };
}
