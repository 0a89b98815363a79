/*
 * Sessions for tests.
 */
#include "config.h"

#include "tests/unit/shell/shell_fixture.h"

#include "lib/err.h"
#include "shell/out.h"
#include "shell/session.h"
#include "shell/shell.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOW = 1767226200 }; /* 2026-01-01 00:10:00 UTC */

static void
open_session(struct shell_fixture *f, bool batch)
{
	struct session_options o = { .batch = batch };
	struct err e = { 0 };

	setenv("TZ", "UTC", 1);
	tzset();
	*f = (struct shell_fixture){ 0 };
	fake_child_start(&f->router);
	f->stream = open_memstream(&f->text, &f->len);
	f->errors = open_memstream(&f->error_text, &f->error_len);
	o.dir = f->router.dir;
	o.sock = f->router.sock[0];
	o.stream = f->stream;
	o.errors = f->errors;
	f->router.sock[0] = -1;
	CU_ASSERT_EQUAL_FATAL(session_open(&o, &f->sh, &e), 0);
	out_set_now(f->sh->out, NOW);
	f->sh->file = "test";
	f->sh->line = 1;
}

void
shell_fixture_init(struct shell_fixture *f)
{
	open_session(f, false);
}

void
shell_fixture_init_batch(struct shell_fixture *f)
{
	open_session(f, true);
}

void
shell_fixture_fini(struct shell_fixture *f)
{
	session_close(f->sh);
	fake_child_stop(&f->router);
	fclose(f->stream);
	fclose(f->errors);
	free(f->text);
	free(f->error_text);
}

void
fixture_rewind(struct shell_fixture *f)
{
	rewind(f->stream);
	rewind(f->errors);
	fflush(f->stream);
	fflush(f->errors);
	f->text[0] = f->error_text[0] = '\0';
}

int
fixture_line(struct shell_fixture *f, const char *line)
{
	int rc;

	fixture_rewind(f);
	rc = session_line(f->sh, line);
	fflush(f->stream);
	fflush(f->errors);
	f->text[f->len] = '\0';
	f->error_text[f->error_len] = '\0';
	return rc;
}

void
fixture_lines(struct shell_fixture *f, const char *const *lines)
{
	for (; *lines; lines++) {
		CU_ASSERT_EQUAL(fixture_line(f, *lines), 0);
		if (*f->error_text)
			fprintf(stderr, "%s: %s", *lines, f->error_text);
	}
}

void
fixture_lab(struct shell_fixture *f)
{
	static const char path[] = EXAMPLES "/2-ipsec-manual/RTA.cfg";
	/* and one of each thing that the lab does without */
	static const char *const more[] = {
		"return",
		"system-view",
		"acl ipv6 number 3002",
		"rule 5 permit ipv6 source 2001:db8:1:: 64 destination 2001:db8:2:: 64",
		"rule 10 permit tcp destination-port eq 443",
		"quit",
		"acl ipv6 number 2001",
		"quit",
		"ipsec proposal bundle",
		"transform ah-esp",
		"quit",
		"ipsec proposal gcm",
		"encapsulation-mode transport",
		"esp encryption-algorithm aes-gcm-256",
		"quit",
		"ipsec proposal ah-only",
		"transform ah",
		"ah authentication-algorithm aes-gmac-256",
		"quit",
		"ipsec policy P1 20 manual",
		"security acl ipv6 3002",
		"proposal bundle",
		"quit",
		"ipsec profile prof-1",
		"proposal gcm",
		"sa spi inbound esp 80002",
		"sa spi outbound esp 80001",
		"sa string-key inbound esp simple huawei",
		"quit",
		"interface Tunnel 0/0/1",
		"tunnel-protocol gre",
		"ipsec profile prof-1",
		"quit",
		"acl 3101",
		"rule permit ip source 10.1.1.0 0.0.0.255 destination 10.1.2.0 0.0.0.255",
		"ike dpd type on-demand",
		"ike proposal 10",
		"encryption-algorithm aes-256 aes-gcm-256",
		"dh group14 group31",
		"ike peer site v2",
		"pre-shared-key simple Road@2Walls",
		"ike-proposal 10",
		"remote-address 203.0.113.1",
		"remote-address 203.0.113.2",
		"dpd type periodic",
		"ike peer far",
		"local-id-type fqdn",
		"local-id rta.example",
		"remote-address 2001:db8::2",
		"quit",
		"ipsec policy vpn 10 isakmp",
		"security acl 3101",
		"ike-peer site",
		"proposal tran1",
		"proposal gcm",
		"pfs dh-group14",
		"sa duration time-based 900",
		"ipsec profile roads",
		"ike-peer far",
		"proposal gcm",
		"return",
		NULL,
	};
	FILE *in = fopen(path, "re");
	char line[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	fixture_line(f, "system-view");
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		CU_ASSERT_EQUAL(fixture_line(f, line), 0);
	}
	fclose(in);
	fixture_lines(f, more);
}
