/* The user that an installation brings. Test code: runs as whoever runs the bench. */
#ifndef IDQ_BENCH_INSTALLED_USER_H
#define IDQ_BENCH_INSTALLED_USER_H

/* As after `make install` and systemd-sysusers there is a user for the agent, for this process and
 * what it starts: where the machine has none and this is root, in an /etc/passwd of our own.
 * Without it the host would ask all that nsswitch.conf names for a user who is nowhere, at each
 * login. Trouble fails the running test. */
void installed_user_add(void);

#endif
