/* SPDX-License-Identifier: BSD-3-Clause */
/* What one login needs of the machine: the files that it reads, and the ports that it talks to. */
#ifndef IDQ_FETCH_JAIL_LIST_H
#define IDQ_FETCH_JAIL_LIST_H

#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/wire/link.h"
#include "pam_idinqr/wire/fetch_messages.h"

/* Adds them to a list: the CA store, the resolver's files, the CA of the setup; its ports (the
 * proxy's alone where there is one), and that of DNS. 0 or IDQ_SYSTEM. */
int jail_list_add(const struct landlock_list *list, const struct fetch_setup *setup);

/* The fetch process's last step into its jail, see jail.h: these files and ports, and no others. 0
 * or IDQ_SYSTEM. */
int jail_narrow(struct link *link, const struct fetch_setup *setup);

#endif
