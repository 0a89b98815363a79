#ifndef YD_IKE_CONNECTION_H
#define YD_IKE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "daemon/ike/ts.h"

struct child;
struct child_sa;
struct ike;
struct ike_sa;

/*
 * What stays while pairs of SAs follow each other: a number, what is protected, and which pair carries.
 * Two pairs that protect the same between the same identities belong to one connection, whoever made them.
 */
struct connection {
	RB_ENTRY(connection) node;
	RB_ENTRY(connection) selectors_node;
	uint32_t hash; /* of its selectors */
	struct ike *ike;
	uint32_t number;
	uint32_t child; /* whose rule it protects */
	struct ts_list *local;
	struct ts_list *remote;
	TAILQ_HEAD(child_sa_pairs, child_sa) pairs; /* oldest first */
	struct child_sa *carries;		    /* sends; NULL: none yet */
	bool told;				    /* the daemon knows its selectors */
};
RB_HEAD(connection_tree, connection); /* by child, then number */
RB_HEAD(connection_selectors_tree,
	connection); /* by child, then hash of the selectors, then number */

/*
 * The pair joins the connection that its child and these selectors with the peer of its IKE SA make; it
 * is made when there is none. -ENOMEM.
 */
int connection_join(
	struct child_sa *pair, const struct ts_list *local, const struct ts_list *remote);
/* The pair leaves; with the last one the connection ends, with the last that is not lingering all do. */
void connection_leave(struct child_sa *pair);
/* Tells the daemon the selectors, once. */
void connection_tell(struct connection *c);
/* This pair sends from now on. */
void connection_use(struct child_sa *pair);
/* The newest pair but this one that could carry; or NULL. */
struct child_sa *connection_other(const struct child_sa *pair);
/* Whether it protects what both select: one end here, the other there. */
bool connection_holds(const struct connection *c, const struct ts *local, const struct ts *remote);
/* Whether it protects all that the child's configuration says. */
bool connection_covers(const struct connection *c, const struct child *child);
/* The first connection of a child with a number from this one on, or NULL. */
struct connection *connection_from(struct ike *ike, uint32_t child, uint32_t number);
/* The next connection of a child number after this one (NULL: the first), or NULL. */
struct connection *connection_next(struct ike *ike, uint32_t child, struct connection *after);

#endif
