/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/oidc_pages.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/oidc_api.h"
#include "pam_idinqr/sandbox/page_layout.h"
#include "pam_idinqr/sandbox/page_steps.h"
#include "pam_idinqr/sandbox/phone_pages.h"

#include <stdio.h>

#define GROUP 4 /* letters before the hyphen, and behind it */

/* Normalizes a code that a person typed: small letters, without the hyphen and blanks. Returns 0,
 * or IDQ_REPLY if it cannot be a code. */
static int
read_user_code(const char *typed, char ret_code[TOKEN_USER_CODE_SIZE])
{
    size_t size = 0;

    for (; *typed; typed++) {
        char c = *typed;

        if (c == '-' || c == ' ')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c < 'A' || c > 'Z' || size == TOKEN_USER_CODE_SIZE - 1)
            return IDQ_REPLY;
        if (size == GROUP)
            ret_code[size++] = '-';
        ret_code[size++] = c;
    }
    ret_code[size] = '\0';
    return size == TOKEN_USER_CODE_SIZE - 1 ? 0 : IDQ_REPLY;
}

int
oidc_pages_get(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply)
{
    char user_code[TOKEN_USER_CODE_SIZE], path[sizeof PHONE_PAGES_PATH + TOKEN_TEXT_SIZE];
    int is_typed = request->user_code[0] != '\0';
    struct code *code = NULL;
    enum page_language language;
    HTML_AUTO page = {.text = NULL};

    if (is_typed && read_user_code(request->user_code, user_code) == 0)
        code = codes_by_user_code(&sandbox->codes, user_code);
    if (code) {
        snprintf(path, sizeof path, PHONE_PAGES_PATH "%s", code->path);
        return page_redirect(ret_reply, sandbox->style_hash, path);
    }
    if (language_find(request->language, &language) < 0)
        language = language_from_header(request->accept_language);
    page_step_user_code(&page, language, OIDC_DEVICE_PATH, is_typed);
    return page_reply(ret_reply, is_typed ? 404 : 200, sandbox->style_hash, &page);
}
