/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process runs this: the module often as root, the agent with its keys. Each message that it
 * reads is untrusted. */
#include "pam_idinqr/wire/messages.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <string.h>
#include <syslog.h>

#define PART_MAX (FRAME_BODY_MAX - 2) /* bytes: a length precedes each field */

/* Indexed by purpose. */
static const uint8_t start_types[] = {MESSAGE_START, MESSAGE_PROBE, MESSAGE_KEYS};

void
message_write_start(struct frame *frame, const struct start_message *start)
{
    frame_begin(frame, start_types[start->purpose]);
    frame_put_text(frame, start->provider);
    frame_put_text(frame, start->language);
    frame_put_text(frame, start->station);
    frame_put_text(frame, start->service);
    frame_put_text(frame, start->account);
    frame_put_u32(frame, start->timeout_ms);
    frame_put_text(frame, start->ca_file);
    frame_put_text(frame, start->pin_sha256);
    frame_put_text(frame, start->proxy);
    frame_put_text(frame, start->key_set);
    frame_put_u8(frame, (uint8_t)start->n_settings);
    for (size_t i = 0; i < start->n_settings; i++) {
        frame_put_text(frame, start->settings[i].keyword);
        frame_put_text(frame, start->settings[i].value);
    }
}

int
message_read_start(struct frame *frame, struct start_message *ret_start)
{
    memset(ret_start, 0, sizeof *ret_start);
    ret_start->purpose = PURPOSE_LOGIN;
    if (frame_type(frame) == MESSAGE_PROBE)
        ret_start->purpose = PURPOSE_PROBE;
    else if (frame_type(frame) == MESSAGE_KEYS)
        ret_start->purpose = PURPOSE_KEYS;
    frame_get_text(frame, ret_start->provider, sizeof ret_start->provider);
    frame_get_text(frame, ret_start->language, sizeof ret_start->language);
    frame_get_text(frame, ret_start->station, sizeof ret_start->station);
    frame_get_text(frame, ret_start->service, sizeof ret_start->service);
    frame_get_text(frame, ret_start->account, sizeof ret_start->account);
    ret_start->timeout_ms = frame_get_u32(frame);
    frame_get_text(frame, ret_start->ca_file, sizeof ret_start->ca_file);
    frame_get_text(frame, ret_start->pin_sha256, sizeof ret_start->pin_sha256);
    frame_get_text(frame, ret_start->proxy, sizeof ret_start->proxy);
    frame_get_text(frame, ret_start->key_set, sizeof ret_start->key_set);
    ret_start->n_settings = frame_get_u8(frame);
    if (ret_start->n_settings <= PROVIDER_SETTINGS_MAX) {
        for (size_t i = 0; i < ret_start->n_settings; i++) {
            frame_get_text(frame, ret_start->settings[i].keyword,
                           sizeof ret_start->settings[i].keyword);
            frame_get_text(frame, ret_start->settings[i].value,
                           sizeof ret_start->settings[i].value);
        }
        if (frame_end(frame) == 0)
            return 0;
    }
    start_wipe(ret_start);
    return IDQ_AGENT;
}

void
message_write_qr(struct frame *frame, const struct qr_message *qr)
{
    frame_begin(frame, MESSAGE_QR);
    frame_put_text(frame, qr->payload);
    frame_put_u32(frame, qr->lifetime_s);
    frame_put_text(frame, qr->user_code);
}

int
message_read_qr(struct frame *frame, struct qr_message *ret_qr)
{
    struct https_url url;

    memset(ret_qr, 0, sizeof *ret_qr);
    frame_get_text(frame, ret_qr->payload, sizeof ret_qr->payload);
    ret_qr->lifetime_s = frame_get_u32(frame);
    frame_get_text(frame, ret_qr->user_code, sizeof ret_qr->user_code);
    if (frame_end(frame) == 0 &&
        https_url_parse(ret_qr->payload, strlen(ret_qr->payload), &url) == 0 &&
        characters_are_printable_ascii(ret_qr->user_code, strlen(ret_qr->user_code)))
        return 0;
    memset(ret_qr, 0, sizeof *ret_qr);
    return IDQ_AGENT;
}

void
message_write_state(struct frame *frame, enum login_state state)
{
    frame_begin(frame, MESSAGE_STATE);
    frame_put_u8(frame, (uint8_t)state);
}

