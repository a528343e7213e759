/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the content of the phone's pages, with one function for each step. Pure: from a visit to
 * HTML. */
#ifndef IDQ_SANDBOX_PAGE_STEPS_H
#define IDQ_SANDBOX_PAGE_STEPS_H

#include "pam_idinqr/sandbox/codes.h"
#include "pam_idinqr/web/html.h"
#include "pam_idinqr/sandbox/page_texts.h"

#include <stdbool.h>

/* The whole page of the step that the visit is at; its form goes to `path`. `is_missing`: say that
 * something has to be chosen. */
void page_step(struct html *page, enum page_language language, const struct visit *visit,
               const char *path, bool is_missing);

/* A page that only says something, and leads back to `path` unless that is NULL. */
void page_step_notice(struct html *page, enum page_language language, enum page_text title,
                      enum page_text lead, const char *path);

/* The page where the code of a device is typed; its form gets `path`. `is_wrong`: one was typed
 * that does not exist. */
void page_step_user_code(struct html *page, enum page_language language, const char *path,
                         bool is_wrong);

#endif
