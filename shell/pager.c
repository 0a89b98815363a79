/*
 * The pager. It counts what a line takes of the screen and asks for a key; it neither prints the lines
 * nor knows the terminal.
 */
#include "config.h"

#include "shell/pager.h"

#include <string.h>

void
pager_init(struct pager *p, FILE *stream, pager_key_fn *key, void *arg, size_t length, size_t width)
{
	*p = (struct pager){
		.stream = stream, .key = key, .arg = arg, .length = length, .width = width
	};
}

static void
write_now(struct pager *p, const char *text)
{
	fputs(text, p->stream);
	fflush(p->stream);
}

static size_t
page(const struct pager *p)
{
	return p->length > 1 ? p->length - 1 : 1;
}

void
pager_begin(struct pager *p, bool paged)
{
	p->on = paged && p->length;
	p->left = page(p);
}

static size_t
rows_of(const struct pager *p, const char *text)
{
	size_t len = strlen(text);

	return p->width && len > p->width ? (len + p->width - 1) / p->width : 1;
}

bool
pager_line(struct pager *p, const char *text)
{
	size_t rows;
	enum pager_key key;

	if (p->interrupted && p->interrupted(p->arg))
		return false;
	if (!p->on)
		return true;
	rows = rows_of(p, text);
	if (p->left < rows && p->left < page(p)) {
		write_now(p, PAGER_MORE);
		key = p->key(p->arg);
		write_now(p, PAGER_ERASE);
		if (key == PAGER_LEAVE)
			return false;
		p->left = key == PAGER_LINE ? rows : page(p);
	}
	p->left -= rows < p->left ? rows : p->left;
	return true;
}

void
pager_end(struct pager *p)
{
	p->on = false;
}
