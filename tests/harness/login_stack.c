/* SPDX-License-Identifier: BSD-3-Clause */
/* See login_stack.h. */
#include "tests/harness/login_stack.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct answer {
    struct answer *next;
    char *text; /* NULL: the end of input */
};

struct login_stack {
    char *dir;
    pam_handle_t *pam;
    int status; /* PAM's last word, for pam_end */
    struct answer *answers, **last_answer;
    struct login_message *messages;
    size_t n_messages, n_conversations;
    int (*on_message)(const struct login_message *, void *);
    void *on_message_user;
};

static int
take_answer(struct login_stack *stack, char **ret_text)
{
    struct answer *answer = stack->answers;

    if (answer == NULL)
        return PAM_CONV_ERR;
    stack->answers = answer->next;
    if (stack->answers == NULL)
        stack->last_answer = &stack->answers;
    *ret_text = answer->text; /* libpam, or the module, frees it */
    free(answer);
    return PAM_SUCCESS;
}

/* One message of a conversation: kept, told, and answered when it asks. */
static int
converse_one(struct login_stack *stack, const struct pam_message *message, char **ret_answer)
{
    struct login_message *more =
        realloc(stack->messages, (stack->n_messages + 1) * sizeof *stack->messages);

    ck_assert_ptr_nonnull(more);
    stack->messages = more;
    more[stack->n_messages++] = (struct login_message){
        .style = message->msg_style,
        .text = strdup(message->msg != NULL ? message->msg : ""),
        .number = stack->n_conversations,
    };
    if (stack->on_message != NULL) {
        /* A copy, as the callback may run a conversation that moves the list. */
        struct login_message shown = more[stack->n_messages - 1];
        int status = stack->on_message(&shown, stack->on_message_user);
        if (status != PAM_SUCCESS)
            return status;
    }
    if (message->msg_style == PAM_PROMPT_ECHO_ON || message->msg_style == PAM_PROMPT_ECHO_OFF)
        return take_answer(stack, ret_answer);
    return PAM_SUCCESS;
}

static int
converse(int n_messages, const struct pam_message **messages, struct pam_response **ret_responses,
         void *user)
{
    struct login_stack *stack = user;

    if (n_messages <= 0 || n_messages > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    struct pam_response *responses = calloc((size_t)n_messages, sizeof *responses);
    if (responses == NULL)
        return PAM_BUF_ERR;
    int status = PAM_SUCCESS;
    for (int i = 0; i < n_messages && status == PAM_SUCCESS; i++)
        status = converse_one(stack, messages[i], &responses[i].resp);
    stack->n_conversations++;
    if (status != PAM_SUCCESS) {
        for (int i = 0; i < n_messages; i++)
            free(responses[i].resp);
        free(responses);
        responses = NULL;
    }
    *ret_responses = responses;
    return status;
}

struct login_stack *
login_stack_new(void)
{
    struct login_stack *stack = calloc(1, sizeof *stack);

    ck_assert_ptr_nonnull(stack);
    stack->dir = scratch_dir("pam.d");
    stack->last_answer = &stack->answers;
    login_stack_service(stack, "other",
                        "auth required pam_deny.so\naccount required pam_deny.so\n"
                        "password required pam_deny.so\nsession required pam_deny.so\n");
    return stack;
}

void
login_stack_free(struct login_stack **stack)
{
    struct login_stack *old = *stack;

    if (old == NULL)
        return;
    if (old->pam != NULL)
        pam_end(old->pam, old->status);
    while (old->answers != NULL) {
        struct answer *next = old->answers->next;
        free(old->answers->text);
        free(old->answers);
        old->answers = next;
    }
    for (size_t i = 0; i < old->n_messages; i++)
        free(old->messages[i].text);
    free(old->messages);
    free(old);
    *stack = NULL;
}

void
login_stack_service(struct login_stack *stack, const char *service, const char *text)
{
    char *path = scratch_path(stack->dir, service);

    scratch_write(path, 0644, text);
}

const char *
login_stack_dir(const struct login_stack *stack)
{
    return stack->dir;
}

pam_handle_t *
login_stack_start(struct login_stack *stack, const char *service, const char *user)
{
    const struct pam_conv conversation = {.conv = converse, .appdata_ptr = stack};

    ck_assert_msg(stack->pam == NULL, "one transaction a stack");
    int status = pam_start_confdir(service, user, &conversation, stack->dir, &stack->pam);
    ck_assert_msg(status == PAM_SUCCESS, "pam_start_confdir: %s", pam_strerror(NULL, status));
    return stack->pam;
}

void
login_stack_answer(struct login_stack *stack, const char *answer)
{
    struct answer *last = calloc(1, sizeof *last);

    ck_assert_ptr_nonnull(last);
    if (answer != NULL)
        last->text = strdup(answer);
    *stack->last_answer = last;
    stack->last_answer = &last->next;
}

void
login_stack_on_message(struct login_stack *stack,
                       int (*on_message)(const struct login_message *message, void *user),
                       void *user)
{
    stack->on_message = on_message;
    stack->on_message_user = user;
}

const struct login_message *
login_stack_messages(const struct login_stack *stack, size_t *ret_count)
{
    *ret_count = stack->n_messages;
    return stack->messages;
}

char *
login_stack_text(const struct login_stack *stack)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < stack->n_messages; i++)
        fprintf(out, "%s\n", stack->messages[i].text);
    ck_assert_int_eq(fclose(out), 0);
    return scratch_keep(text);
}

int
login_stack_authenticate(struct login_stack *stack, int flags)
{
    stack->status = pam_authenticate(stack->pam, flags);
    return stack->status;
}

const char *
login_stack_user(const struct login_stack *stack)
{
    const void *user = NULL;

    pam_get_item(stack->pam, PAM_USER, &user);
    return user;
}
