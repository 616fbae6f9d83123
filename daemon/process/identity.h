/*
 * What tells a process from any other that ever had, or will have, its pid until the next boot: the
 * number of its pidfd's inode, where the kernel has a file system of them (Linux 6.9), else the
 * time of its start (proc(5)).
 */
#ifndef MUSTER_PROCESS_IDENTITY_H
#define MUSTER_PROCESS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* 0 where it cannot be told. */
uint64_t identity_of(pid_t pid, int pidfd);

/*
 * How a process ended that is not our child, once its pidfd is readable: the status of wait(2).
 * -EAGAIN until its parent has reaped it; -ENODATA where this kernel does not tell (before 6.15).
 */
int identity_read_exit(int pidfd, int *ret_status);

#endif
