/* SPDX-License-Identifier: BSD-3-Clause */
/* Contains every text of the relay's pages for phones, in English and Dutch. Pure. */
#ifndef IDQ_RELAY_PHONE_TEXTS_H
#define IDQ_RELAY_PHONE_TEXTS_H

#include "pam_idinqr/web/page.h"

enum phone_text {
    PHONE_SITE,
    PHONE_LOGIN_AT,
    PHONE_SERVICE,
    PHONE_ACCOUNT,
    PHONE_ANY_ACCOUNT,
    PHONE_BANK_TITLE,
    PHONE_BANK_LEAD,
    PHONE_BANK_LEGEND,
    PHONE_BANK_FIRST,
    PHONE_NO_BANKS_TITLE,
    PHONE_NO_BANKS_LEAD,
    PHONE_CONTINUE,
    PHONE_CONTINUE_WITH, /* and a name, as PHONE_SITE */
    PHONE_GO_TITLE,
    PHONE_GO_LEAD,
    PHONE_NUMBER_TITLE,
    PHONE_NUMBER_LEAD,
    PHONE_NUMBER_NEVER,
    PHONE_NOT_ME,
    PHONE_APPROVED_TITLE,
    PHONE_APPROVED_LEAD,
    PHONE_DENIED_TITLE,
    PHONE_DENIED_LEAD,
    PHONE_CANCELLED_TITLE,
    PHONE_CANCELLED_LEAD,
    PHONE_EXPIRED_TITLE,
    PHONE_EXPIRED_LEAD,
    PHONE_LATE_TITLE,
    PHONE_LATE_LEAD,
    PHONE_WRONG_TITLE,
    PHONE_WRONG_LEAD,
    PHONE_FAILED_TITLE,
    PHONE_FAILED_LEAD,
    PHONE_TRY_BANK_LEAD,
    PHONE_USED_TITLE,
    PHONE_USED_LEAD,
    PHONE_UNKNOWN_TITLE,
    PHONE_UNKNOWN_LEAD,
    PHONE_BUSY_TITLE,
    PHONE_BUSY_LEAD,
    PHONE_TRY_AGAIN,
    PHONE_TEXTS,
};

/* UTF-8 without markup. Static, never NULL. `is_of_provider`: of an OpenID provider, not of a bank.
 */
const char *phone_text(enum page_language language, enum phone_text text, bool is_of_provider);

#endif
