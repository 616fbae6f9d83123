/*
 * The supervised worker: stamps the clock first thing, then sleeps for ever. Built once more with
 * BENCH_CRASH, it exits with 1 instead.
 *
 * It has no C library: loading and starting one costs more than the fork and exec that the bench
 * compares, and would bring all supervisors nearer to each other than they are. It takes no
 * arguments, so that runit and s6 can run it as ./run without a shell.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <stddef.h>

#include "tests/bench/stamp.h"

#define NS_PER_S 1000000000ull

void worker_main(const long *stack) __attribute__((noreturn, used));

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call worker_main\n");

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
}

/* openat(2), the one call of four arguments. */
static long call_open(const char *path, long flags)
{
	long result;
	register long mode __asm__("r10") = 0;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(__NR_openat), "D"(AT_FDCWD), "S"(path), "d"(flags), "r"(mode)
	                 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x0, sp\n bl worker_main\n");

static long call(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}

static long call_open(const char *path, long flags)
{
	register long x8 __asm__("x8") = __NR_openat;
	register long x0 __asm__("x0") = AT_FDCWD;
	register long x1 __asm__("x1") = (long)path;
	register long x2 __asm__("x2") = flags;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
#else
#error "worker.c: this machine's system call instruction is missing; add it above"
#endif

/* The value of the environment's variable STAMP_PATH_ENV; NULL where there is none. */
static const char *stamp_path(const char *const *environment)
{
	static const char name[] = STAMP_PATH_ENV "=";
	size_t i;

	for (; *environment; environment++) {
		for (i = 0; name[i] && (*environment)[i] == name[i]; i++)
			continue;
		if (!name[i])
			return *environment + i;
	}
	return NULL;
}

void worker_main(const long *stack)
{
	const char *const *environment = (const char *const *)(stack + stack[0] + 2);
	struct __kernel_timespec now = {0};
	struct stamp stamp = {0};
	const char *path;
	long fd;

	call(__NR_clock_gettime, 1 /* CLOCK_MONOTONIC */, (long)&now, 0);
	path = stamp_path(environment);
	if (path) {
		stamp.ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
		stamp.pid = (uint32_t)call(__NR_getpid, 0, 0, 0);
		fd = call_open(path, O_WRONLY | O_APPEND);
		call(__NR_write, fd, (long)&stamp, sizeof(stamp));
		call(__NR_close, fd, 0, 0);
	}
	for (;;) {
#ifdef BENCH_CRASH
		call(__NR_exit, 1, 0, 0);
#else
		struct __kernel_timespec ever = {.tv_sec = 1 << 30};

		call(__NR_nanosleep, (long)&ever, 0, 0);
#endif
	}
}
