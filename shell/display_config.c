/*
 * The configuration as text: the running one from the candidate (which has nothing of its own between two
 * commands), the view's own lines, and the saved one from yongd.
 */
#include "config.h"

#include "lib/err.h"
#include "shell/cli/cli.h"
#include "shell/display.h"
#include "shell/out.h"
#include "shell/shell.h"

#include <errno.h>

int
display_current(struct shell *sh, const struct cli_match *m, struct err *e)
{
	const struct cli_filter filter = { .section = cli_arg_text(m, "section", NULL),
		.interface = cli_arg_text(m, "interface", NULL) };
	struct cli_sink sink = out_sink(sh->out);
	int rc = cli_render(sh->cli, sh->store, &filter, &sink);

	if (rc == -ENOENT)
		return err_set(e, rc, "", "There is no such part of the configuration.");
	return rc ? err_set(e, rc, "", "The configuration cannot be shown.") : 0;
}

int
display_this(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct cli_sink sink = out_sink(sh->out);
	int rc = cli_render_view(sh->cli, &sink);

	return rc ? err_set(e, rc, "", "The configuration cannot be shown.") : 0;
}

int
display_saved(struct shell *sh, const struct cli_match *m, struct err *e)
{
	struct client *c = shell_client(sh, e);
	const char *text;
	uint64_t revision;
	int rc;

	if (!c)
		return -ECONNREFUSED;
	rc = client_saved(c, sh->scratch, &text, &revision, e);
	if (rc)
		return rc;
	if (*text)
		out_line(sh->out, text);
	else if (!out_is_json(sh->out))
		out_line(sh->out, "Info: There is no saved configuration.");
	return 0;
}
