/* SPDX-License-Identifier: BSD-3-Clause */
/* What this machine is called in front of a person: shown, sent to the provider as a reference, and
 * logged. Runs in the host (often root) or in idinqr(1), on the configuration. */
#ifndef IDQ_LOGIN_STATION_H
#define IDQ_LOGIN_STATION_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/texts.h"

#include <stddef.h>

#define STATION_SIZE 64

/* The name of this machine as a person knows it: the setting station, else the host's name;
 * and, where it has neither, that it is this one. */
void station_name(const struct config *config, enum text_language language, char *ret_station,
                  size_t size);

#endif
