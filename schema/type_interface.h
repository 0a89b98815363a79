#ifndef YD_SCHEMA_TYPE_INTERFACE_H
#define YD_SCHEMA_TYPE_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

/* Names of interfaces: what the columns name, kind and position of the table interface hold. */
struct interface_name {
	const char *kind; /* "GigabitEthernet", "LoopBack", "Tunnel" */
	char name[32];	  /* canonical: "Tunnel0/0/1" */
	int64_t position; /* orders the interfaces of one kind */
	bool physical;
};

/* "Tunnel0/0/1", "g0/0/0", "tunnel 0/0/1": kinds in any case and abbreviated. 0 or -EINVAL. */
int interface_name_parse(const char *text, struct interface_name *out);

#endif
