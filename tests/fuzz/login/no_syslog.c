/* SPDX-License-Identifier: BSD-3-Clause */
/* The system's log, for a target in which libpam says much: nowhere. These stand in libc's place,
 * also for libpam. Test code. */
/* Without fortification: its inline syslog() would stand in the way of defining one. */
#undef _FORTIFY_SOURCE
#include <stdarg.h>
#include <syslog.h>

/* What a fortified caller calls. No header declares them. */
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

void
syslog(int priority, const char *format, ...)
{
    (void)priority, (void)format;
}

void
vsyslog(int priority, const char *format, va_list arguments)
{
    (void)priority, (void)format, (void)arguments;
}

void
__syslog_chk(int priority, int flag, const char *format, ...)
{
    (void)priority, (void)flag, (void)format;
}

void
__vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
    (void)priority, (void)flag, (void)format, (void)arguments;
}

void
openlog(const char *name, int options, int facility)
{
    (void)name, (void)options, (void)facility;
}

void
closelog(void)
{
}
