/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of idinqr.map, as an initializer. */
#ifndef IDQ_TESTS_MAP_LINES_H
#define IDQ_TESTS_MAP_LINES_H

#include "pam_idinqr/identity/map.h"

#define MAP_LINE(a_number, an_account, a_hash, a_day, an_author, an_issuer, a_last_day, a_note)    \
    {                                                                                              \
        .number = (a_number), .account = (an_account), .hash = (a_hash), .enrolled = (a_day),      \
        .by = (an_author), .issuer = (an_issuer), .expires = (a_last_day), .note = (a_note)        \
    }

#endif
