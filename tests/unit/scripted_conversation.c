/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/scripted_conversation.h"

#include "pam_idinqr/common/error.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void
note(struct scripted_conversation *script, const char *text)
{
    size_t used = strlen(script->text);

    ck_assert_uint_lt(used + strlen(text) + 1, sizeof script->text);
    snprintf(script->text + used, sizeof script->text - used, "%s\n", text);
}

static int
show(void *context, const char *text)
{
    struct scripted_conversation *script = context;

    script->n_shown++;
    if (script->on_show)
        script->on_show(script->user, script->n_shown);
    if (script->n_shown == script->fail_at)
        return IDQ_CONV;
    note(script, text);
    return 0;
}

static int
ask(void *context, const char *prompt, char *ret_line, size_t size)
{
    struct scripted_conversation *script = context;

    script->n_asked++;
    note(script, prompt);
    if (script->on_ask)
        script->on_ask(script->user, script->n_asked);
    if (!script->answer || strlen(script->answer) >= size)
        return IDQ_CONV;
    strcpy(ret_line, script->answer);
    return script->breaks_off ? IDQ_CONV : 0;
}

struct conversation
scripted_conversation(struct scripted_conversation *script)
{
    return (struct conversation){script, show, ask, .columns = script->columns};
}
