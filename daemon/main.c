/* yongd: the map of the daemon. */
#include "config.h"

#include "daemon/daemon.h"

int
main(void)
{
	return 2;
}
