/* SPDX-License-Identifier: BSD-3-Clause */
/* Contains every text of the phone's pages, in Dutch and English, and builds the pages. Pure. */
#ifndef IDQ_SANDBOX_PAGES_H
#define IDQ_SANDBOX_PAGES_H

#include "pam_idinqr/sandbox/codes.h"
#include "pam_idinqr/web/page.h"

#include <stdbool.h>

enum page_text {
    PAGE_BANNER,
    PAGE_BANNER_WARNING,
    PAGE_LOGIN_AT,
    PAGE_STEP_1,
    PAGE_STEP_2,
    PAGE_STEP_3,
    PAGE_BANK_TITLE,
    PAGE_BANK_LEAD,
    PAGE_BANK_LEGEND,
    PAGE_CONTINUE,
    PAGE_STOP,
    PAGE_PERSON_TITLE,
    PAGE_PERSON_LEAD,
    PAGE_PERSON_LEGEND,
    PAGE_CONFIRM_TITLE,
    PAGE_CONFIRM_ASKS,
    PAGE_CONFIRM_BIN,
    PAGE_CONFIRM_NOTHING_ELSE,
    PAGE_CONFIRM_BANK,
    PAGE_CONFIRM_PERSON,
    PAGE_CONFIRM_WARNING,
    PAGE_APPROVE,
    PAGE_REFUSE,
    PAGE_NUMBER_TITLE,
    PAGE_NUMBER_AT,
    PAGE_NUMBER_SECRET,
    PAGE_OPENS,
    PAGE_STATION,
    PAGE_SERVICE,
    PAGE_ACCOUNT,
    PAGE_NOT_ME,
    PAGE_APPROVED_TITLE,
    PAGE_APPROVED_LEAD,
    PAGE_REFUSED_TITLE,
    PAGE_REFUSED_LEAD,
    PAGE_CLOSE,
    PAGE_CHOOSE_FIRST,
    PAGE_UNKNOWN_TITLE,
    PAGE_UNKNOWN_LEAD,
    PAGE_EXPIRED_TITLE,
    PAGE_EXPIRED_LEAD,
    PAGE_USED_TITLE,
    PAGE_USED_LEAD,
    PAGE_STOPPED_TITLE,
    PAGE_STOPPED_LEAD,
    PAGE_FAILED_TITLE,
    PAGE_FAILED_LEAD,
    PAGE_WRONG_NUMBER_TITLE,
    PAGE_WRONG_NUMBER_LEAD,
    PAGE_FORM_TITLE,
    PAGE_FORM_LEAD,
    PAGE_ORDER_TITLE,
    PAGE_ORDER_LEAD,
    PAGE_RETURN_TITLE,
    PAGE_RETURN_LEAD,
    PAGE_TO_BANK_TITLE,
    PAGE_TO_BANK_LEAD,
    PAGE_GO_ON,
    PAGE_CODE_TITLE,
    PAGE_CODE_LEAD,
    PAGE_CODE_LABEL,
    PAGE_CODE_WRONG,
    PAGE_TEXTS,
};

/* UTF-8 without markup. Static, never NULL. */
const char *page_text(enum page_language language, enum page_text text);

/* Begins a page: page_open with the sandbox's name. */
void page_begin(struct html *page, enum page_language language, enum page_text title);

/* The whole page of the step that the visit of this code is at; its form goes to `path`.
 * `is_missing`: say that something has to be chosen. */
void page_step(struct html *page, enum page_language language, const struct code *code,
               const struct visit *visit, const char *path, bool is_missing);

/* A page that only says something, and leads back to `path` unless that is NULL. */
void page_step_notice(struct html *page, enum page_language language, enum page_text title,
                      enum page_text lead, const char *path);

/* The page where the code of a device is typed; its form gets `path`. `is_wrong`: one was typed
 * that does not exist. */
void page_step_user_code(struct html *page, enum page_language language, const char *path,
                         bool is_wrong);

#endif
