/*
 * yongdp: GRE, ESP and what belongs to them, on descriptors that the daemon passes. What happens
 * to a packet is in pipeline.c, what the daemon may ask in control.c. Lives as long as its
 * control socket (descriptor 3); opens nothing, knows no store and no file. With --replay it is a
 * tool instead, which decapsulates a capture.
 */
#include "config.h"

#include "datapath/control.h"
#include "datapath/dp.h"
#include "datapath/offline/esp_sa.h"
#include "datapath/offline/offline.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_FD = 3 };

static const char usage[] =
	"usage: yongdp [-dhV]\n"
	"       yongdp --replay IN --sa TABLE -o OUT\n"
	"Runs packets for yongd, which starts it with a socket as descriptor 3.\n"
	"  -d  log everything\n"
	"  -h  this text\n"
	"  -V  the version\n"
	"  --replay IN  decapsulate the capture IN instead, and name what is dropped\n"
	"  --sa TABLE   with the security associations of Wireshark's file esp_sa\n"
	"  -o OUT       into the capture OUT\n";

static const struct option long_options[] = {
	{ "replay", required_argument, NULL, 'r' },
	{ "sa", required_argument, NULL, 's' },
	{ 0 },
};

/* What replay works on; all of them or none. */
struct files {
	const char *in;
	const char *sas;
	const char *out;
};

static void
stop(void *arg)
{
	loop_stop(arg);
}

static int
run(struct loop *l)
{
	struct control *control = NULL;
	struct err e = { 0 };
	struct dp dp;
	int r = dp_init(&dp, l);

	if (r < 0) {
		log_error("start: %s", strerror(-r));
		return 1;
	}
	r = priv_drop(PRIV_DATAPATH, &e);
	if (r < 0) {
		log_error("%s: %s", e.object, e.text);
		close(CONTROL_FD);
	} else {
		control = control_new(&dp, CONTROL_FD, stop, l);
	}
	if (control)
		loop_run(l);
	control_free(control);
	dp_fini(&dp);
	return control ? 0 : 1;
}

static void
drop_print(void *arg, uint64_t number, const struct drop_info *why, uint64_t n)
{
	if (number)
		printf("packet %llu: ", (unsigned long long)number);
	else
		printf("at the end: ");
	printf("%s (%s)", why->text, why->id);
	printf(n > 1 ? " %llu times\n" : "\n", (unsigned long long)n);
}

/* The capture is somebody else's: it is looked at without privileges. */
static int
replay_go(struct offline_run *run, FILE *in, FILE *out, struct err *e)
{
	const struct offline_count *n = offline_count(run);
	int r = priv_drop(PRIV_DATAPATH, e);

	if (r < 0) {
		fclose(in);
		fclose(out);
		return r;
	}
	r = offline_go(run, in, out, e);
	if (r == 0)
		printf("%llu packets, %llu decapsulated, %llu dropped, %llu passed over\n",
			(unsigned long long)n->frames, (unsigned long long)n->decapsulated,
			(unsigned long long)n->dropped, (unsigned long long)n->others);
	return r;
}

static struct esp_sa *
sas_read(const char *path, struct err *e)
{
	struct esp_sa *sas;
	FILE *f = fopen(path, "re");

	if (!f) {
		err_set(e, -errno, path, "%s.", strerror(errno));
		return NULL;
	}
	sas = esp_sa_read(f, path, e);
	fclose(f);
	return sas;
}

static int
replay(const struct files *files)
{
	struct err e = { 0 };
	struct esp_sa *sas = sas_read(files->sas, &e);
	struct offline o = {
		.in_name = files->in, .out_name = files->out, .dropped = drop_print, .sas = sas
	};
	struct offline_run *run = sas ? offline_new(&o) : NULL;
	FILE *in = run ? fopen(files->in, "re") : NULL, *out = in ? fopen(files->out, "we") : NULL;
	int r = -1;

	if (out)
		r = replay_go(run, in, out, &e);
	else if (run)
		err_set(&e, -errno, in ? files->out : files->in, "%s.", strerror(errno));
	else if (sas)
		err_set(&e, -ENOMEM, "yongdp", "Out of memory.");
	if (!out && in)
		fclose(in);
	if (r < 0)
		log_error("%s: %s", e.object, e.text);
	offline_free(run);
	esp_sa_free(sas);
	return r < 0;
}

int
main(int argc, char **argv)
{
	enum log_level level = LOG_LV_INFO;
	struct files files = { 0 };
	struct loop *l;
	int c, r;

	while ((c = getopt_long(argc, argv, "dho:V", long_options, NULL)) != -1) {
		switch (c) {
		case 'r': files.in = optarg; break;
		case 's': files.sas = optarg; break;
		case 'o': files.out = optarg; break;
		case 'd': level = LOG_LV_DEBUG; break;
		case 'h': fputs(usage, stdout); return 0;
		case 'V': puts("yongdp " PACKAGE_VERSION); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	log_init("yongdp", 1, level);
	if (optind == argc && files.in && files.sas && files.out)
		return replay(&files);
	if (optind < argc || files.in || files.sas || files.out || fcntl(CONTROL_FD, F_GETFD) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	l = loop_new();
	if (!l) {
		log_error("start: %s", strerror(ENOMEM));
		return 1;
	}
	r = run(l);
	loop_free(l);
	return r;
}
