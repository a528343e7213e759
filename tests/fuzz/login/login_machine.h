/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine on which fuzz_authenticate logs in: a configuration, a map, a key, PAM's services and
 * a terminal, all real, in the directory of files.h. Alice and Bob are enrolled, with one identity
 * each, and both with a third. Test code. */
#ifndef IDQ_TESTS_FUZZ_LOGIN_MACHINE_H
#define IDQ_TESTS_FUZZ_LOGIN_MACHINE_H

#define LOGIN_MACHINE_SERVICES 4

extern const char *const login_machine_services[LOGIN_MACHINE_SERVICES];

struct login_machine {
    char *conf;   /* "conf=…", an argument of the module's */
    char *stacks; /* of PAM, all empty: the module is called as PAM would call it */
    char tty[64]; /* of a pseudo-terminal that stays open */
};

/* Made at the first call, and kept for the life of the process. */
const struct login_machine *login_machine(void);

/* Who is whose, as the map has it: 1 when this one of scripted_agent_subjects (-1: none) opens this
 * account. */
int login_machine_opens(int subject, const char *account);

#endif
