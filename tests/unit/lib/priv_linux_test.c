/*
 * Twin of lib/priv_linux.c, as an ordinary user: what the system-call filter leaves. What
 * needs root (user, root directory, network namespace) is seen by the scenarios.
 */
#include "config.h"

#include "lib/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/unit/lib/suites.h"

enum { NOT_DROPPED = 99 };

/* The filter would stop the checkers themselves. */
static int
filtered(void)
{
#ifdef YD_SANITIZED
	return 0;
#else
	const char *preload = getenv("LD_PRELOAD");

	return !preload || !strstr(preload, "vgpreload");
#endif
}

/* Calls fn in a sandboxed child. Its exit status, or minus the signal that ended it. */
static int
in_sandbox_of(enum priv_profile profile, int (*fn)(void))
{
	struct err e;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(NOT_DROPPED);
		_exit(priv_drop(profile, &e) ? NOT_DROPPED : fn());
	}
	CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
in_sandbox(int (*fn)(void))
{
	return in_sandbox_of(PRIV_DATAPATH, fn);
}

static int
work(void)
{
	char *p = malloc(1 << 20);
	int fds[2];

	if (!p || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return 1;
	/* a filtered pipe() fails; what is inherited still works */
	if (pipe(fds) == 0 || write(STDERR_FILENO, "", 0) != 0)
		return 2;
	free(p);
	return 0;
}

static void
ordinary_work_goes_on(void)
{
	if (filtered())
		CU_ASSERT_EQUAL(in_sandbox(work), 0);
}

static int
forbidden(void)
{
	char text[8];
	int on = 1, bad = 0;

	bad += open("/etc/passwd", O_RDONLY) != -1 || errno != EPERM;
	bad += socket(AF_INET, SOCK_DGRAM, 0) != -1 || errno != EPERM;
	bad += readlink("/proc/self/exe", text, sizeof(text)) != -1 || errno != EPERM;
	bad += mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
			MAP_FAILED ||
		errno != EPERM;
	bad += setsockopt(0, SOL_SOCKET, SO_BINDTODEVICE, &on, sizeof(on)) != -1 || errno != EPERM;
	bad += ioctl(0, TIOCSTI, "x") != -1 || errno != EPERM;
	return bad;
}

/* What frames, libpcap's ring and the file need. */
static int
capture(void)
{
	struct msghdr m = { 0 };
	int bad = 0;

	bad += sendmsg(-1, &m, 0) != -1 || errno != EBADF;
	bad += fsync(-1) != -1 || errno != EBADF;
	bad += lseek(-1, 0, SEEK_CUR) != -1 || errno != EBADF;
	return bad ? bad : forbidden();
}

static void
a_capture_may_write_its_file_and_say_so(void)
{
	if (filtered())
		CU_ASSERT_EQUAL(in_sandbox_of(PRIV_CAPTURE, capture), 0);
}

/* Frames, datagrams and random numbers; of sockets' options only that large datagrams are cut. */
static int
ike(void)
{
	struct msghdr m = { 0 };
	uint8_t random[8];
	int on = 1, bad = 0;

	bad += sendmsg(-1, &m, 0) != -1 || errno != EBADF;
	bad += recvmsg(-1, &m, 0) != -1 || errno != EBADF;
	bad += getrandom(random, sizeof(random), 0) != sizeof(random);
	bad += setsockopt(-1, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) != -1 || errno != EPERM;
	bad += setsockopt(-1, IPPROTO_IP, IP_TTL, &on, sizeof(on)) != -1 || errno != EPERM;
	bad += setsockopt(-1, IPPROTO_IP, IP_MTU_DISCOVER, &on, sizeof(on)) != -1 || errno != EBADF;
	bad += lseek(-1, 0, SEEK_CUR) != -1 || errno != EPERM;
	bad += dup(0) != -1 || errno != EPERM;
	return bad ? bad : forbidden();
}

static void
ike_may_send_and_no_more(void)
{
	if (filtered())
		CU_ASSERT_EQUAL(in_sandbox_of(PRIV_IKE, ike), 0);
}

static void
nothing_new_can_be_opened(void)
{
	if (filtered())
		CU_ASSERT_EQUAL(in_sandbox(forbidden), 0);
}

static int
exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return 0;
}

static void
starting_a_program_is_deadly(void)
{
	if (filtered())
		CU_ASSERT_EQUAL(in_sandbox(exec), -SIGSYS);
}

CU_TestInfo priv_tests[] = {
	{ "ordinary work goes on", ordinary_work_goes_on },
	{ "a capture may write its file and say so", a_capture_may_write_its_file_and_say_so },
	{ "IKE may send, and no more", ike_may_send_and_no_more },
	{ "nothing new can be opened", nothing_new_can_be_opened },
	{ "starting a program is deadly", starting_a_program_is_deadly },
	CU_TEST_INFO_NULL,
};
