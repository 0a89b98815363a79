#ifndef YD_LIB_LOG_H
#define YD_LIB_LOG_H

/* Logging: to syslog, or to stderr when in the foreground. Secrets never reach it. */
enum log_level { LOG_LV_ERROR, LOG_LV_WARN, LOG_LV_INFO, LOG_LV_DEBUG };

/* ident is borrowed for the life of the process; to_stderr chooses the sink. */
void log_init(const char *ident, int to_stderr, enum log_level most);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
