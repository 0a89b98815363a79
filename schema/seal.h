#ifndef YD_SCHEMA_SEAL_H
#define YD_SCHEMA_SEAL_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct secret;

/*
 * Secrets at rest: AES-256-GCM under the key file of the state directory (DIR/secret.key, mode 0600,
 * made on first use). In the store and in texts a sealed secret is "%^%#" base64 "%^%#"; what an
 * operator has just typed travels as SEAL_PLAIN + text until the daemon seals it. Only yongd opens one.
 */
#define SEAL_PLAIN "plain:"
#define SEAL_FENCE "%^%#"

struct seal;

int seal_open(const char *dir, struct seal **out, struct err *e);
void seal_free(struct seal *s);

/* Has it the sealed form (not: can it be opened)? */
bool seal_is_sealed(const char *text);
/* "plain:…" to the sealed form, in the arena. A text that is sealed already is checked: -EKEYREJECTED
 * when another key file sealed it. */
int seal_text(
	const struct seal *s, const char *text, struct arena *a, const char **out, struct err *e);
/* The secret itself; freed with secret_free. */
int seal_reveal(const struct seal *s, const char *sealed, struct secret **out, struct err *e);

#endif
