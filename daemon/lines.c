/*
 * What displays call "Last line protocol up time". Knows nothing of how a line is judged.
 */
#include "config.h"

#include "daemon/lines.h"

#include "daemon/tree.h"

#include <stdlib.h>
#include <string.h>

struct line {
	RB_ENTRY(line) entry;
	char name[32];
	bool up;
	uint64_t since_s;
};

static int
line_cmp(struct line *a, struct line *b)
{
	return strcmp(a->name, b->name);
}

RB_HEAD(line_tree, line);
TREE_STATIC(line_tree, line, entry, line_cmp)

struct lines {
	struct line_tree tree;
};

struct lines *
lines_new(void)
{
	return calloc(1, sizeof(struct lines));
}

void
lines_free(struct lines *l)
{
	struct line *line;

	if (l == NULL)
		return;
	while ((line = RB_ROOT(&l->tree)) != NULL) {
		RB_REMOVE(line_tree, &l->tree, line);
		free(line);
	}
	free(l);
}

static struct line *
find(const struct lines *l, const char *interface)
{
	struct line probe;

	strlcpy(probe.name, interface, sizeof(probe.name));
	return RB_FIND(line_tree, (struct line_tree *)(uintptr_t)&l->tree, &probe);
}

void
lines_see(struct lines *l, const char *interface, bool up, uint64_t now_s)
{
	struct line *line = find(l, interface);

	if (line == NULL) {
		line = calloc(1, sizeof(*line));
		if (line == NULL)
			return;
		strlcpy(line->name, interface, sizeof(line->name));
		RB_INSERT(line_tree, &l->tree, line);
	}
	if (up && !line->up)
		line->since_s = now_s;
	line->up = up;
}

uint64_t
lines_last_up(const struct lines *l, const char *interface)
{
	const struct line *line = find(l, interface);

	return line != NULL ? line->since_s : 0;
}
