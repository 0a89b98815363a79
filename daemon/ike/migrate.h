#ifndef YD_IKE_MIGRATE_H
#define YD_IKE_MIGRATE_H

struct ike_sa;

/* Make before break: the children of one IKE SA are made anew by another, then the first is deleted. */
void migrate_start(struct ike_sa *from, struct ike_sa *to);
/* Time has passed. */
void migrate_tick(struct ike_sa *from);
/* Authenticates the peer anew: another IKE SA, to which the children migrate. 0 or -errno. */
int migrate_reauthenticate(struct ike_sa *sa);

#endif
