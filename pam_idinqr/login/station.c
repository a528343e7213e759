/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this. */
#include "pam_idinqr/login/station.h"

#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
station_name(const struct config *config, enum text_language language, char *ret_station,
             size_t size)
{
    char host[256];

    snprintf(ret_station, size, "%s", config->station);
    if (ret_station[0] != '\0')
        return;
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    host[strcspn(host, ".")] = '\0';
    if (!characters_are_clean(host, strlen(host)))
        /* a network may name a machine, so the name must not control the terminal */
        host[0] = '\0';
    snprintf(ret_station, size, "%s", host);
    if (ret_station[0] == '\0')
        text_copy(ret_station, size, language, TEXT_THIS_MACHINE, NULL);
}
