/* SPDX-License-Identifier: BSD-3-Clause */
/* See failing_calls.h. Test code. */
#include "tests/fuzz/login/failing_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define FAILURES_MOST 7

static struct {
    int is_armed, is_held;
    unsigned n_failures, counts[CALLS];
    struct {
        uint8_t call, number;
        int is_interrupted, is_lasting;
    } failures[FAILURES_MOST];
    int n_mappings, terminal;
} state = {.terminal = -1};

static const int errors[CALLS] = {
    [CALL_MALLOC] = ENOMEM,    [CALL_CALLOC] = ENOMEM,         [CALL_REALLOCARRAY] = ENOMEM,
    [CALL_MMAP] = ENOMEM,      [CALL_OPEN] = EMFILE,           [CALL_FSTAT] = EIO,
    [CALL_STAT] = EACCES,      [CALL_LSTAT] = ENOENT,          [CALL_READ] = EIO,
    [CALL_SCANDIR] = EACCES,   [CALL_SOCKETPAIR] = ENFILE,     [CALL_SIGNALFD] = EMFILE,
    [CALL_CLONE] = EAGAIN,     [CALL_GETPWNAM] = EIO,          [CALL_SEND] = EPIPE,
    [CALL_RECV] = ENOBUFS,     [CALL_POLL] = ENOMEM,           [CALL_WAITPID] = ECHILD,
    [CALL_FMEMOPEN] = ENOMEM,  [CALL_OPEN_MEMSTREAM] = ENOMEM, [CALL_VASPRINTF] = ENOMEM,
    [CALL_GETRANDOM] = EAGAIN, [CALL_PAM_GET_ITEM] = EINVAL,   [CALL_PAM_SET_ITEM] = EINVAL,
};

static int
knows_interrupts(enum call call)
{
    return call == CALL_READ || call == CALL_SEND || call == CALL_RECV || call == CALL_POLL ||
           call == CALL_WAITPID;
}

void
failing_calls_arm(struct input *input)
{
    memset(&state, 0, sizeof state);
    state.terminal = -1;
    state.n_failures = input_u8(input) % (FAILURES_MOST + 1);
    for (unsigned i = 0; i < state.n_failures; i++) {
        uint8_t how;
        state.failures[i].call = input_u8(input) % CALLS;
        how = input_u8(input);
        state.failures[i].number = how & 0x3F;
        state.failures[i].is_lasting = (how & 0x80) != 0;
        /* One that lasts would be a loop without an end in any program. */
        state.failures[i].is_interrupted = (how & 0xC0) == 0x40;
    }
    state.is_armed = 1;
}

void
failing_calls_disarm(void)
{
    state.is_armed = 0;
}

int
failing_calls_are_armed(void)
{
    return state.is_armed && !state.is_held;
}

unsigned
failing_calls_count(void)
{
    return state.n_failures;
}

void
failing_calls_hold(int is_held)
{
    state.is_held = is_held;
}

int
failing_calls_mappings(void)
{
    return state.n_mappings;
}

int
failing_calls_terminal(void)
{
    return state.terminal;
}

int
failing_calls_now(enum call call)
{
    unsigned number;

    if (!failing_calls_are_armed())
        return 0;
    number = state.counts[call]++;
    for (unsigned i = 0; i < state.n_failures; i++) {
        int is_it = state.failures[i].is_lasting ? number >= state.failures[i].number
                                                 : number == state.failures[i].number;
        if (state.failures[i].call != call || !is_it)
            continue;
        errno = state.failures[i].is_interrupted && knows_interrupts(call) ? EINTR : errors[call];
        return 1;
    }
    return 0;
}

/* --- what fails and does nothing else --- */

/* CALL, TYPE NAME(parameters), its result when it fails, the arguments of the real one. */
#define FAILS(call, type, name, parameters, failed, arguments)                                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return failing_calls_now(call) ? (failed) : __real_##name arguments;                       \
    }

