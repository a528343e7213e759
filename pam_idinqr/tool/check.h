/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares the input and the findings of `idinqr check` between its parts. check_module.c also
 * has login.defs and the console, and check_agent.c the clock and the network. No part changes the
 * machine. */
#ifndef IDQ_TOOL_CHECK_H
#define IDQ_TOOL_CHECK_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/pamconf/pam_stack.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/finding.h"

#include <limits.h>
#include <stdbool.h>

/* A PAM service that uses the module, for other parts. */
struct check_service {
    char name[64];
    long timeout_s;   /* the person's time there, after its section and arguments; 0: unknown */
    bool has_timeout; /* it is set explicitly */
};

struct check {
    /* "", or a directory in place of /: then nothing of this machine is queried */
    const char *root;
    const char *conf; /* --conf; NULL for the default files */
    struct accounts *accounts;
    bool is_offline;
    struct config *config; /* NULL if it cannot be read */
    struct map *map;       /* NULL if it cannot be read */
    struct check_service *services;
    size_t n_services;
    bool is_misspelt; /* a service has this module misspelt, or in a line that PAM cannot read */
    int agent_works;  /* on this machine; otherwise the network cannot be checked */
    struct findings findings;
};

/* Writes `path` below the root. Returns 0, or -1 if it is too long. */
int check_path(const struct check *check, const char *path, char ret_path[PATH_MAX]);

/* Returns true if `error` (an errno) means that this program lacks permission. Adds a note about
 * `file`, which is no finding about the machine. */
bool check_is_unseen(struct check *check, const char *file, int error);

/* Returns the command that installs missing files again: those of Debian's package, if the machine
 * has it, or those of a build. The picture reader is in another package. */
const char *check_reinstall(const struct check *check, bool is_picture);

/* Reports a program that a full disk has left empty or cut off. Returns true if it is whole, or
 * cannot be read. */
bool check_whole(struct check *check, enum finding_kind kind, const char *path, bool is_picture);

/* Returns NULL if the service does not use the module. */
const struct check_service *check_find_service(const struct check *check, const char *name);

/* Returns whether PAM cannot run a line of the service as it is meant, which a finding says. Others
 * may be only its consequences. */
bool check_is_broken(const struct check *check, const char *service);

/* Loads the configuration of the module in a service ("": no service), or of another main file.
 * Reports no errors, because check_config has. Returns NULL if it cannot be read, else the caller
 * frees it. */
struct config *check_service_config(const struct check *check, const char *conf,
                                    const char *service, struct diag *ret_diag);

/* Adds a finding about a keyword, which its text begins with, at the keyword's file and line. */
void check_add_setting(struct check *check, enum finding_kind kind, const struct config *config,
                       const char *keyword, const char *service, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Adds the error of the file of a keyword, with this command unless it is NULL. A missing file
 * (ENOENT) may be a wrong path: if idinqr.conf sets another one than the default, the finding is at
 * the keyword's file and line. */
void check_add_path(struct check *check, enum finding_kind kind, const char *keyword,
                    const struct diag *diag, const char *cure);

/* Call them in this order: later parts use results of earlier ones. */
void check_config(struct check *check);
void check_map(struct check *check);
void check_pam(struct check *check);
void check_login_defs(struct check *check);
void check_console_font(struct check *check);
void check_sshd(struct check *check);
void check_sudo(struct check *check);
void check_clock(struct check *check);
void check_agent(struct check *check);
void check_network(struct check *check);

/* For check_pam.c, which reads PAM's files. */

/* Checks the auth lines of a service that uses the module. `line` is the first that runs it, and
 * the place of the findings. `config` is the service's, or NULL. */
void check_pam_stack(struct check *check, const char *service, const struct pam_stack *stack,
                     const struct pam_line *line, const struct config *config);

/* Reports a file that another user can change. */
void check_pam_file(struct check *check, const char *path);

/* Reports jumps that lead too far. Returns whether there are any. */
bool check_jumps(struct check *check, const char *service, const struct pam_stack *stack);

/* Checks the auth lines of a service without the module: another line may need it. */
void check_lines_left(struct check *check, const char *service, const struct pam_stack *stack);

/* Reports that none of these services uses the module. */
void check_unused(struct check *check, const struct pam_names *services);

/* Returns whether an administrator needs this service to repair a machine. */
bool check_repairs(const char *service);

/* Checks the accounts and groups in the conditions of a stack, and the arguments of these lines. */
void check_conditions(struct check *check, const char *service, const struct pam_stack *stack);

/* Checks how the people who are enrolled, root, and those with an empty password get in. */
void check_people(struct check *check, const char *service, const struct pam_stack *stack,
                  const struct pam_line *line, const struct config *config);

/* When a password is enough: for everyone, or for an account that is not enrolled yet. */
enum check_passwords { CHECK_PASSWORDS_NEVER, CHECK_PASSWORDS_NOT_YET, CHECK_PASSWORDS_ALWAYS };

enum check_passwords check_pam_passwords(const struct check *check, const struct pam_stack *stack);

/* Returns whether the groups of this account let it in by a password, whatever iDIN's answer is. */
bool check_pam_has_way_in(const struct check *check, const struct pam_stack *stack,
                          const char *account);

/* Returns the condition that a user of a stack without the module must meet to get in by a
 * password, or NULL if others may get in too. */
const struct pam_line *check_pam_only_condition(const struct check *check,
                                                const struct pam_stack *stack);

/* Reports a rollout in this service, unless a password is enough for everyone. The line is as in
 * check_pam_stack. */
void check_rollout(struct check *check, const char *service, const struct pam_stack *stack,
                   const struct pam_line *line, const struct config *config);

/* Checks that the file of this module can be used. The line runs this project's. */
void check_module(struct check *check, const char *service, const struct pam_line *line);

/* Checks that the other modules of these lines exist, and sets is_missing. */
void check_other_modules(struct check *check, const char *service, struct pam_stack *stack);

#endif
