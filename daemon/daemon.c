/* What one router daemon is made of, and the order in which it comes up and goes down. */
#include "config.h"

#include "daemon/daemon.h"
