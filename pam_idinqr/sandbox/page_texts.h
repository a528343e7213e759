/* SPDX-License-Identifier: BSD-3-Clause */
/* Every text of the phone's pages, in Dutch and in English, and which of the two a person gets.
 * Pure. */
#ifndef IDQ_SANDBOX_PAGE_TEXTS_H
#define IDQ_SANDBOX_PAGE_TEXTS_H

enum language {
    LANGUAGE_EN,
    LANGUAGE_NL,
    LANGUAGE_COUNT,
};

enum page_text {
    TEXT_BANNER,
    TEXT_BANNER_NO_BANK,
    TEXT_FOOTER,
    TEXT_MERCHANT,
    TEXT_LOGIN_AT,
    TEXT_STEP_1,
    TEXT_STEP_2,
    TEXT_STEP_3,
    TEXT_BANK_TITLE,
    TEXT_BANK_LEAD,
    TEXT_BANK_LEGEND,
    TEXT_CONTINUE,
    TEXT_STOP,
    TEXT_PERSON_TITLE,
    TEXT_PERSON_LEAD,
    TEXT_PERSON_LEGEND,
    TEXT_CONFIRM_TITLE,
    TEXT_CONFIRM_ASKS,
    TEXT_CONFIRM_BIN,
    TEXT_CONFIRM_NOTHING_ELSE,
    TEXT_CONFIRM_BANK,
    TEXT_CONFIRM_PERSON,
    TEXT_CONFIRM_WARNING,
    TEXT_APPROVE,
    TEXT_REFUSE,
    TEXT_APPROVED_TITLE,
    TEXT_APPROVED_LEAD,
    TEXT_REFUSED_TITLE,
    TEXT_REFUSED_LEAD,
    TEXT_CLOSE,
    TEXT_CHOOSE_FIRST,
    TEXT_UNKNOWN_TITLE,
    TEXT_UNKNOWN_LEAD,
    TEXT_EXPIRED_TITLE,
    TEXT_EXPIRED_LEAD,
    TEXT_USED_TITLE,
    TEXT_USED_LEAD,
    TEXT_STOPPED_TITLE,
    TEXT_STOPPED_LEAD,
    TEXT_FAILED_TITLE,
    TEXT_FAILED_LEAD,
    TEXT_FORM_TITLE,
    TEXT_FORM_LEAD,
    TEXT_ORDER_TITLE,
    TEXT_ORDER_LEAD,
    TEXT_GO_ON,
    TEXT_CODE_TITLE,
    TEXT_CODE_LEAD,
    TEXT_CODE_LABEL,
    TEXT_CODE_WRONG,
    TEXT_COUNT,
};

/* UTF-8 without markup. Static, never NULL. */
const char *page_text(enum language language, enum page_text text);

/* "en", "nl". */
const char *language_code(enum language language);

/* The name of a language in itself. */
const char *language_name(enum language language);

/* 0 with the language of that code; -1 when there is none. */
int language_find(const char *code, enum language *ret_language);

/* The one of our languages that an Accept-Language header (RFC 9110, 12.5.4) likes best; English
 * when it names neither. */
enum language language_from_header(const char *accept_language);

#endif
