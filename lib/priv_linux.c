/*
 * The sandbox of the processes that parse what attackers send: another user, an empty root and
 * network namespace, no capabilities, and a filter of system calls. The one user of libseccomp.
 * Everything a process needs must be open, and libraries loaded (OpenSSL providers, time zone),
 * before priv_drop. What is not listed fails with EPERM; what only an attacker calls, kills.
 */
#include "config.h"

#include "lib/priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"

enum { NOBODY = 65534 };
enum {
	DP = 1 << PRIV_DATAPATH,
	CT = 1 << PRIV_CAPTURE,
	IK = 1 << PRIV_IKE,
	PK = DP | CT, /* those who read packets and files themselves */
	ALL = DP | CT | IK
};

#define CALL(name) SCMP_SYS(name), #name

/* A system call that is allowed whatever its arguments. */
static const struct {
	int nr;
	const char *name;
	unsigned int profiles;
} allowed[] = {
	/* packets in and out of descriptors that were opened for us; messages and logs */
	{ CALL(read), ALL },
	{ CALL(readv), PK },
	{ CALL(write), ALL },
	{ CALL(writev), ALL },
	{ CALL(recvmsg), ALL }, /* frames */
	{ CALL(recvmmsg), PK },
	{ CALL(recvfrom), PK },
	{ CALL(sendmsg), ALL }, /* frames; IKE's datagrams */
	{ CALL(sendmmsg), DP },
	{ CALL(sendto), ALL }, /* also syslog */
	/* waiting: libevent, and poll where one descriptor is enough */
	{ CALL(poll), ALL },
	{ CALL(ppoll), ALL },
	{ CALL(epoll_create1), ALL },
	{ CALL(epoll_ctl), ALL },
	{ CALL(epoll_wait), ALL },
	{ CALL(epoll_pwait), ALL },
	{ CALL(epoll_pwait2), ALL },
	{ CALL(timerfd_settime), ALL },
	/* clocks, where the vDSO does not answer */
	{ CALL(clock_gettime), ALL },
	{ CALL(clock_getres), ALL },
	{ CALL(clock_nanosleep), ALL },
	{ CALL(nanosleep), ALL },
	{ CALL(gettimeofday), ALL },
	{ CALL(time), ALL },
	/* memory: the allocator and memory files; never executable, see below */
	{ CALL(munmap), ALL },
	{ CALL(mremap), ALL },
	{ CALL(madvise), ALL },
	{ CALL(mlock), ALL }, /* secrets stay out of swap */
	{ CALL(brk), ALL },
	{ CALL(futex), ALL },
	/* descriptors that we have; close-on-exec and non-blocking flags, seals of memory files */
	{ CALL(close), ALL },
	{ CALL(close_range), PK },
	{ CALL(dup), PK },
	{ CALL(fcntl), ALL },
	{ CALL(fstat), ALL },
	{ CALL(newfstatat), ALL }, /* glibc's fstat; paths lead nowhere from an empty root */
	{ CALL(lseek), PK },
	{ CALL(fsync), CT }, /* the capture file is whole when it is announced */
	{ CALL(fdatasync), CT },
	{ CALL(getsockopt), ALL },
	{ CALL(getsockname), PK },
	{ CALL(getpeername), PK },
	{ CALL(shutdown), PK },
	/* IVs, nonces, private values */
	{ CALL(getrandom), ALL },
	/* signals: SIGTERM through libevent, abort() with its message */
	{ CALL(rt_sigaction), ALL },
	{ CALL(rt_sigprocmask), ALL },
	{ CALL(rt_sigreturn), ALL },
	{ CALL(sigaltstack), ALL },
	{ CALL(restart_syscall), ALL },
	{ CALL(tgkill), ALL },
	/* who am I: log lines, forked-PRNG checks of OpenSSL */
	{ CALL(getpid), ALL },
	{ CALL(gettid), ALL },
	{ CALL(getppid), ALL },
	{ CALL(getuid), ALL },
	{ CALL(geteuid), ALL },
	{ CALL(getgid), ALL },
	{ CALL(getegid), ALL },
	{ CALL(getrusage), ALL },
	{ CALL(sched_yield), ALL },
	{ CALL(sched_getaffinity), PK },
	{ CALL(getcpu), ALL },
	{ CALL(rseq), ALL },
	{ CALL(exit), ALL },
	{ CALL(exit_group), ALL },
};

/* The options that a process may set which may not set others. */
static const struct {
	int level;
	int name;
	unsigned int profiles;
} options[] = {
	/* IKE messages that the device does not take whole are cut */
	{ IPPROTO_IP, IP_MTU_DISCOVER, IK },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, IK },
};

/* The requests that ioctl is allowed for: TUN descriptors are set up by their user. */
static const struct {
	unsigned long request;
	unsigned int profiles;
} ioctls[] = {
	{ TUNSETOFFLOAD, DP },	 /* which super-packets the kernel may hand us */
	{ TUNSETQUEUE, DP },	 /* attach and detach a queue */
	{ TUNSETCARRIER, DP },	 /* the tunnel is up or down */
	{ TUNSETVNETHDRSZ, DP }, /* size of the offload header */
	{ TUNGETIFF, DP },	 /* has the descriptor the flags it should have? */
	{ FIONREAD, PK },	 /* how much is waiting */
};