FAILS(CALL_MALLOC, void *, malloc, (size_t size), NULL, (size))
FAILS(CALL_CALLOC, void *, calloc, (size_t count, size_t size), NULL, (count, size))
FAILS(CALL_REALLOCARRAY, void *, reallocarray, (void *block, size_t count, size_t size), NULL,
      (block, count, size))
FAILS(CALL_FSTAT, int, fstat, (int fd, struct stat *status), -1, (fd, status))
FAILS(CALL_STAT, int, stat, (const char *path, struct stat *status), -1, (path, status))
FAILS(CALL_LSTAT, int, lstat, (const char *path, struct stat *status), -1, (path, status))
FAILS(CALL_READ, ssize_t, read, (int fd, void *bytes, size_t size), -1, (fd, bytes, size))
FAILS(CALL_SIGNALFD, int, signalfd, (int fd, const sigset_t *mask, int flags), -1,
      (fd, mask, flags))
FAILS(CALL_SEND, ssize_t, send, (int socket, const void *bytes, size_t size, int flags), -1,
      (socket, bytes, size, flags))
FAILS(CALL_RECV, ssize_t, recv, (int socket, void *bytes, size_t size, int flags), -1,
      (socket, bytes, size, flags))
FAILS(CALL_FMEMOPEN, FILE *, fmemopen, (void *bytes, size_t size, const char *mode), NULL,
      (bytes, size, mode))
FAILS(CALL_OPEN_MEMSTREAM, FILE *, open_memstream, (char **bytes, size_t *size), NULL,
      (bytes, size))
FAILS(CALL_GETRANDOM, ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), -1,
      (bytes, size, flags))
FAILS(CALL_SCANDIR, int, scandir,
      (const char *path, struct dirent ***entries, int (*filter)(const struct dirent *),
       int (*compare)(const struct dirent **, const struct dirent **)),
      -1, (path, entries, filter, compare))
FAILS(CALL_PAM_GET_ITEM, int, pam_get_item, (const pam_handle_t *pamh, int type, const void **item),
      PAM_SYSTEM_ERR, (pamh, type, item))
FAILS(CALL_PAM_SET_ITEM, int, pam_set_item, (pam_handle_t * pamh, int type, const void *item),
      PAM_SYSTEM_ERR, (pamh, type, item))

/* --- what does a little more --- */

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t size);
int __wrap_munmap(void *at, size_t size);

void *
__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *mapped;

    if (failing_calls_now(CALL_MMAP))
        return MAP_FAILED;
    mapped = __real_mmap(at, size, protection, flags, fd, offset);
    state.n_mappings += mapped != MAP_FAILED && state.is_armed;
    return mapped;
}

int
__wrap_munmap(void *at, size_t size)
{
    state.n_mappings -= state.is_armed;
    return __real_munmap(at, size);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int
__wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    int fd;

    va_start(arguments, flags);
    mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (failing_calls_now(CALL_OPEN))
        return -1;
    if (failing_calls_are_armed() && strcmp(path, "/dev/tty") == 0) {
        errno = ENXIO; /* the developer's own terminal is not to be touched */
        return -1;
    }
    fd = __real_open(path, flags, mode);
    if (fd >= 0 && failing_calls_are_armed() && strncmp(path, "/dev/", 5) == 0)
        state.terminal = fd;
    return fd;
}

/* Two names: the second is what a fortified build calls. */
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
int __real_vasprintf(char **text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

int
__wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    return failing_calls_now(CALL_VASPRINTF) ? -1 : __real_vasprintf(text, format, arguments);
}

int
__wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return __wrap_vasprintf(text, format, arguments);
}

int __real_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                      struct passwd **ret_found);
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                      struct passwd **ret_found);

/* Armed, a machine on which everybody has an account. */
int
__wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
                  struct passwd **ret_found)
{
    if (!failing_calls_are_armed())
        return __real_getpwnam_r(name, entry, buffer, size, ret_found);
    *ret_found = NULL;
    if (failing_calls_now(CALL_GETPWNAM))
        return errno;
    snprintf(buffer, size, "%s", name);
    *entry = (struct passwd){.pw_name = buffer, .pw_uid = 65534, .pw_gid = 65534};
    *ret_found = entry;
    return 0;
}