int
message_read_state(struct frame *frame, enum login_state *ret_state)
{
    uint8_t state = frame_get_u8(frame);

    if (frame_end(frame) != 0 || state != STATE_SCANNED)
        return IDQ_AGENT;
    *ret_state = STATE_SCANNED;
    return 0;
}

void
message_write_result(struct frame *frame, const struct result_message *result)
{
    frame_begin(frame, MESSAGE_RESULT);
    frame_put_u8(frame, (uint8_t)-result->outcome);
    frame_put_text(frame, result->subject);
    frame_put_text(frame, result->issuer);
    frame_put_text(frame, result->loa);
    frame_put_text(frame, result->transaction);
}

/* Terminals, logs and the map show these texts, where a control character could forge output. */
static bool
is_clean_result(const struct result_message *result)
{
    return characters_are_not_controls(result->subject, strlen(result->subject)) &&
           characters_are_clean(result->issuer, strlen(result->issuer)) &&
           characters_are_clean(result->loa, strlen(result->loa)) &&
           characters_are_clean(result->transaction, strlen(result->transaction));
}

/* Only the module reads the map. If the agent could say that an account is not enrolled, a stack
 * might go on to a password. */
static bool
is_of_agent(int outcome)
{
    return error_is_known(outcome) && outcome != IDQ_NOT_ENROLLED &&
           outcome != IDQ_NOT_YET_ENROLLED;
}

int
message_read_result(struct frame *frame, struct result_message *ret_result)
{
    memset(ret_result, 0, sizeof *ret_result);
    ret_result->outcome = -(int)frame_get_u8(frame);
    frame_get_text(frame, ret_result->subject, sizeof ret_result->subject);
    frame_get_text(frame, ret_result->issuer, sizeof ret_result->issuer);
    frame_get_text(frame, ret_result->loa, sizeof ret_result->loa);
    frame_get_text(frame, ret_result->transaction, sizeof ret_result->transaction);
    if (frame_end(frame) == 0 && is_of_agent(ret_result->outcome) && is_clean_result(ret_result)) {
        int verified = ret_result->outcome == IDQ_OK;
        bool has_subject = ret_result->subject[0] != '\0';
        bool has_more = ret_result->issuer[0] || ret_result->loa[0];
        if (verified ? has_subject : !has_subject && !has_more)
            return 0;
    }
    result_wipe(ret_result);
    ret_result->outcome = IDQ_AGENT;
    return IDQ_AGENT;
}

void
message_write_probed(struct frame *frame, int outcome)
{
    frame_begin(frame, MESSAGE_PROBED);
    frame_put_u8(frame, (uint8_t)-outcome);
}

int
message_read_probed(struct frame *frame, int *ret_outcome)
{
    int outcome = -(int)frame_get_u8(frame);

    if (frame_end(frame) != 0 || !error_is_known(outcome))
        return IDQ_AGENT;
    *ret_outcome = outcome;
    return 0;
}

void
message_write_key(struct frame *frame, const struct key_message *key)
{
    frame_begin(frame, MESSAGE_KEY);
    frame_put_u8(frame, (uint8_t)key->type);
    frame_put_text(frame, key->kid);
    frame_put_text(frame, key->first);
    frame_put_text(frame, key->second);
}

/* RFC 4648, 5: characters that JSON needs no escape for. */
static bool
is_base64url(const char *text)
{
    size_t length = 0;

    while (characters_base64_digit(text[length], "-_") >= 0)
        length++;
    return length > 0 && text[length] == '\0';
}

int
message_read_key(struct frame *frame, struct key_message *ret_key)
{
    uint8_t type = frame_get_u8(frame);

    memset(ret_key, 0, sizeof *ret_key);
    frame_get_text(frame, ret_key->kid, sizeof ret_key->kid);
    frame_get_text(frame, ret_key->first, sizeof ret_key->first);
    frame_get_text(frame, ret_key->second, sizeof ret_key->second);
    if (frame_end(frame) == 0 && type >= KEY_RSA && type <= KEY_ED25519 &&
        characters_are_visible_ascii(ret_key->kid, strlen(ret_key->kid)) &&
        is_base64url(ret_key->first) &&
        (type == KEY_ED25519 ? !ret_key->second[0] : is_base64url(ret_key->second))) {
        ret_key->type = (enum key_type)type;
        return 0;
    }
    memset(ret_key, 0, sizeof *ret_key);
    return IDQ_AGENT;
}

