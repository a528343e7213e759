/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of `idinqr check` share: what they look at, and what they have found. Each part is
 * one file, check_<subject>.c, that changes nothing on the machine. */
#ifndef IDQ_TOOL_CHECK_H
#define IDQ_TOOL_CHECK_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/tool/finding.h"

#include <limits.h>

/* A PAM service that uses the module, as far as other parts need to know. */
struct check_service {
    char name[64];

    long timeout_s;  /* that a person has there, after its section and arguments; 0: not known */
    int has_timeout; /* somebody has set it */
};

struct check {
    const char *root; /* "", or a directory that stands for /: nothing of this machine is asked */
    const char *conf; /* --conf; NULL for the usual files */
    int is_offline;
    struct config *config; /* NULL when it cannot be read */
    struct map *map;       /* the same */
    struct check_service *services;
    size_t n_services;
    int agent_works; /* on this machine; else the network cannot be asked about */
    struct findings findings;
};

/* `path` below the root. 0, or -1 when that is too long. */
int check_path(const struct check *check, const char *path, char ret_path[PATH_MAX]);

/* 1 when `error` (an errno) is this program's lack of rights, which is then a note about `file` and
 * no finding about the machine. */
int check_is_unseen(struct check *check, const char *file, int error);

/* NULL when the service does not use the module. */
const struct check_service *check_find_service(const struct check *check, const char *name);

/* The configuration as the module has it in a service ("" for none), or of another main file.
 * Without words: check_config has told. NULL when it cannot be read; freed by the caller. */
struct config *check_service_config(const struct check *check, const char *conf,
                                    const char *service, struct diag *ret_diag);

/* In this order: later parts need what the earlier ones have read. */
void check_config(struct check *check);
void check_map(struct check *check);
void check_pam(struct check *check);
void check_login_defs(struct check *check);
void check_sshd(struct check *check);
void check_clock(struct check *check);
void check_agent(struct check *check);
void check_network(struct check *check);

#endif
