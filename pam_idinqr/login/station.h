/* SPDX-License-Identifier: BSD-3-Clause */
/* Names this machine for a person: shown, sent to the provider as a reference, and logged. Runs in
 * the application (often root) or in idinqr(1), on the configuration. */
#ifndef IDQ_LOGIN_STATION_H
#define IDQ_LOGIN_STATION_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/texts.h"

#include <stddef.h>

#define STATION_SIZE 64

/* Writes the name of this machine: the setting station, else the host name, else a text for "this
 * machine". */
void station_name(const struct config *config, enum text_language language, char *ret_station,
                  size_t size);

#endif
