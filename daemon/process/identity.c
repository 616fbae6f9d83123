/* Inodes of pidfds, and what else a pidfd tells. */
#include "daemon/process/identity.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "daemon/process/proc.h"

#define PIDFS_MAGIC 0x50494446 /* "PIDF"; linux/magic.h has it from 6.9 on */

/* linux/pidfd.h has these from 6.13 on, and the exit from 6.15: the first version of the struct. */
struct identity_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
_Static_assert(sizeof(struct identity_info) == 64, "PIDFD_INFO_SIZE_VER0");
#define IDENTITY_GET_INFO _IOWR(0xFF, 11, struct identity_info)
#define IDENTITY_INFO_EXIT (1ull << 3)

static bool identity_has_inode(int pidfd)
{
	struct statfs system;

	return fstatfs(pidfd, &system) == 0 && (uint64_t)system.f_type == PIDFS_MAGIC;
}

uint64_t identity_of(pid_t pid, int pidfd)
{
	struct stat status;
	struct proc_stat process;

	if (pidfd >= 0 && identity_has_inode(pidfd))
		return fstat(pidfd, &status) == 0 ? status.st_ino : 0;
	return proc_read_stat(pid, &process) == 0 ? process.start_ticks : 0;
}

int identity_read_exit(int pidfd, int *ret_status)
{
	struct identity_info info = {.mask = IDENTITY_INFO_EXIT};

	/* Refused before 6.13; ESRCH where it was reaped before anybody had a pidfd of it. */
	if (ioctl(pidfd, IDENTITY_GET_INFO, &info) < 0)
		return -ENODATA;
	if (!(info.mask & IDENTITY_INFO_EXIT))
		return -EAGAIN;
	*ret_status = info.exit_code;
	return 0;
}
