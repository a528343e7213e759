/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the files that one login reads, and the ports that it connects to. */
#ifndef IDQ_FETCH_JAIL_RULES_H
#define IDQ_FETCH_JAIL_RULES_H

#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/wire/wire.h"
#include "pam_idinqr/wire/fetch_messages.h"

/* Adds to a list: the CA store, the resolver's files, the CA file of the setup, the port of DNS,
 * and the setup's ports. With a proxy, only the proxy's port instead. Returns 0 or IDQ_SYSTEM. */
int jail_rules_add(const struct landlock_list *list, const struct fetch_setup *setup);

/* Restricts the fetch process to these files and ports: the last step of its jail (jail/jail.h).
 * Returns 0 or IDQ_SYSTEM. */
int jail_narrow(struct wire *wire, const struct fetch_setup *setup);

#endif
