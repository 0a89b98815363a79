#ifndef YD_SCHEMA_MODEL_H
#define YD_SCHEMA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * The model: which type each column of the store has. SQL owns existence, default and relations;
 * a dialect's line owns the spelling. A test compares the model with the store's own catalogue.
 */
enum value_kind { VALUE_NULL, VALUE_INT, VALUE_TEXT };

struct value {
	enum value_kind kind;
	int64_t i;
	const char *s; /* borrowed */
};

#define VALUE_OF_INT(n) ((struct value){ .kind = VALUE_INT, .i = (n) })
#define VALUE_OF_TEXT(t) ((struct value){ .kind = VALUE_TEXT, .s = (t) })

/* One keyword of an enumerated type; value is what the store holds. */
struct choice {
	const char *keyword;
	const char *help;
	struct value value;
	const char *warning; /* what to tell who chooses it, or NULL */
};

/* A type of values: how an operator writes them, how they are shown, what `?` says. */
struct type {
	const char *name;
	const char *help_form; /* "STRING<1-15>", "INTEGER<1-10000>", "X.X.X.X"; NULL: choices */
	const struct choice *choices; /* ends with keyword NULL; NULL: none */
	int64_t min;		      /* of an integer, or of a length in characters */
	int64_t max;
	bool secret; /* sealed by the daemon, masked in texts */
	bool rest;   /* takes the rest of the line, blanks included */
	bool list;   /* several choices, separated by blanks */
	/* "Tunnel 0/0/1": first words, written together with the second or apart; value.s is the help
	 * form of the second. */
	const struct choice *heads;
	/* From one word (or the rest of the line) to a value in the arena; -EINVAL: wrong parameter. */
	int (*parse)(const struct type *t, const char *text, struct arena *a, struct value *out);
	/* To the canonical word; returns the length, < cap. */
	size_t (*render)(const struct type *t, const struct value *v, char *out, size_t cap);
};

struct table;

struct column {
	const char *name;
	const struct type *type;
	const char *help;	 /* what `?` says of it */
	const struct table *ref; /* the table it refers to, for completion of existing names */
	bool ref_implied; /* the row referred to is made with the first referrer, gone with the last */
};

struct table {
	const char *name;
	const char *label; /* for the operator: "IPSec proposal" */
	const struct column *columns;
	unsigned int n_columns;
	unsigned int n_key; /* the first n_key columns are the primary key */
	const char *order;  /* columns of ORDER BY, constant SQL */
	/* Rows that go with a row of that table: its key is the beginning of theirs. */
	const struct table *part_of;
};

/* All tables, ends with NULL. */
extern const struct table *const model_tables[];

/* By name; NULL or -1 when there is none. */
const struct table *model_table(const char *name);
int model_column(const struct table *t, const char *name);

extern const struct table model_system, model_interface, model_ip_address, model_ipv6_address,
	model_route_static, model_ipv6_route_static, model_acl, model_acl_rule, model_acl6,
	model_acl6_rule, model_ike_global, model_ike_proposal, model_ike_peer,
	model_ike_peer_address, model_ipsec_global, model_ipsec_proposal, model_ipsec_policy_group,
	model_ipsec_policy, model_ipsec_policy_proposal, model_ipsec_profile,
	model_ipsec_profile_proposal;

#endif