/* Nothing of ours calls these: whoever does has taken the process over. */
static const struct {
	int nr;
	const char *name;
} deadly[] = {
	{ CALL(execve) },
	{ CALL(execveat) },
	{ CALL(fork) },
	{ CALL(vfork) },
	{ CALL(ptrace) },
	{ CALL(process_vm_readv) },
	{ CALL(process_vm_writev) },
	{ CALL(mount) },
	{ CALL(umount2) },
	{ CALL(pivot_root) },
	{ CALL(chroot) },
	{ CALL(setns) },
	{ CALL(unshare) },
	{ CALL(bpf) },
	{ CALL(perf_event_open) },
	{ CALL(userfaultfd) },
	{ CALL(keyctl) },
	{ CALL(add_key) },
	{ CALL(request_key) },
	{ CALL(init_module) },
	{ CALL(finit_module) },
	{ CALL(kexec_load) },
	{ CALL(io_uring_setup) },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* Those that depend on an argument: no executable memory, no binding to devices. */
static int
rules_of_arguments(scmp_filter_ctx ctx, unsigned int profile)
{
	int rc = seccomp_rule_add(
		ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc && (profile & PK))
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 1,
			SCMP_A2(SCMP_CMP_NE, SO_BINDTODEVICE));
	for (size_t i = 0; !rc && i < N(options); i++)
		if (options[i].profiles & profile)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
				SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)options[i].level),
				SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)options[i].name));
	for (size_t i = 0; !rc && i < N(ioctls); i++)
		if (ioctls[i].profiles & profile)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_EQ, ioctls[i].request));
	return rc;
}

static int
rules(scmp_filter_ctx ctx, unsigned int profile)
{
	int rc = rules_of_arguments(ctx, profile);

	for (size_t i = 0; !rc && i < N(allowed); i++)
		if (allowed[i].profiles & profile)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i].nr, 0);
	for (size_t i = 0; !rc && i < N(deadly); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i].nr, 0);
	return rc;
}

static int
filter(enum priv_profile profile, struct err *e)
{
	scmp_filter_ctx ctx;
	int rc;

#ifdef YD_SANITIZED
	log_info("built with the sanitizers: no system-call filter");
	return 0;
#endif
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return err_set(e, -ENOMEM, "sandbox", "the system-call filter needs memory");
	rc = rules(ctx, 1u << profile);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc ? err_set(e, rc, "sandbox", "the kernel refuses the system-call filter") : 0;
}

/* The root becomes a directory that has no name any more, hence stays empty. */
static int
empty_root(struct err *e)
{
	char dir[] = "/tmp/yongdao-XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) || rmdir(dir) || chroot("."))
		return err_set(e, -errno, "sandbox", "cannot make an empty root directory");
	return 0;
}

/* What yongd keeps of root. */
static const int daemon_capabilities[] = {
	CAP_NET_ADMIN, /* devices, addresses, routes, rules, the filter, settings below /proc/sys/net */
	CAP_NET_RAW,		  /* the raw sockets it opens for the datapath */
	CAP_NET_BIND_SERVICE,	  /* and UDP port 500, for IKE */
	CAP_KILL,		  /* children run as another user */
	CAP_CHOWN,		  /* the store belongs to the group of those who may configure */
	CAP_DAC_OVERRIDE,	  /* a state directory that an operator made as himself */
	CAP_FOWNER, CAP_IPC_LOCK, /* secrets stay out of swap */
	CAP_SYS_ADMIN,		  /* children leave the network namespace … */
	CAP_SYS_CHROOT,		  /* … and the file system, */
	CAP_SETUID,		  /* become nobody … */
	CAP_SETGID, CAP_SETPCAP,  /* … and give up the rest */
};

/* A set of capabilities, as bits. */
#define CAP(number) ((uint64_t)1 << (number))

/* No capability but these can come back by a program that is started. */
static int
bound_capabilities(uint64_t set, struct err *e)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(set & CAP(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return err_set(e, -errno, "sandbox", "cannot drop capability %d", cap);
	return 0;
}

/* These capabilities and no others. */
static int
only_capabilities(uint64_t set, struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	for (size_t i = 0; i < N(data); i++)
		data[i].effective = data[i].permitted = (uint32_t)(set >> 32 * i);
	if (syscall(SYS_capset, &header, data))
		return err_set(e, -errno, "sandbox", "cannot limit capabilities");
	return 0;
}

int
priv_limit_daemon(struct err *e)
{
	uint64_t set = 0;
	int rc;

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < N(daemon_capabilities); i++)
		set |= CAP(daemon_capabilities[i]);
	rc = bound_capabilities(set, e);
	return rc ? rc : only_capabilities(set, e);
}

static int
become_nobody(struct err *e)
{
	int rc = bound_capabilities(0, e);

	if (rc)
		return rc;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		setresuid(NOBODY, NOBODY, NOBODY))
		return err_set(e, -errno, "sandbox", "cannot become the user nobody");
	return 0;
}

int
priv_keep_raw(struct err *e)
{
	int rc;

	if (geteuid() != 0)
		return 0;
	tzset();
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return err_set(e, -errno, "sandbox", "cannot keep a capability");
	rc = empty_root(e);
	if (rc == 0)
		rc = become_nobody(e);
	return rc ? rc : only_capabilities(CAP(CAP_NET_RAW), e);
}

int
priv_drop(enum priv_profile profile, struct err *e)
{
	int rc;

	tzset(); /* log times: the zone's file is out of reach afterwards */
	if (geteuid() == 0) {
		if (unshare(CLONE_NEWNET))
			return err_set(e, -errno, "sandbox", "cannot leave the network namespace");
		rc = empty_root(e);
		if (!rc)
			rc = become_nobody(e);
		if (rc)
			return rc;
	}
	rc = only_capabilities(0, e);
	if (rc)
		return rc;
	/* neither core dumps nor debuggers: keys are in memory */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(e, -errno, "sandbox", "cannot give up privileges");
	return filter(profile, e);
}