void
message_write_ask(struct frame *frame, unsigned tries_left, const char *transaction)
{
    frame_begin(frame, MESSAGE_ASK);
    frame_put_u8(frame, (uint8_t)tries_left);
    frame_put_text(frame, transaction);
}

int
message_read_ask(struct frame *frame, unsigned *ret_tries_left,
                 char ret_transaction[TRANSACTION_MAX + 1])
{
    uint8_t tries_left = frame_get_u8(frame);

    frame_get_text(frame, ret_transaction, TRANSACTION_MAX + 1);
    if (frame_end(frame) != 0 || tries_left == 0 || tries_left > NUMBER_TRIES_MAX ||
        !characters_are_clean(ret_transaction, strlen(ret_transaction))) {
        ret_transaction[0] = '\0';
        return IDQ_AGENT;
    }
    *ret_tries_left = tries_left;
    return 0;
}

void
message_write_number(struct frame *frame, const char *number)
{
    frame_begin(frame, MESSAGE_NUMBER);
    frame_put_text(frame, number);
}

int
message_read_number(struct frame *frame, char ret_number[NUMBER_SIZE])
{
    frame_get_text(frame, ret_number, NUMBER_SIZE);
    if (frame_end(frame) == 0 && strspn(ret_number, "0123456789") == NUMBER_SIZE - 1)
        return 0;
    secret_wipe(ret_number, NUMBER_SIZE);
    return IDQ_AGENT;
}

void
message_write_picture(struct frame *frame, size_t size)
{
    frame_begin(frame, MESSAGE_PICTURE);
    frame_put_u32(frame, (uint32_t)size);
}

int
message_read_picture(struct frame *frame, size_t *ret_size)
{
    size_t size = frame_get_u32(frame);

    if (frame_end(frame) != 0 || size == 0 || size > PICTURE_MAX)
        return IDQ_AGENT;
    *ret_size = size;
    return 0;
}

size_t
message_write_part(struct frame *frame, const void *bytes, size_t size)
{
    size = size < PART_MAX ? size : PART_MAX;
    frame_begin(frame, MESSAGE_PART);
    frame_put_bytes(frame, bytes, size);
    return size;
}

int
message_read_part(struct frame *frame, size_t most, const void **ret_bytes, size_t *ret_size)
{
    *ret_bytes = frame_get_bytes(frame, ret_size);
    return frame_end(frame) != 0 || *ret_size == 0 || *ret_size > most ? IDQ_AGENT : 0;
}

void
message_write_code(struct frame *frame, const struct code_message *code)
{
    frame_begin(frame, MESSAGE_CODE);
    frame_put_u8(frame, (uint8_t)-code->outcome);
    frame_put_text(frame, code->payload);
}

int
message_read_code(struct frame *frame, struct code_message *ret_code)
{
    size_t length;

    memset(ret_code, 0, sizeof *ret_code);
    ret_code->outcome = -(int)frame_get_u8(frame);
    frame_get_text(frame, ret_code->payload, sizeof ret_code->payload);
    length = strlen(ret_code->payload);
    if (frame_end(frame) == 0 && error_is_known(ret_code->outcome) &&
        (ret_code->outcome == IDQ_OK) == (length > 0) &&
        characters_are_visible_ascii(ret_code->payload, length))
        return 0;
    memset(ret_code, 0, sizeof *ret_code);
    ret_code->outcome = IDQ_AGENT;
    return IDQ_AGENT;
}

void
message_write_log(struct frame *frame, int priority, const char *line)
{
    size_t size = strlen(line);

    frame_begin(frame, MESSAGE_LOG);
    frame_put_u8(frame, (uint8_t)priority);
    frame_put_bytes(frame, line, size < LOG_LINE_MAX ? size : LOG_LINE_MAX);
}

int
message_read_log(struct frame *frame, struct log_message *ret_log)
{
    memset(ret_log, 0, sizeof *ret_log);
    ret_log->priority = frame_get_u8(frame);
    frame_get_text(frame, ret_log->line, sizeof ret_log->line);
    if (frame_end(frame) != 0 || ret_log->priority < LOG_ERR || ret_log->priority > LOG_DEBUG) {
        memset(ret_log, 0, sizeof *ret_log);
        return IDQ_AGENT;
    }
    characters_make_loggable(ret_log->line);
    return 0;
}

void
start_wipe(struct start_message *start)
{
    secret_wipe(start, sizeof *start);
}

void
result_wipe(struct result_message *result)
{
    secret_wipe(result, sizeof *result);
}
