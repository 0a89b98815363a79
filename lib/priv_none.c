/*
 * priv.h where the system offers nothing we know to use. Says so once.
 */
#include "config.h"

#include "lib/priv.h"

#include "lib/log.h"

int
priv_drop(enum priv_profile profile, struct err *e)
{
	log_info("no sandbox on this system: the process keeps its rights");
	return 0;
}

int
priv_limit_daemon(struct err *e)
{
	log_info("no capabilities on this system: the daemon keeps its rights");
	return 0;
}

int
priv_keep_raw(struct err *e)
{
	return 0;
}
