/*
 * Logging to syslog or stderr. Holds the one writable global of the libraries: where to and
 * how much. Control characters in a message are masked, so that nobody forges a line.
 */
#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

static struct {
	const char *ident;
	int to_stderr;
	enum log_level most;
} sink = { .ident = "yongdao", .to_stderr = 1, .most = LOG_LV_INFO };

static const struct {
	const char *name;
	int syslog;
} levels[] = {
	[LOG_LV_ERROR] = { "error", LOG_ERR },
	[LOG_LV_WARN] = { "warning", LOG_WARNING },
	[LOG_LV_INFO] = { "info", LOG_INFO },
	[LOG_LV_DEBUG] = { "debug", LOG_DEBUG },
};

void
log_init(const char *ident, int to_stderr, enum log_level most)
{
	sink.ident = ident;
	sink.to_stderr = to_stderr;
	sink.most = most;
	/* at once: a sandboxed process cannot open the socket later */
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

static void
log_put(enum log_level level, const char *fmt, va_list ap)
{
	char text[1024];
	int saved = errno;

	if (level > sink.most)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (sink.to_stderr)
		dprintf(STDERR_FILENO, "%s: %s: %s\n", sink.ident, levels[level].name, text);
	else
		syslog(levels[level].syslog, "%s", text);
	errno = saved;
}

#define LOG_FN(name, level)              \
	void name(const char *fmt, ...)  \
	{                                \
		va_list ap;              \
                                         \
		va_start(ap, fmt);       \
		log_put(level, fmt, ap); \
		va_end(ap);              \
	}

LOG_FN(log_error, LOG_LV_ERROR)
LOG_FN(log_warn, LOG_LV_WARN)
LOG_FN(log_info, LOG_LV_INFO)
LOG_FN(log_debug, LOG_LV_DEBUG)
